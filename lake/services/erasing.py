"""Erasing from the lake: rows deleted in PostgreSQL are hidden at once, then leave the files, then the old files go.

The flush happens here and now. A file it replaced stays for readers that began before it, `ERASURE_KEEP` and no longer
where an erasure asked for it; then `clean_slice`, which comes every ten minutes, deletes it.
"""

import time
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import numpy as np
import pyarrow as pa

from cdp.lib.clock import utc_now
from lake.contracts import Projection
from lake.models import LakeTable
from lake.queries.snapshot import snapshot
from lake.queries.watermarks import horizon, waiting_rows
from lake.registry import projections
from lake.rows import in_keys, key_names
from lake.services.compacting import ERASURE_KEEP
from lake.services.projecting import project
from lake.store import LostTableError, StoredFile, Table

WAIT_S = 10.0
HALF = 2**63


def flush_erased(now: datetime) -> int:
    """Take what was deleted out of the files of every table. Returns how many were written anew."""
    waiting = 0
    for projection in projections():
        row = LakeTable.objects.filter(name=projection.name).first()
        if row is None or not (row.generation or row.building):
            continue
        flushed = _project_until_done(projection)
        LakeTable.objects.filter(name=projection.name).update(rid_after=utc_now() + ERASURE_KEEP)
        waiting += flushed
    return waiting


def rows_about(identifier_ids: Collection[int], profile_ids: Collection[UUID]) -> int:
    """Rows of the files in use that are of these identifiers or profiles and not hidden."""
    return sum(_rows_of(one, list(identifier_ids), list(profile_ids)) for one in projections())


def old_files_gone(now: datetime) -> bool:
    """Whether no file is left that an erasure wants to be rid of."""
    return not LakeTable.objects.filter(rid_after__isnull=False).exists()


def _project_until_done(projection: Projection) -> bool:
    """Whether anything was written. A running transaction holds the flush up: it is tried again for some seconds."""
    rows = 0
    until, mark = time.monotonic() + WAIT_S, horizon().xmax
    while True:
        rows += project(projection, at_once=True)
        row = LakeTable.objects.get(name=projection.name)
        watermark = Table(projection, row.generation).version().watermark if row.generation else None
        if watermark is None or not waiting_rows(projection, watermark, until=mark, most=1):
            return rows > 0
        if time.monotonic() > until:
            return rows > 0  # hidden all the same; the next flush takes it out
        time.sleep(0.2)


def _rows_of(projection: Projection, identifier_ids: list[int], profile_ids: list[UUID]) -> int:
    row = LakeTable.objects.filter(name=projection.name).exclude(generation="").first()
    if row is None:
        return 0
    table = Table(projection, row.generation)
    try:
        with snapshot([projection.name]) as seen:
            hidden = seen.hidden_keys(projection.name)
        return sum(_rows_in(table, file, identifier_ids, profile_ids, hidden) for file in table.version().files)
    except LostTableError:
        return 0


def _rows_in(
    table: Table, file: StoredFile, identifier_ids: list[int], profile_ids: list[UUID], hidden: pa.Table
) -> int:
    projection = table.projection
    names = {column.name for column in projection.columns}
    keys = key_names(projection)
    wanted = [name for name in ("identifier_id", "profile_hi", "profile_lo") if name in names]
    found = table.read(file, list(dict.fromkeys([*keys, *wanted])))
    theirs = np.zeros(found.num_rows, dtype=bool)
    if "identifier_id" in names:
        theirs |= np.isin(_numbers(found, "identifier_id"), identifier_ids)
    if projection.name == "identifiers":
        theirs |= np.isin(_numbers(found, "id"), identifier_ids)
    if len(keys) == 2:
        halves = {(_signed(one.int >> 64), _signed(one.int & (2**64 - 1))) for one in profile_ids}
        pairs = zip(_numbers(found, keys[0]), _numbers(found, keys[1]), strict=True)
        theirs |= np.fromiter((pair in halves for pair in pairs), dtype=bool, count=found.num_rows)
    if theirs.any() and hidden.num_rows:
        theirs &= ~in_keys(projection, found.select(keys), hidden)
    return int(theirs.sum())


def _numbers(rows: pa.Table, name: str) -> np.ndarray:
    """A column of ids; -1 for nobody's."""
    return np.asarray(rows.column(name).fill_null(-1))


def _signed(half: int) -> int:
    return half - 2 * HALF if half >= HALF else half
