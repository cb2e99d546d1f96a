"""SQL with thousands of values a parameter, on Django's own connection and transaction.

Parameters are bound by the server and sent as binary arrays, results come back binary: Django's cursors write every
value into the statement's text, which took a third of a worker's time.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection

from cdp.lib import binary_arrays


def fetch(statement: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Execute one statement; its rows, or none where it gives none. Raises Django's database errors.

    Lists become arrays: write `%s::bigint[]`, since the server must know the type. A literal % is written %%. Select
    jsonb as ::text where the text is wanted.
    """
    with _executed(statement, params) as cursor:
        return cursor.fetchall() if cursor.description else []


def execute(statement: str, params: Sequence[Any] = ()) -> int:
    """Execute one statement; how many rows it touched."""
    with _executed(statement, params) as cursor:
        return cursor.rowcount


def _executed(statement: str, params: Sequence[Any]) -> psycopg.Cursor[tuple[Any, ...]]:
    connection.ensure_connection()
    cursor = psycopg.Cursor(connection.connection)
    binary_arrays.register(cursor.adapters)
    with connection.wrap_database_errors:
        cursor.execute(statement.replace("%s", "%b"), [_parameter(value) for value in params], binary=True)
    return cursor


def _parameter(value: Any) -> Any:
    if type(value) is not list:
        return value
    found = binary_arrays.array(value)
    return value if found is None else found
