"""What the pages of an import show: columns with their parsed examples, what a check found, how an import ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cdp.lib.admin_parts import pretty_json
from cdp.lib.clock import utc_now
from events.queries.messages import Quarantined, quarantined
from imports import queries, values
from imports.building import Plan, nested
from imports.contracts import (
    CSV,
    ENCODINGS,
    IGNORE,
    NDJSON,
    XLSX,
    BadValue,
    Column,
    MappingIncomplete,
    Options,
    Row,
)
from imports.models import Import
from imports.services.drafting import asks_for_day
from imports.targets import FIXED_TYPES, NAMED, TARGETS, TYPES, require_whole

EXAMPLES = 3
SHOWN_ROWS = 20
SOON = datetime(2200, 1, 1, tzinfo=UTC)
DELIMITER_WORDS = ((",", "comma ,"), (";", "semicolon ;"), ("\t", "tab"), ("|", "bar |"))


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it is in the file and as it would be stored, or why it cannot be."""

    raw: str
    parsed: str
    problem: str = ""

    @property
    def is_same(self) -> bool:
        """Whether reading changes nothing that is seen."""
        return self.raw == self.parsed


@dataclass(frozen=True, slots=True)
class ColumnShown:
    """One column's line of the mapping."""

    place: int
    column: Column
    examples: tuple[Cell, ...]
    problems: tuple[str, ...]
    is_named: bool
    has_fixed_type: bool
    is_ignored: bool


@dataclass(frozen=True, slots=True)
class MappingShown:
    """The mapping page: columns, first rows, options, and what is still to be decided."""

    columns: tuple[ColumnShown, ...]
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]
    faults: tuple[tuple[int, str], ...]
    problems: tuple[str, ...]
    options: Options
    targets: tuple[tuple[str, str], ...]
    types: tuple[tuple[str, str], ...]
    asks_for_day: bool
    as_last_time: bool
    is_csv: bool
    is_ndjson: bool
    is_workbook: bool
    delimiters: tuple[tuple[str, str], ...] = DELIMITER_WORDS
    encodings: tuple[str, ...] = ENCODINGS


@dataclass(frozen=True, slots=True)
class Reason:
    """Why rows were rejected: how many, and what to do about it."""

    code: str
    count: int
    sentence: str


def mapping_shown(job: Import, columns: Sequence[Column], options: Options) -> MappingShown:
    """The mapping as chosen so far, read against the first rows."""
    faults = _mapping_faults(job, columns, options)
    rows = [(number, cells) for number, cells in job.preview.get("rows", [])]
    parsed = [[_cell(job.kind, column, cells[place] if place < len(cells) else None, options) for _, cells in rows]
              for place, column in enumerate(columns)]  # fmt: skip
    shown = [
        _column(place, column, parsed[place], [told for name, told in faults if name == column.name])
        for place, column in enumerate(columns)
    ]
    table = [(number, tuple(parsed[place][n] for place in range(len(columns)))) for n, (number, _) in enumerate(rows)]
    return MappingShown(
        columns=tuple(shown),
        rows=tuple(table[:SHOWN_ROWS]),
        faults=tuple((number, reason) for number, reason in job.preview.get("faults", [])),
        problems=tuple(told for name, told in faults if not name),
        options=options,
        targets=((IGNORE, "– ignore –"), *TARGETS[job.kind].items()),
        types=tuple(TYPES.items()),
        asks_for_day=asks_for_day(job, columns) or options.day_first is not None,
        as_last_time=bool(job.preview.get("as_last_time")),
        is_csv=job.format == CSV,
        is_ndjson=job.format == NDJSON,
        is_workbook=job.format == XLSX,
    )


def report_shown(job: Import) -> dict[str, Any]:
    """What the last check found; empty without one."""
    if not job.report:
        return {}
    examples = {code: sentence for code, _, sentence in queries.reject_reasons(job.pk)}
    reasons = [Reason(code, count, examples.get(code, "")) for code, count in job.report["reasons"].items()]
    units = {"people": "people", "events": "events", "orders": "orders", "products": "products"}.get(
        job.kind, "addresses"
    )
    return {
        "rows": job.report["rows"],
        "good": job.report["good"],
        "bad": job.report["bad"],
        "known": job.report["known"],
        "new": job.report["new"],
        "already": job.report["already"],
        "units": units,
        "reasons": sorted(reasons, key=lambda reason: -reason.count),
        "samples": [(one["row"], pretty_json(one["item"])) for one in job.report.get("samples", [])],
    }


def result_shown(job: Import) -> dict[str, Any]:
    """How an import went so far: counts, reasons, and what processing set aside."""
    inbox_ids = queries.requests_of(job.pk) if job.quarantined or job.settled_at is None else []
    aside: list[Quarantined] = quarantined(inbox_ids, limit=20) if inbox_ids else []
    reasons = [Reason(code, count, sentence) for code, count, sentence in queries.reject_reasons(job.pk)]
    return {"reasons": reasons, "aside": aside, "taken": job.stored if job.stored is not None else job.sent}


def progress_sentence(job: Import) -> dict[str, Any]:
    """What the page polls: state, share, and a line of text."""
    how = queries.progress(job, utc_now())
    words = [f"{how.rows:,} of about {how.about_rows:,} rows"]
    if how.sentence:
        words.append(how.sentence)
    if how.rows and how.per_second:
        words.append(f"{how.per_second:,.0f} a second")
    if how.rows and how.seconds_left is not None:
        words.append(f"about {_duration(how.seconds_left)} left")
    return {
        "state": job.state,
        "settled": job.settled_at is not None,
        "share": how.share,
        "text": " · ".join(words),
    }


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _mapping_faults(job: Import, columns: Sequence[Column], options: Options) -> list[tuple[str, str]]:
    try:
        require_whole(job.kind, columns, options, asks_for_day=asks_for_day(job, columns))
    except MappingIncomplete as error:
        return error.faults
    return []


def _column(place: int, column: Column, cells: Sequence[Cell], faults: list[str]) -> ColumnShown:
    told = [cell for cell in cells if cell.raw]
    bad = sum(bool(cell.problem) for cell in told)
    problems = [*faults, *([f"{bad} of the first {len(cells)} rows cannot be read so."] if bad else [])]
    first_bad = [cell for cell in told if cell.problem][:1]
    examples = [*first_bad, *(cell for cell in told if not cell.problem)][:EXAMPLES]
    return ColumnShown(
        place=place,
        column=column,
        examples=tuple(examples),
        problems=tuple(problems),
        is_named=column.target in NAMED,
        has_fixed_type=column.target in FIXED_TYPES,
        is_ignored=column.target == IGNORE,
    )


def _cell(kind: str, column: Column, raw: Any, options: Options) -> Cell:
    shown = "" if raw is None else values.as_text(raw)
    if column.target == IGNORE or not shown or column.type not in TYPES:
        return Cell(shown, shown)
    try:
        told = Plan(kind, [column], options, told_at=SOON, now=SOON).read(Row(0, [raw]))
    except BadValue as bad:
        return Cell(shown, "", bad.reason.removeprefix(f"{column.name}: "))
    found: Any = next(iter((*told.keys.values(), *told.fields.values(), *told.named.values())), None)
    if isinstance(found, dict):
        found = next(iter(nested(found).values())) if len(found) > 1 else next(iter(found.values()))
    if told.at is not None:
        found = f"{told.at:%Y-%m-%d %H:%M:%S} UTC"
    return Cell(shown, "" if found is None else values.as_text(found))
