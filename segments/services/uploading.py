"""Uploaded lists as drafts: a kept file is looked at, its column is guessed, staff's choice is stored; old files go."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Q

from cdp.jobs import queries as jobs
from cdp.lib.clock import utc_now
from cdp.lib.kept_files import KeptFile
from imports.contracts import CSV, NDJSON, Options, Row, Sniffed, WrongFile
from imports.guessing import KNOWN
from imports.reading import sniff
from imports.reading.workbook_rows import guard
from imports.values import key_of as word_of
from segments.models import ListFill, MemberExport
from segments.queries.lists import standing_of
from segments.services import files, lists
from segments.uploads import BadLayout, Layout, chosen_layout, guess_layout, named, read_layout

SHOWN = 8
LONGEST_SHOWN = 120
KEPT = timedelta(days=1)
OVER = ("failed", "cancelled", "done")
NAMES_PEOPLE = ("email", "user_id", "phone", "anonymous_id")


def draft_upload(list_id: int, kept: KeptFile, *, name: str, by: AbstractBaseUser | None = None) -> ListFill:
    """A fill of a kept file, its column guessed. Raises WrongFile (the file is gone then), NotAList."""
    lists.require_list(list_id)
    try:
        sniffed = _sniffed(kept)
        about = kept.lines if sniffed.format in (CSV, NDJSON) else guard(files.absolute(kept.path))
    except WrongFile:
        files.forget(kept.path)
        raise
    layout = guess_layout(sniffed)
    return ListFill.objects.create(
        segment_id=list_id,
        way=ListFill.Way.UPLOAD,
        name=name.replace("\x00", "")[:255] or "file",
        source=msgspec.to_builtins(layout),
        path=kept.path,
        preview=_preview(sniffed),
        about=max(1, about),
        created_by_id=by.pk if by else None,
    )


def choose(
    fill: ListFill, *, column: str = "", kind: str = "", country: str = "", header: bool | None = None
) -> Layout:
    """Store which column names people and by what. Raises BadLayout, WrongFile."""
    layout = read_layout(fill.source)
    if fill.state not in (ListFill.State.DRAFT, ListFill.State.FAILED, ListFill.State.CANCELLED) or fill.rows:
        raise BadLayout("A part of it is read already: its columns stand.")
    if header is not None and header != layout.options.header:
        options = msgspec.structs.replace(layout.options, header=header)
        sniffed = sniff(files.absolute(fill.path), options)
        place = layout.column
        layout = msgspec.structs.replace(guess_layout(sniffed), column=place, kind=layout.kind)
        column = column if column in layout.names else ""
        fill.preview = _preview(sniffed)
    layout = chosen_layout(layout, column=column, kind=kind.strip(), country=country.strip())
    fill.source = msgspec.to_builtins(layout)
    fill.save(update_fields=["source", "preview"])
    return layout


def forget_draft(fill: ListFill) -> None:
    """Throw an upload away before anything was read of it."""
    held = ListFill.objects.filter(pk=fill.pk, state=ListFill.State.DRAFT)
    if held.update(state=ListFill.State.CANCELLED, path="", preview={}, finished_at=utc_now()):
        files.forget(fill.path)


def matched_of_sample(fill: ListFill) -> tuple[int, int]:
    """(how many of the first rows name somebody we know, how many rows those are): shown before anything is done."""
    layout = read_layout(fill.source)
    rows = [Row(number, cells) for number, cells in fill.preview.get("all", ())]
    found = standing_of([named(layout, row) for row in rows])
    return sum(one.why is None for one in found), len(rows)


def clean_slice() -> int:
    """Delete files whose time is over; end what lost its job. How many were touched."""
    now = utc_now()
    return _expire(now) + _clean(now) + _give_up(now)


def _expire(now: datetime) -> int:
    due = MemberExport.objects.filter(state=MemberExport.State.DONE, expires_at__lte=now)
    for export in due:
        files.forget(export.path)
    return due.update(state=MemberExport.State.DELETED, path="")


def _clean(now: datetime) -> int:
    idle = ListFill.objects.exclude(path="").exclude(state=ListFill.State.RUNNING)
    idle = idle.filter(Q(created_at__lt=now - KEPT) | Q(preview={}))  # none: it names somebody who was erased
    count = 0
    for fill in idle:
        files.forget(fill.path)
        count += ListFill.objects.filter(pk=fill.pk).exclude(state=ListFill.State.RUNNING).update(path="", preview={})
    known = {*ListFill.objects.exclude(path="").values_list("path", flat=True)}
    known |= {*MemberExport.objects.exclude(path="").values_list("path", flat=True)}
    with suppress(OSError):
        count += len(list(files.strays(known, older_than=(now - KEPT).timestamp())))
    return count


def _give_up(now: datetime) -> int:
    """What waits for a job that ended without it: its worker was lost too often, or somebody cancelled the job."""
    count = 0
    for model in (ListFill, MemberExport):
        for row in model._default_manager.filter(state="running").exclude(job_id=None):
            job = jobs.find(row.job_id) if row.job_id else None
            if job is not None and job.state not in OVER:
                continue
            state = "cancelled" if job is not None and job.state == "cancelled" else "failed"
            problem = "" if state == "cancelled" else "Its job ended without it. Start it again."
            held = model._default_manager.filter(pk=row.pk, state="running", job_id=row.job_id)
            count += held.update(state=state, problem=problem, finished_at=now)
    return count


def _sniffed(kept: KeptFile) -> Sniffed:
    """What a file is. A first row of one column that names somebody is no header, whatever it looks like."""
    path = files.absolute(kept.path)
    sniffed = sniff(path)
    if sniffed.options.header and len(sniffed.names) == 1 and not _is_word(sniffed.names[0]):
        bare: Options = msgspec.structs.replace(sniffed.options, header=False)
        layout = guess_layout(sniffed)
        (first,) = standing_of([named(layout, Row(1, [sniffed.names[0]]))])
        if first.why is None:
            return sniff(path, bare)
    return sniffed


def _is_word(name: str) -> bool:
    return any(word_of(name) in KNOWN[target] for target in NAMES_PEOPLE)


def _preview(sniffed: Sniffed) -> Mapping[str, Any]:
    rows = [row for row in sniffed.sample if row.fault is None]
    return {
        "rows": [[row.number, [_shown(cell) for cell in row.cells[:12]]] for row in rows[:SHOWN]],
        "all": [[row.number, [_shown(cell) for cell in row.cells]] for row in rows],
    }


def _shown(cell: Any) -> Any:
    plain = msgspec.to_builtins(cell) if not isinstance(cell, (str, int, float, type(None))) else cell
    return plain[:LONGEST_SHOWN] if isinstance(plain, str) else plain
