"""SQL with thousands of values a parameter, on Django's own connection and transaction.

Parameters are bound by the server and sent as binary arrays, results come back binary: Django's cursors write every
value into the statement's text, which took a third of a worker's time.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection


def fetch(statement: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Execute one statement; its rows, or none where it gives none. Raises Django's database errors.

    Lists become arrays: write `%s::bigint[]`, since the server must know the type. A literal % is written %%. Select
    jsonb as ::text where the text is wanted.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement.replace("%s", "%b"), params, binary=True)
        return cursor.fetchall() if cursor.description else []


def execute(statement: str, params: Sequence[Any] = ()) -> int:
    """Execute one statement; how many rows it touched."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement.replace("%s", "%b"), params, binary=True)
        return cursor.rowcount
