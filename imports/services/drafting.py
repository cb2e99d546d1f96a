"""Drafts: a kept file is looked at, its columns are guessed or mapped as last time, and staff's choice is stored."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from cdp.lib.clock import utc_now
from cdp.lib.kept_files import KeptFile
from events.models import Source
from imports import guessing
from imports.contracts import CSV, NDJSON, WITHOUT_SOURCE, Column, Options, Row, Sniffed, WrongFile, WrongState
from imports.models import Import
from imports.queries import as_last_time, columns_of, options_of
from imports.reading import sniff
from imports.reading.workbook_rows import guard
from imports.services import files
from imports.services.choosing import choice_of, options_with
from imports.targets import require_whole

SHOWN = 20
LONGEST_SHOWN = 200
SOURCES = {"people": "Imported people", "events": "Imported events", "orders": "Imported orders"}


def draft(
    kept: KeptFile,
    *,
    kind: str,
    name: str,
    created_by: AbstractBaseUser | None = None,
    source: Source | None = None,
) -> Import:
    """A new import of a kept file, mapped as last time or as guessed. Raises WrongFile; the file is gone then."""
    try:
        sniffed = sniff(files.absolute(kept.path))
        about = kept.lines if sniffed.format in (CSV, NDJSON) else guard(files.absolute(kept.path))
    except WrongFile:
        files.forget(kept.path)
        raise
    now = utc_now()
    signature = guessing.signature(kind, sniffed.names)
    options = msgspec.structs.replace(sniffed.options, zone=settings.COMPANY_TIME_ZONE)
    last = as_last_time(kind, signature)
    if last:
        columns, options = guessing.mapped_as(last[0], sniffed.names), _as_last_time(sniffed, options, last[1])
    else:
        columns = guessing.guess_columns(kind, sniffed.names, sniffed.sample, options)
    with transaction.atomic():
        return Import.objects.create(
            kind=kind,
            name=name.replace("\x00", "")[:255] or "file",
            size=kept.size,
            sha256=kept.sha256,
            path=kept.path,
            content_at=_first_upload(kind, kept.sha256, now),
            format=sniffed.format,
            options=msgspec.to_builtins(options),
            names=list(sniffed.names),
            mapping=msgspec.to_builtins(columns),
            signature=signature,
            preview=_preview(sniffed, as_last_time=bool(last)),
            source=None if kind in WITHOUT_SOURCE else source or own_source(kind),
            about_rows=max(1, about),
            created_by_id=getattr(created_by, "pk", None),
        )


def remember_choice(job: Import, columns: Sequence[Column], options: Options) -> None:
    """Store how a file is to be read and what its columns become. Raises MappingIncomplete, WrongFile, WrongState.

    Where the file is read in another way than before (its delimiter, its sheet, …) the columns are guessed anew.
    """
    if job.state not in (Import.State.DRAFT, Import.State.CHECKED, Import.State.FAILED, Import.State.CANCELLED):
        raise WrongState(f"The import is {job.get_state_display().lower()}: its mapping stands.")
    if job.rows:
        raise WrongState("A part of the file is imported already: its mapping stands.")
    if _reads_otherwise(options, options_of(job)):
        _look_again(job, options)
        return
    job.options, job.mapping = msgspec.to_builtins(options), msgspec.to_builtins(list(columns))
    job.state, job.report, job.problem = Import.State.DRAFT, {}, ""
    job.save(update_fields=["options", "mapping", "state", "report", "problem"])
    require_whole(job.kind, columns, options, asks_for_day=asks_for_day(job, columns))


def choose(job: Import, mapping: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    """Store what a caller says of columns and options; what is not said stays as guessed, or as last time.

    Where the options make other columns of the file (its delimiter, its sheet, …) `mapping` names those.
    Raises MappingIncomplete, WrongFile, WrongState.
    """
    told = options_with(options_of(job), options)
    if _reads_otherwise(told, options_of(job)):
        remember_choice(job, columns_of(job), told)
    remember_choice(job, *choice_of(job, mapping, options))


def asks_for_day(job: Import, columns: Sequence[Column]) -> bool:
    """Whether somebody must say what 03/04/2026 means, by the first rows."""
    sample = [Row(number, cells) for number, cells in job.preview.get("dates", [])]
    return guessing.asks_for_day(columns, sample)


def own_source(kind: str) -> Source:
    """The source of a kind's imports, made at the first one."""
    of_kind = Source.objects.filter(kind=Source.Kind.IMPORT).order_by("pk")
    earlier = Import.objects.filter(kind=kind).values("source")  # it may have been renamed since
    found = of_kind.filter(pk__in=earlier).first() or of_kind.filter(name=SOURCES[kind]).first()
    return found or Source.objects.create(name=SOURCES[kind], kind=Source.Kind.IMPORT)


def _look_again(job: Import, options: Options) -> None:
    sniffed = sniff(files.absolute(job.path), options)
    columns = guessing.guess_columns(job.kind, sniffed.names, sniffed.sample, options)
    job.options, job.mapping = msgspec.to_builtins(options), msgspec.to_builtins(columns)
    job.names, job.signature = list(sniffed.names), guessing.signature(job.kind, sniffed.names)
    job.preview = _preview(sniffed, as_last_time=False)
    job.state, job.report, job.problem = Import.State.DRAFT, {}, ""
    job.save(update_fields=["options", "mapping", "names", "signature", "preview", "state", "report", "problem"])


def _reads_otherwise(new: Options, old: Options) -> bool:
    return any(
        getattr(new, name) != getattr(old, name) for name in ("encoding", "delimiter", "newline", "header", "sheet")
    )


def _as_last_time(sniffed: Sniffed, options: Options, last: Options) -> Options:
    """What staff chose last time; what the file itself tells stays."""
    chosen = {name: getattr(last, name) for name in ("zone", "country", "currency", "event", "keep_rest")}
    if options.day_first is None:
        chosen["day_first"] = last.day_first
    if guessing.decimal_comma(sniffed.sample) is None:
        chosen["decimal_comma"] = last.decimal_comma
    return msgspec.structs.replace(options, **chosen)


def _first_upload(kind: str, sha256: str, now: datetime) -> datetime:
    first = Import.objects.filter(kind=kind, sha256=sha256).order_by("content_at").first()
    return first.content_at if first else now


def _preview(sniffed: Sniffed, *, as_last_time: bool) -> dict[str, Any]:
    rows = [row for row in sniffed.sample if row.fault is None]
    return {
        "rows": [[row.number, [_shown(cell) for cell in row.cells]] for row in rows[:SHOWN]],
        "faults": [[row.number, row.fault.reason] for row in sniffed.sample[:SHOWN] if row.fault is not None],
        "dates": _slashed(rows),
        "as_last_time": as_last_time,
    }


def _slashed(rows: Sequence[Row]) -> list[Any]:
    """Of each column one value whose day and month could be either, as one row."""
    width = max((len(row.cells) for row in rows), default=0)
    found: list[str] = [""] * width
    for row in rows:
        for place, cell in enumerate(row.cells):
            if not found[place] and guessing.is_open_date(cell):
                found[place] = cell
    return [[0, found]] if any(found) else []


def _shown(cell: Any) -> Any:
    plain = msgspec.to_builtins(cell) if not isinstance(cell, (str, int, float, type(None))) else cell
    return plain[:LONGEST_SHOWN] if isinstance(plain, str) else plain
