"""The projector: what changed in PostgreSQL since the watermark goes into the files, in one commit a table.

It takes rows with watermark ≤ xid < xmin: the transactions of these are all over, so nothing can appear below the next
watermark. Killed between its steps it has committed nothing, and does the same again.
"""

from datetime import datetime, timedelta

import pyarrow as pa
import structlog
from django.conf import settings

from cdp.lib.clock import utc_now
from cdp.lib.failures import describe
from lake.contracts import Projection
from lake.models import LakeTable
from lake.queries.erased import erased_keys
from lake.queries.watermarks import horizon, rows_up_to, waiting_rows
from lake.reading import copy_batches
from lake.registry import projections
from lake.rows import file_rows, file_schema, join_keys, keys_of, source_columns
from lake.services import rebuilding
from lake.services.locking import only_writer
from lake.services.writing import Writer, without_keys
from lake.store import LostTableError, Table, Version

log = structlog.get_logger(__name__)

SINCE = "t.xid >= %s::xid8 AND t.xid < %s::xid8"
NOT_OURS = (
    "its watermark lies ahead of this database: the database was restored, or the folder is another one's. "
    "Rebuild it: ./run manage lake rebuild"
)


def project_slice() -> int:
    """Flush every table that is due. Returns the rows written or taken away; 0 when nothing is due."""
    return sum(_project_safely(projection) for projection in projections())


def project(projection: Projection, *, now: datetime | None = None, at_once: bool = False) -> int:
    """Flush one table if it is due, or `at_once`. Returns the rows written or taken away.

    A table whose folder is missing is rebuilt: here if it is small, else by a job. Raises LostTableError and OSError
    when the files cannot be written.
    """
    now = now or utc_now()
    with only_writer(projection.name) as mine:
        if not mine:
            return 0
        row, _ = LakeTable.objects.get_or_create(name=projection.name)
        return _project(projection, row, now, at_once)


def _project_safely(projection: Projection) -> int:
    try:
        return project(projection)
    except (LostTableError, OSError, pa.ArrowException) as error:
        log.error("lake_not_projected", table=projection.name, error=describe(error))
        _note(projection.name, problem=describe(error)[:500])
        return 0


def _project(projection: Projection, row: LakeTable, now: datetime, at_once: bool) -> int:
    if not row.generation:
        return _begin(projection, row, now, at_once)
    table = Table(projection, row.generation)
    try:
        version = table.version()
        if missing := table.missing_files(version):
            raise LostTableError(f"{missing} of {len(version.files)} files are gone")
    except LostTableError as error:
        log.warning("lake_table_lost", table=projection.name, reason=str(error))
        return rebuilding.rebuild_or_enqueue(projection)
    stand = horizon()
    if version.watermark is None or version.watermark > stand.xmax:
        _note(row.name, problem=NOT_OURS)
        return 0
    if row.problem or row.building:  # what was wrong is over, and so is a rebuild that died: the lock is ours
        _note(row.name, problem="", building="")
    if stand.xmin <= version.watermark:  # a transaction that just ended may not be known for another database's
        return 0
    waiting = waiting_rows(projection, version.watermark, until=stand.xmin, most=settings.LAKE_FLUSH_ROWS)
    if not _is_due(row, waiting, now, at_once):
        return 0
    written, removed = flush(table, version, stand.xmin)
    _note(row.name, flushed_at=now, flushed_rows=written, waiting_since=None, problem="")
    return max(1, written + removed)


def flush(table: Table, seen: Version, until: int) -> tuple[int, int]:
    """Rows of transactions in [seen.watermark, until) into the files, in one commit. Returns rows added, keys gone."""
    projection, schema = table.projection, file_schema(table.projection)
    bounds = [str(seen.watermark), str(until)]
    writer = Writer(table)
    gone = [erased_keys(projection, where=SINCE, params=bounds)]
    for source in copy_batches(projection.table, source_columns(projection), where=SINCE, params=bounds):
        writer.add(file_rows(projection, source, schema))
        if not projection.is_append_only:
            gone.append(keys_of(projection, source))
    keys = join_keys(projection, gone)
    actions = [*without_keys(table, seen.files, keys), *writer.finish()]
    table.commit(actions, until, seen=seen.watermark, number=seen.number)
    return writer.rows, keys.num_rows


def _begin(projection: Projection, row: LakeTable, now: datetime, at_once: bool) -> int:
    """The first files of a table, once as many rows wait as for any flush."""
    waiting = rows_up_to(projection, settings.LAKE_FLUSH_ROWS)
    return rebuilding.rebuild_or_enqueue(projection) if _is_due(row, waiting, now, at_once) else 0


def _is_due(row: LakeTable, waiting: int, now: datetime, at_once: bool) -> bool:
    if not waiting:
        if row.waiting_since is not None:
            _note(row.name, waiting_since=None)
        return False
    if row.waiting_since is None:
        row.waiting_since = now
        _note(row.name, waiting_since=now)
    age = now - row.waiting_since
    return at_once or waiting >= settings.LAKE_FLUSH_ROWS or age >= timedelta(seconds=settings.LAKE_FLUSH_S)


def _note(name: str, **values: object) -> None:
    LakeTable.objects.filter(name=name).update(**values)
