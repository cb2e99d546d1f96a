"""SQL with thousands of values a parameter, on Django's own connection and transaction.

Parameters are bound by the server and sent as binary arrays, results come back binary: Django's cursors write every
value into the statement's text, which took a third of a worker's time.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from cdp.lib import binary_arrays, kept_sql

TAUGHT = "_cdp_sends_arrays"


def fetch(statement: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Execute one statement; its rows, or none where it gives none. Raises Django's database errors.

    Lists become arrays: write `%s::bigint[]`, since the server must know the type. A literal % is written %%. Select
    jsonb as ::text where the text is wanted.
    """
    return _fetched(_executed(statement, params))


def fetch_often(statement: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """`fetch` for a small statement asked many times a second: the server keeps its plan for this connection, since
    planning costs more than a few rows do."""
    wrapper = connections[DEFAULT_DB_ALIAS]
    server = _taught(wrapper)
    with wrapper.wrap_database_errors:
        found = kept_sql.rows(server, _numbered(statement), [_parameter(value) for value in params])
    return _fetched(_executed(statement, params, is_kept=True)) if found is None else found


def execute(statement: str, params: Sequence[Any] = ()) -> int:
    """Execute one statement; how many rows it touched."""
    with _executed(statement, params) as cursor:
        return cursor.rowcount


def _fetched(cursor: psycopg.Cursor[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    with cursor:
        return cursor.fetchall() if cursor.pgresult is not None and cursor.pgresult.nfields else []


def _executed(statement: str, params: Sequence[Any], *, is_kept: bool = False) -> psycopg.Cursor[tuple[Any, ...]]:
    wrapper = connections[DEFAULT_DB_ALIAS]
    server = _taught(wrapper)
    cursor = psycopg.Cursor(server)
    # Django has the driver prepare nothing; what is prepared here stays so for as long as the connection lives.
    server.prepare_threshold = 0 if is_kept else None
    with wrapper.wrap_database_errors:
        cursor.execute(_bound(statement), [_parameter(value) for value in params], prepare=is_kept or None, binary=True)
    return cursor


def _taught(wrapper: BaseDatabaseWrapper) -> psycopg.Connection[Any]:
    wrapper.ensure_connection()
    server: psycopg.Connection[Any] = wrapper.connection
    if not hasattr(server, TAUGHT):
        binary_arrays.register(server.adapters)
        setattr(server, TAUGHT, True)
    return server


@lru_cache(maxsize=512)
def _bound(statement: str) -> str:
    return statement.replace("%s", "%b")


@lru_cache(maxsize=512)
def _numbered(statement: str) -> str:
    """With $1, $2 … for its %s, as the server wants it."""
    first, *rest = statement.split("%s")
    parts = [first, *(f"${number}{part}" for number, part in enumerate(rest, 1))]
    return "".join(parts).replace("%%", "%")


def _parameter(value: Any) -> Any:
    if type(value) is not list:
        return value
    found = binary_arrays.array(value)
    return value if found is None else found
