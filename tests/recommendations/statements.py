"""Every statement that is sent, also by `cdp.lib.bulk_sql`, whose own cursors Django's capture does not see."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.test.utils import CaptureQueriesContext

from cdp.lib import bulk_sql


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements sent inside; whole when it ends."""
    sent: list[str] = []
    execute = bulk_sql._executed

    def noted(statement: str, *args: Any, **more: Any) -> Any:
        sent.append(statement)
        return execute(statement, *args, **more)

    with patch.object(bulk_sql, "_executed", noted), CaptureQueriesContext(connection) as others:
        yield sent
    sent += [one["sql"] for one in others]
