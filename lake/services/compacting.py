"""Compacting and cleaning: many small files into few, files nobody needs deleted, notes of erased rows forgotten.

A file that a commit took away stays for READERS_KEEP_H hours, for readers that began before; then what was erased is
gone from the disk too.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection

from cdp.jobs.contracts import JobRun
from cdp.lib.clock import utc_now
from lake.contracts import Projection
from lake.models import LakeTable
from lake.partitions import Partition
from lake.registry import projection as find
from lake.registry import projections
from lake.services.locking import only_writer
from lake.services.writing import Writer
from lake.store import LostTableError, StoredFile, Table, Version, generations

log = structlog.get_logger(__name__)

SMALL_FILE = 250_000  # rows
SMALL_BYTES = 2 * 2**20  # a writer's memory makes 5 to 8 MB: a file of few but wide rows is as large as it gets
MANY = 16  # small files of a partition that are joined at once; by night two are enough
READERS_KEEP_H = 1
ERASURE_KEEP = timedelta(minutes=15)  # engines are bounded in seconds: no reader is as old
NOTES_KEPT = timedelta(hours=2)
NIGHT = timedelta(hours=24)
FORGET = """
DELETE FROM lake_erasedrow WHERE projection = %s AND erased_at < %s AND xid < %s::xid8
"""


def clean_slice() -> int:
    """Compact, vacuum and forget where due. Answers 0: nothing is waiting after it."""
    now = utc_now()
    for projection in projections():
        try:
            clean(projection, now)
        except (LostTableError, OSError) as error:  # the projector sees to it
            log.warning("lake_not_cleaned", table=projection.name, reason=str(error))
    return 0


def compact_job(job: JobRun) -> dict[str, Any]:
    """Join small files of the tables that `params["tables"]` names, or of all, and vacuum them."""
    wanted = [find(name) for name in job.params.get("tables", ())] or list(projections())
    joined = {}
    for number, projection in enumerate(wanted):
        job.progress(number, len(wanted), projection.name)
        joined[projection.name] = compact(projection, now=utc_now())
    return {"files_joined": joined}


def compact(projection: Projection, *, now: datetime, fewest: int = 2) -> int:
    """Join the small files of each partition that has at least `fewest`. Returns how many files were joined."""
    joined, is_whole = _join(projection, fewest)
    if is_whole:
        LakeTable.objects.filter(name=projection.name).update(compacted_at=now)
    return joined


def clean(projection: Projection, now: datetime) -> None:
    """What the clock asks of one table."""
    row = LakeTable.objects.filter(name=projection.name).first()
    if row is None:
        return
    is_night = row.compacted_at is None or now - row.compacted_at >= NIGHT
    compact(projection, now=now) if is_night else _join(projection, MANY)
    with only_writer(projection.name) as mine:
        row = LakeTable.objects.filter(name=projection.name).first() if mine else None  # it may have been rebuilt
        if row is not None:
            _vacuum(projection, row, now)


def vacuum(table: Table, *, hours: int = READERS_KEEP_H) -> int:
    """Delete files that no version of the last `hours` needs, and what a killed writer left. Returns how many."""
    return table.vacuum(hours)


def _join(projection: Projection, fewest: int) -> tuple[int, bool]:
    """How many files were joined, and whether that were all.

    One partition a turn at the lock: a flush that is due waits for one of them, not for all.
    """
    done: set[Partition] = set()
    joined = 0
    while True:
        with only_writer(projection.name) as mine:
            row = LakeTable.objects.filter(name=projection.name).exclude(generation="").first() if mine else None
            table = Table(projection, row.generation) if row is not None else None
            version = table.version() if table is not None else None
            if table is None or version is None or version.watermark is None:
                return joined, False
            files = next((group for group in _groups(version, fewest) if group[0].partition not in done), None)
            if files is None:
                return joined, True
            _join_group(table, version, version.watermark, files)
        done.add(files[0].partition)
        joined += len(files)


def _join_group(table: Table, version: Version, watermark: int, files: list[StoredFile]) -> None:
    writer = Writer(table)
    for file in files:
        writer.add_to(file.partition, table.read(file))
    actions = [*map(table.removal, files), *writer.finish()]
    table.commit(actions, watermark, seen=watermark, number=version.number)


def _groups(version: Version, fewest: int) -> list[list[StoredFile]]:
    """The small files of each partition that has at least `fewest` of them."""
    by_partition: dict[Partition, list[StoredFile]] = defaultdict(list)
    for file in version.files:
        if file.rows < SMALL_FILE and file.size < SMALL_BYTES:
            by_partition[file.partition].append(file)
    return [files for files in by_partition.values() if len(files) >= fewest]


def _vacuum(projection: Projection, row: LakeTable, now: datetime) -> None:
    """Old files, old folders, old notes. The caller holds the lock, so no rebuild is under way."""
    if row.generation:
        table = Table(projection, row.generation)
        vacuum(table)
        if row.rid_after is not None and row.rid_after <= now:
            _rid(table, row, now)
        watermark = table.version().watermark or 0
        _drop_older(projection, row, now)
    else:
        watermark = 2**63 - 1  # no files: nothing to hide
    with connection.cursor() as cursor:
        cursor.execute(FORGET, [projection.name, now - NOTES_KEPT, str(watermark)])
    LakeTable.objects.filter(name=projection.name).update(vacuumed_at=now)


def _rid(table: Table, row: LakeTable, now: datetime) -> None:
    """What an erasure replaced goes as soon as no reader can need it; what a later one replaced waits."""
    table.rid(now - ERASURE_KEEP)
    if row.rebuilt_at is not None and now - row.rebuilt_at >= ERASURE_KEEP:
        for generation in generations(table.projection.name):
            if generation not in (row.generation, row.building):
                Table(table.projection, generation).drop()
    LakeTable.objects.filter(name=row.name, rid_after__lte=now).update(rid_after=None)


def _drop_older(projection: Projection, row: LakeTable, now: datetime) -> None:
    """Folders of earlier generations, once no reader can have them any more."""
    if row.rebuilt_at is None or now - row.rebuilt_at < timedelta(hours=READERS_KEEP_H):
        return
    for generation in generations(projection.name):
        if generation != row.generation:
            Table(projection, generation).drop()
