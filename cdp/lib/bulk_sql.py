"""SQL with thousands of values a parameter, on Django's own connection and transaction.

Parameters are bound by the server and sent as binary arrays, results come back binary: Django's cursors write every
value into the statement's text, which took a third of a worker's time.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import psycopg
from django.db import connection

from cdp.lib import binary_arrays

TAUGHT = "_cdp_sends_arrays"


def fetch(statement: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Execute one statement; its rows, or none where it gives none. Raises Django's database errors.

    Lists become arrays: write `%s::bigint[]`, since the server must know the type. A literal % is written %%. Select
    jsonb as ::text where the text is wanted.
    """
    with _executed(statement, params) as cursor:
        return cursor.fetchall() if cursor.description else []


def fetch_often(statement: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """`fetch` for a small statement asked many times a second: the server keeps its plan for this connection, since
    planning costs more than a few rows do."""
    with _executed(statement, params, is_kept=True) as cursor:
        return cursor.fetchall() if cursor.description else []


def execute(statement: str, params: Sequence[Any] = ()) -> int:
    """Execute one statement; how many rows it touched."""
    with _executed(statement, params) as cursor:
        return cursor.rowcount


def _executed(statement: str, params: Sequence[Any], *, is_kept: bool = False) -> psycopg.Cursor[tuple[Any, ...]]:
    connection.ensure_connection()
    server = connection.connection
    if not hasattr(server, TAUGHT):
        binary_arrays.register(server.adapters)
        setattr(server, TAUGHT, True)
    cursor = psycopg.Cursor(server)
    # Django has the driver prepare nothing; what is prepared here stays so for as long as the connection lives.
    server.prepare_threshold = 0 if is_kept else None
    with connection.wrap_database_errors:
        cursor.execute(_bound(statement), [_parameter(value) for value in params], prepare=is_kept or None, binary=True)
    return cursor


@lru_cache(maxsize=512)
def _bound(statement: str) -> str:
    return statement.replace("%s", "%b")


def _parameter(value: Any) -> Any:
    if type(value) is not list:
        return value
    found = binary_arrays.array(value)
    return value if found is None else found
