"""Which statements a piece of code sends, by whichever cursor: Django's own and `cdp.lib.bulk_sql`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from cdp.lib import kept_sql


@contextmanager
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Any]]]:
    """(statement, parameters) in their order; filled while the block runs."""
    found: list[tuple[str, Any]] = []
    execute = psycopg.Cursor.execute

    def noted(self: Any, query: Any, params: Any = None, **named: Any) -> Any:
        found.append((str(query), params))
        return execute(self, query, params, **named)

    rows = kept_sql.rows

    def noted_rows(server: Any, statement: str, params: Any) -> Any:
        answered = rows(server, statement, params)
        if answered is not None:
            found.append((statement, params))
        return answered

    with monkeypatch.context() as patch:
        patch.setattr(kept_sql, "rows", noted_rows)
        patch.setattr(psycopg.Cursor, "execute", noted)
        yield found
