"""Erasing from imports: files, samples and rejected rows that name somebody.

A file is deleted as a whole: what it held of others is stored long since, or can be uploaded again. One that is being
imported is deleted when that is over; its rows of the erased are refused until then.
"""

from collections.abc import Iterator
from uuid import UUID

from django.db import transaction

from cdp.lib import bulk_sql
from cdp.lib.mentions import Mentions
from cdp.lib.naming_rows import asked, may_name
from imports.contracts import Position, Row, WrongFile
from imports.models import Import, ImportReject
from imports.services import files
from imports.services.reading import rows_of
from imports.services.settling import forget_file

State = Import.State
GONE = "Its file named a person who was erased and was deleted. Upload it again: rows about them are refused."
REJECTED = "(raw || reason)"
NOTED = "concat_ws(' ', preview, report, position, mapping, options, names, problem, name)"
REJECTS = f"SELECT id, raw, reason FROM imports_importreject WHERE {may_name(REJECTED)} ORDER BY id"  # noqa: S608
NOTES = f"SELECT id, {NOTED} FROM imports_import WHERE {may_name(NOTED)}"  # noqa: S608 - names of our own


def erase_named(mentions: Mentions) -> dict[str, int]:
    """Delete files, samples and rejected rows that name somebody of `mentions`. Counts by what was done."""
    deleted = sum(_delete(job) for job in _naming_files(mentions) if job.state not in (State.RUNNING, State.CHECKING))
    noted = _naming_notes(mentions)
    for job in Import.objects.filter(pk__in=noted).exclude(state__in=(State.RUNNING, State.CHECKING)):
        _delete(job)
    rejects = ImportReject.objects.filter(pk__in=_naming_rejects(mentions)).delete()[0]
    return {"files deleted": deleted, "samples emptied": len(noted), "rejected rows deleted": rejects}


def named(mentions: Mentions) -> int:
    """Files, samples and rejected rows that name somebody of `mentions`."""
    return len(list(_naming_files(mentions))) + len(_naming_notes(mentions)) + len(_naming_rejects(mentions))


@transaction.atomic
def _delete(job: Import) -> bool:
    forget_file(job)
    held = Import.objects.filter(pk=job.pk)
    held.update(report={}, name=f"file {str(job.pk)[-6:]}")
    held.filter(state__in=(State.DRAFT, State.CHECKED)).update(state=State.CANCELLED, problem=GONE)
    return bool(job.path)


def _naming_files(mentions: Mentions) -> Iterator[Import]:
    if mentions.values:
        for job in Import.objects.exclude(path="").order_by("pk"):
            if _names(job, mentions):
                yield job


def _names(job: Import, mentions: Mentions) -> bool:
    """Cell by cell, however the file writes them; a file that cannot be read as rows, as text."""
    try:
        return any(_row_names(row, mentions) for row in rows_of(job, Position()))
    except (WrongFile, OSError, ValueError):
        path = files.absolute(job.path)
        return path.is_file() and mentions.in_bytes(path.read_bytes())


def _row_names(row: Row, mentions: Mentions) -> bool:
    wanted = {value.lower() for value in mentions.values}
    for cell in (*row.cells, *(row.rest or {}).values(), row.raw):
        text = str(cell).strip()
        if text.lower() in wanted or mentions.in_text(text):
            return True
    return False


def _naming_rejects(mentions: Mentions) -> list[int]:
    found = bulk_sql.fetch(REJECTS, asked(mentions)) if mentions.values else []
    return [pk for pk, raw, reason in found if mentions.in_text(raw) or mentions.in_text(reason)]


def _naming_notes(mentions: Mentions) -> list[UUID]:
    found = bulk_sql.fetch(NOTES, asked(mentions)) if mentions.values else []
    return [pk for pk, text in found if mentions.in_text(text)]
