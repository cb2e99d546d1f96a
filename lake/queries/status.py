"""How each table of the lake stands: size, files, what waits and for how long."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from cdp.lib.clock import utc_now
from lake.contracts import Projection
from lake.models import LakeTable
from lake.queries.watermarks import horizon, rows_up_to, waiting_rows
from lake.registry import projections
from lake.store import LostTableError, Table, Version

COUNTED_UP_TO = 1_000_000


@dataclass(frozen=True, slots=True)
class TableStatus:
    """One table. `state`: empty (nothing to project), waiting (no files yet), ready, building, lost or refused.

    `waiting` counts rows of PostgreSQL that are not in the files, up to a million; `lag_s` is the age of the oldest of
    them, to a few seconds: 0 when none waits.
    """

    name: str
    is_append_only: bool
    state: str
    rows: int
    files: int
    size: int
    watermark: int | None
    version: int | None
    waiting: int
    lag_s: float
    built_rows: int
    built_of: int
    rebuilt_at: datetime | None
    flushed_at: datetime | None
    flushed_rows: int
    compacted_at: datetime | None
    verified_at: datetime | None
    verdict: str
    problem: str

    @property
    def bytes_a_row(self) -> float | None:
        """Bytes of the files for each row; None without rows."""
        return self.size / self.rows if self.rows else None


def status(now: datetime | None = None) -> tuple[TableStatus, ...]:
    """Every table of the lake."""
    now = now or utc_now()
    rows = {row.name: row for row in LakeTable.objects.all()}
    return tuple(_status(projection, rows.get(projection.name), now) for projection in projections())


def lag_s() -> float | None:
    """Seconds since the oldest row of any table began to wait for its flush; None when none waits.

    From PostgreSQL alone, for health checks: the folder is not looked at.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM statement_timestamp() - min(waiting_since)) FROM lake_laketable")
        age = cursor.fetchone()[0]
    return None if age is None else max(0.0, float(age))


def _status(projection: Projection, row: LakeTable | None, now: datetime) -> TableStatus:
    row = row or LakeTable(name=projection.name)
    version, is_lost = _version(projection, row)
    mark = version.watermark if version else None
    if mark is None:
        waiting = rows_up_to(projection, COUNTED_UP_TO)
    else:
        waiting = waiting_rows(projection, mark, most=COUNTED_UP_TO)
    return TableStatus(
        name=projection.name,
        is_append_only=projection.is_append_only,
        state=_state(row, mark, waiting, is_lost),
        rows=version.rows if version else 0,
        files=len(version.files) if version else 0,
        size=version.size if version else 0,
        watermark=mark,
        version=version.number if version else None,
        waiting=waiting,
        lag_s=(now - row.waiting_since).total_seconds() if waiting and row.waiting_since else 0.0,
        built_rows=row.built_rows,
        built_of=row.built_of,
        rebuilt_at=row.rebuilt_at,
        flushed_at=row.flushed_at,
        flushed_rows=row.flushed_rows,
        compacted_at=row.compacted_at,
        verified_at=row.verified_at,
        verdict=row.verdict,
        problem=row.problem,
    )


def _version(projection: Projection, row: LakeTable) -> tuple[Version | None, bool]:
    if not row.generation:
        return None, False
    try:
        return Table(projection, row.generation).version(), False
    except (LostTableError, OSError):  # object storage may not answer; why not stands in the row's problem
        return None, True


def _state(row: LakeTable, watermark: int | None, waiting: int, is_lost: bool) -> str:
    if row.building:
        return "building"
    if is_lost:
        return "lost"
    if watermark is None:
        return "waiting" if waiting else "empty"
    return "refused" if row.problem or watermark > horizon().xmax else "ready"
