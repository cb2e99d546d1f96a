"""Statements kept on a connection: the same rows as by a cursor, and none lost when the server forgets them."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import ProgrammingError, connection, transaction

from cdp.lib import bulk_sql, kept_sql

pytestmark = pytest.mark.django_db(transaction=True)
ASKED = """SELECT x, %s::text || '%%', %s::uuid, %s::timestamptz, %s::float8 FROM unnest(%s::bigint[]) AS x"""
SOME = ["é", UUID(int=7), datetime(2026, 3, 1, tzinfo=UTC), None, [1, None, 3]]


def test_rows_are_those_of_a_cursor() -> None:
    assert bulk_sql.fetch_often(ASKED, SOME) == bulk_sql.fetch(ASKED, SOME)
    with transaction.atomic():
        assert bulk_sql.fetch_often(ASKED, SOME) == bulk_sql.fetch(ASKED, SOME)
    assert bulk_sql.fetch_often("SET application_name = 'kept'") == []
    assert [bulk_sql.fetch_often("SELECT %s::bigint", [n]) for n in (1, 2**40)] == [[(1,)], [(2**40,)]]


def test_what_the_server_forgot_is_asked_again_and_errors_are_djangos() -> None:
    assert bulk_sql.fetch_often(ASKED, SOME)
    bulk_sql.execute("DEALLOCATE ALL")
    assert [len(bulk_sql.fetch_often(ASKED, SOME)) for _ in range(2)] == [3, 3]
    with pytest.raises(ProgrammingError, match="no_such_table"):
        bulk_sql.fetch_often("SELECT 1 FROM no_such_table")
    assert kept_sql.rows(connection.connection, "SELECT 1", ()) == [(1,)]
