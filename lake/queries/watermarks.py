"""What PostgreSQL says of transactions: which are over, and what waits since a watermark.

A watermark is the transaction up to which (exclusive) everything is in the files. `xmin` is the oldest one still
running: all below it are over, whatever ids their rows have. PostgreSQL counts the transactions of all its databases
together; those that are known to run in another database are left out, so that they hold nothing up here.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection as default_connection

from lake.contracts import Projection

# The snapshot is older than the look at the locks. A transaction is another database's only if its lock says so: one
# whose lock is not there (yet, or any more) counts as ours.
NOW = """
WITH running AS (SELECT xip::text::bigint AS xid FROM pg_snapshot_xip(pg_current_snapshot()) AS xip),
elsewhere AS (
  SELECT held.transactionid::text::bigint AS low FROM pg_locks AS held JOIN pg_stat_activity AS backend USING (pid)
  WHERE held.locktype = 'transactionid' AND held.mode = 'ExclusiveLock' AND held.granted
    AND backend.datid <> (SELECT oid FROM pg_database WHERE datname = current_database())
),
here AS (SELECT xid FROM running WHERE NOT EXISTS (SELECT FROM elsewhere WHERE low = running.xid & 4294967295))
SELECT (SELECT min(xid) FROM here), pg_snapshot_xmax(pg_current_snapshot())::text::bigint
"""
WAITING = """
SELECT (SELECT count(*) FROM (SELECT FROM {table} AS t WHERE t.xid >= %s::xid8 AND t.xid < %s::xid8 LIMIT %s) AS rows)
  + (SELECT count(*) FROM (SELECT FROM lake_erasedrow WHERE projection = %s AND xid >= %s::xid8 AND xid < %s::xid8
    LIMIT %s) AS erased)
"""
END_OF_TIME = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Horizon:
    """The transactions of this moment: all of ours below `xmin` are over, none from `xmax` on is."""

    xmin: int
    xmax: int


def horizon(connection: Any = None) -> Horizon:
    """Where transactions stand now."""
    with (connection or default_connection).cursor() as cursor:
        cursor.execute(NOW)
        oldest, xmax = cursor.fetchone()
    return Horizon(xmax if oldest is None else oldest, xmax)


def waiting_rows(
    projection: Projection, since: int, *, until: int = END_OF_TIME, most: int, connection: Any = None
) -> int:
    """Rows changed or erased in [since, until), counted up to `most` of each."""
    statement = WAITING.format(table=projection.table)
    bounds: list[Any] = [str(since), str(until), most]
    with (connection or default_connection).cursor() as cursor:
        cursor.execute(statement, [*bounds, projection.name, *bounds])
        return int(cursor.fetchone()[0])


def rows_up_to(projection: Projection, most: int, connection: Any = None) -> int:
    """How many rows the table has, counted up to `most`."""
    with (connection or default_connection).cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM (SELECT FROM {projection.table} LIMIT %s) AS rows", [most])  # noqa: S608
        return int(cursor.fetchone()[0])


def rows_about(projection: Projection, connection: Any = None) -> int:
    """How many rows the table has: counted, or past a million estimated."""
    with (connection or default_connection).cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [projection.table])
        estimate = int(cursor.fetchone()[0])
        if estimate > 1_000_000:
            return estimate
        cursor.execute(f"SELECT count(*) FROM {projection.table}")  # noqa: S608
        return int(cursor.fetchone()[0])
