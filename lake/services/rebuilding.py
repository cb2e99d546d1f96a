"""Rebuilding: a table written anew from PostgreSQL into a folder of its own, which readers then change over to.

What is not over at its start has a transaction id at or above the new watermark and comes with the next flush. Until
the change readers keep the old folder, if there still is one.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import connection
from django.db.models import Q

from cdp.jobs import services as jobs
from cdp.jobs.contracts import JobRun
from cdp.jobs.models import Job
from cdp.lib.clock import utc_now
from lake.connecting import own_connection
from lake.contracts import Projection
from lake.models import LakeTable
from lake.queries.watermarks import horizon, rows_about, rows_up_to
from lake.reading import copy_batches
from lake.registry import projection as find
from lake.registry import projections
from lake.rows import file_rows, file_schema, source_columns
from lake.services.locking import only_writer
from lake.services.writing import Writer
from lake.store import LostTableError, Table, new_generation

log = structlog.get_logger(__name__)

SMALL = 300_000  # rows that are read within a second: rebuilt on the spot, and until then answered from PostgreSQL
AFTER_FAILURE = timedelta(minutes=5)
RESTAMP = """
UPDATE {table} SET xid = pg_current_xact_id() WHERE ctid IN (
  SELECT ctid FROM {table} WHERE xid >= pg_snapshot_xmax(pg_current_snapshot()) LIMIT 20000)
"""
Report = Callable[[int, int], None]


class BusyTableError(Exception):
    """Another process is writing the table. Try again."""


def rebuild(projection: Projection, report: Report = lambda done, total: None) -> int:
    """Write the table anew and have readers change over. Returns its rows.

    `report` is told rows done and rows in all, about. Raises BusyTableError while another process writes the table.
    """
    with only_writer(projection.name, wait_s=60) as mine:
        if not mine:
            raise BusyTableError(f"another process is writing {projection.name} of the lake: try again")
        return rebuild_locked(projection, report)


def rebuild_or_enqueue(projection: Projection) -> int:
    """For the projector, which holds the lock: rebuild a small table now, have a job rebuild a large one."""
    if rows_up_to(projection, SMALL + 1) <= SMALL:
        return max(1, rebuild_locked(projection))
    is_open = Q(state__in=(Job.State.QUEUED, Job.State.RUNNING))
    failed_lately = Q(state=Job.State.FAILED, finished_at__gt=utc_now() - AFTER_FAILURE)
    is_ours = Q(params__tables__contains=[projection.name]) | Q(params={})  # {}: all tables
    if not Job.objects.filter(is_open | failed_lately, is_ours, kind="lake.rebuild").exists():
        jobs.enqueue("lake.rebuild", {"tables": [projection.name]})
    return 0


def waiting_job(projection: Projection) -> UUID | None:
    """The id of the job that is to rebuild this table, or does so now; None where there is none."""
    is_ours = Q(params__tables__contains=[projection.name]) | Q(params={})  # {}: all tables
    is_open = Q(state__in=(Job.State.QUEUED, Job.State.RUNNING))
    found = Job.objects.filter(is_open, is_ours, kind="lake.rebuild").order_by("pk").values_list("pk", flat=True)
    return found.first()


def rebuild_job(job: JobRun) -> dict[str, Any]:
    """Rebuild the tables that `params["tables"]` names, or all."""
    wanted = [find(name) for name in job.params.get("tables", ())] or list(projections())
    rows: dict[str, int] = {}
    for projection in wanted:
        done_before = sum(rows.values())

        def report(done: int, total: int, *, before: int = done_before, name: str = projection.name) -> None:
            job.progress(before + done, before + max(done, total), f"rows of {name}")

        rows[projection.name] = rebuild(projection, report)
    return {"rows": rows}


def rebuild_locked(projection: Projection, report: Report = lambda done, total: None) -> int:
    """`rebuild` for who holds the table's lock."""
    restamp(projection)
    table = Table(projection, new_generation())
    total = rows_about(projection)
    LakeTable.objects.get_or_create(name=projection.name)
    state = LakeTable.objects.filter(name=projection.name)
    state.update(building=table.generation, built_rows=0, built_of=total)
    watermark = horizon().xmin

    def tell(done: int) -> None:
        state.update(built_rows=done)
        report(done, total)

    try:
        rows = _fill(table, watermark, tell)
        _check(table, rows)
    except Exception:
        state.update(building="")
        table.drop()
        raise
    now = utc_now()
    state.update(
        generation=table.generation, building="", built_rows=rows, rebuilt_at=now, flushed_at=now, flushed_rows=rows,
        waiting_since=None, vacuumed_at=None, problem="", verdict="", verified_at=None,
    )  # fmt: skip
    log.info("lake_rebuilt", table=projection.name, rows=rows)
    return rows


def restamp(projection: Projection) -> None:
    """Give rows from another server's future (a restored dump) transactions of this one.

    Else they would stay above every watermark until this server has counted as far.
    """
    for table in (projection.table, "lake_erasedrow"):
        changed = 1
        while changed:
            with connection.cursor() as cursor:
                cursor.execute(RESTAMP.format(table=table))
                changed = cursor.rowcount


def _fill(table: Table, watermark: int, tell: Callable[[int], None]) -> int:
    projection, schema = table.projection, file_schema(table.projection)
    table.create()
    writer = Writer(table)
    with own_connection() as reader:
        batches = copy_batches(
            projection.table,
            source_columns(projection),
            where="t.xid < %s::xid8",
            params=[str(watermark)],
            connection=reader,
        )
        for source in batches:
            writer.add(file_rows(projection, source, schema))
            tell(writer.rows)
    table.commit(writer.finish(), watermark, seen=None)
    return writer.rows


def _check(table: Table, rows: int) -> None:
    """The folder may have been deleted while it was filled."""
    version = table.version()
    if version.rows != rows or table.missing_files(version):
        raise LostTableError(f"{table.uri} was disturbed while it was filled: it has {version.rows} of {rows} rows")
