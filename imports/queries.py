"""Reads of imports: mappings, rejected rows, and what is known already of what a file tells."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from cdp.jobs import queries as jobs
from cdp.lib import bulk_sql
from imports.contracts import Column, Options, Position
from imports.models import Import, ImportReject, ImportRequest

REJECTS_A_READ = 2_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How an import goes: rows read of about how many, rows a second, seconds left, and a sentence."""

    state: str
    rows: int
    about_rows: int
    share: float
    per_second: float
    seconds_left: float | None
    sentence: str


def find(import_id: UUID) -> Import | None:
    """The import, if there is one."""
    return Import.objects.select_related("source", "created_by").filter(pk=import_id).first()


def columns_of(job: Import) -> list[Column]:
    """What each column becomes."""
    return msgspec.convert(job.mapping, list[Column])


def options_of(job: Import) -> Options:
    """How the file is read."""
    return msgspec.convert(job.options, Options)


def position_of(job: Import) -> Position:
    """How far the import has come."""
    return msgspec.convert(job.position, Position)


def as_last_time(kind: str, signature: str) -> tuple[list[Column], Options] | None:
    """How the latest file with these columns was mapped, once that was checked or imported."""
    used = (Import.State.CHECKED, Import.State.RUNNING, Import.State.DONE)
    last = Import.objects.filter(kind=kind, signature=signature, state__in=used).order_by("-created_at").first()
    return (columns_of(last), options_of(last)) if last else None


def requests_of(import_id: UUID) -> list[int]:
    """The inbox requests that hold an import's events."""
    return list(ImportRequest.objects.filter(of_id=import_id).order_by("inbox_id").values_list("inbox_id", flat=True))


def rejects(import_id: UUID) -> Iterator[ImportReject]:
    """Every kept reject in the order of the file, read in pieces."""
    last = -1
    while True:
        piece = list(ImportReject.objects.filter(of_id=import_id, row__gt=last).order_by("row")[:REJECTS_A_READ])
        yield from piece
        if len(piece) < REJECTS_A_READ:
            return
        last = piece[-1].row


def reject_reasons(import_id: UUID) -> Sequence[tuple[str, int, str]]:
    """(code, number of kept rows, one of its sentences), most frequent first."""
    statement = """SELECT code, count(*), (array_agg(reason ORDER BY row))[1] FROM imports_importreject
    WHERE of_id = %s::uuid GROUP BY code ORDER BY 2 DESC, 1"""
    return [(code, int(count), reason) for code, count, reason in bulk_sql.fetch(statement, [import_id])]


def progress(job: Import, now: datetime) -> Progress:
    """How a check or an import goes."""
    work = jobs.find(job.job_id) if job.job_id else None
    rows = work.done if work and job.state in (Import.State.CHECKING, Import.State.RUNNING) else job.rows
    about = max(job.about_rows, rows, 1)
    started = work.started_at if work else None
    seconds = max(0.001, (now - started).total_seconds()) if started else 0.0
    per_second = rows / seconds if seconds else 0.0
    left = (about - rows) / per_second if per_second > 0 else None
    note = work.note if work else ""
    if work is not None and work.state == "queued" and not rows:
        note = "waits for a worker"
    return Progress(job.state, rows, about, min(1.0, rows / about), per_second, left, note)
