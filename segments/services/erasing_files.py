"""Erasing from files: uploads and rejected rows that name somebody, and exports that somebody stands in.

An export is deleted as a whole: it can be written anew, without them. One being written is given up: the person may be
among those that were read already. An upload that is being read is deleted when that is over; the rows of the erased
name nobody we know.
"""

from collections.abc import Iterator
from datetime import datetime

from cdp.jobs import services as jobs
from cdp.lib.mentions import Mentions
from cdp.lib.naming_rows import naming_rows
from cdp.lib.rights import Person
from imports.contracts import WrongFile
from imports.reading import rows
from segments.models import ListFill, ListReject, MemberExport
from segments.services import files
from segments.uploads import Layout, read_layout

PIECE = 4 * 1024 * 1024
NAMED = "Its file named a person who was erased and was deleted. Upload it again without them."
GIVEN_UP = "Somebody was erased while it was written. Export again."
DELETED = "Somebody in it was erased. Export again."


def erase_files(person: Person, now: datetime) -> dict[str, int]:
    """Delete what names the person. Counts by what was done."""
    mentions = _mentions(person)
    running = list(MemberExport.objects.filter(state=MemberExport.State.RUNNING))
    jobs.cancel([one.job_id for one in running if one.job_id])
    for export in running:
        _delete_export(export, MemberExport.State.FAILED, GIVEN_UP, now)
    standing_in = list(_exports_with(person, mentions))
    for export in standing_in:
        _delete_export(export, MemberExport.State.DELETED, DELETED, now)
    named = list(_fills_naming(mentions))
    uploads = [fill for fill in named if fill.state != ListFill.State.RUNNING]
    for fill in uploads:
        _delete_upload(fill, now)
    # Without its preview a file goes however its reading ends (filling, uploading).
    ListFill.objects.filter(pk__in=[fill.pk for fill in named], state=ListFill.State.RUNNING).update(preview={})
    rejects = ListReject.objects.filter(pk__in=naming_rows(ListReject, ("raw", "reason"), mentions)).delete()[0]
    return {
        "exports deleted": len(standing_in),
        "exports given up": len(running),
        "uploaded lists deleted": len(uploads),
        "rejected rows deleted": rejects,
    }


def files_naming(person: Person) -> int:
    """Exports, uploads and rejected rows that hold the person."""
    mentions = _mentions(person)
    rejects = len(naming_rows(ListReject, ("raw", "reason"), mentions))
    return rejects + len(list(_exports_with(person, mentions))) + len(list(_fills_naming(mentions)))


def _delete_export(export: MemberExport, state: str, problem: str, now: datetime) -> None:
    held = MemberExport.objects.filter(pk=export.pk)
    held.update(state=state, problem=problem, path="", finished_at=export.finished_at or now)
    files.forget(export.path)


def _delete_upload(fill: ListFill, now: datetime) -> None:
    files.forget(fill.path)
    held = ListFill.objects.filter(pk=fill.pk)
    held.update(path="", preview={}, source={}, name=f"list {str(fill.pk)[-6:]}")
    held.filter(state=ListFill.State.DRAFT).update(state=ListFill.State.CANCELLED, problem=NAMED, finished_at=now)


def _exports_with(person: Person, mentions: Mentions) -> Iterator[MemberExport]:
    ids = [str(one).encode() for one in person.profile_ids]
    for export in MemberExport.objects.exclude(path="").exclude(state=MemberExport.State.RUNNING):
        if any(any(one in piece for one in ids) or mentions.in_bytes(piece) for piece in _pieces(export.path)):
            yield export


def _fills_naming(mentions: Mentions) -> Iterator[ListFill]:
    if not mentions.values:
        return
    noted = set(naming_rows(ListFill, ("preview", "source", "name", "problem"), mentions))
    for fill in ListFill.objects.order_by("pk"):
        if fill.pk in noted or (fill.path and _names(fill, mentions)):
            yield fill


def _names(fill: ListFill, mentions: Mentions) -> bool:
    """Cell by cell, however the file writes them; a file that cannot be read as rows, as text."""
    wanted = {value.lower() for value in mentions.values}
    try:
        layout: Layout = read_layout(fill.source)
        for row in rows(files.absolute(fill.path), layout.format, layout.options, layout.names):
            for cell in (*row.cells, row.raw):
                text = str(cell).strip()
                if text.lower() in wanted or mentions.in_text(text):
                    return True
        return False
    except (WrongFile, OSError, ValueError):
        return any(mentions.in_bytes(piece) for piece in _pieces(fill.path))


def _pieces(name: str) -> Iterator[bytes]:
    """Whole lines, some megabytes at a time; nothing of a file that is gone."""
    path = files.absolute(name)
    if not path.is_file():
        return
    with path.open("rb") as file:
        while part := file.readlines(PIECE):
            yield b"".join(part)


def _mentions(person: Person) -> Mentions:
    return Mentions((one.kind, one.value) for one in person.identifiers)
