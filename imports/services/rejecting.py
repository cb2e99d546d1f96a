"""Rejected rows: written once by (import, row), the first 100,000 of a file kept, all of them counted."""

from collections.abc import Sequence
from typing import Any

import msgspec

from cdp.lib import bulk_sql
from imports import values
from imports.contracts import Row
from imports.models import Import, ImportReject

MOST_KEPT = 100_000
LONGEST_RAW = 64 * 1024
INSERT = """
INSERT INTO imports_importreject (of_id, row, code, reason, raw)
SELECT %s::uuid, row, code, reason, raw FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])
  AS new(row, code, reason, raw) ORDER BY row ON CONFLICT (of_id, row) DO NOTHING
"""


class Reject(msgspec.Struct, frozen=True):
    """One row that cannot be taken, as it is kept."""

    row: int
    code: str
    reason: str
    raw: str


def reject(row: Row, code: str, reason: str) -> Reject:
    """The reject of a row: its cells as a JSON list, or what was read of it as a JSON text."""
    return Reject(row.number, code, reason[:1000], raw_of(row))


def raw_of(row: Row) -> str:
    """A row as it is kept, cut where it is endless."""
    kept: Any = row.raw if row.fault is not None and not row.cells else [_cell(cell) for cell in row.cells]
    if row.rest and isinstance(kept, list):
        kept.append(values.as_text(row.rest))
    written = msgspec.json.encode(kept).decode().replace("\\u0000", "\\ufffd")
    return written if len(written) <= LONGEST_RAW else msgspec.json.encode(written[: LONGEST_RAW // 2]).decode()


def write(job: Import, rejects: Sequence[Reject], *, already: int) -> None:
    """Keep these rows, as far as a file's bound goes; `already` were rejected before."""
    kept = list(rejects[: max(0, MOST_KEPT - already)])
    if kept:
        columns = [list(column) for column in zip(*((r.row, r.code, r.reason, r.raw) for r in kept), strict=True)]
        bulk_sql.execute(INSERT, [job.pk, *columns])


def forget(job: Import) -> None:
    """Drop what an earlier check rejected."""
    ImportReject.objects.filter(of=job).delete()


def _cell(cell: Any) -> Any:
    return None if cell is None else cell if isinstance(cell, (str, bool, int)) else values.as_text(cell)
