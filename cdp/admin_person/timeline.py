"""The timeline of a person's page: sentences grouped by day and session, with the filters as the form holds them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import QueryDict

from cdp.admin_person.timeline_lines import Line, lines
from cdp.lib.clock import to_us
from cdp.lib.moments import day as day_words
from events.queries import TimelineFilter, source_names, timeline
from events.queries.timeline import IMPERSONAL, SEARCHED
from profiles.folds import OTHER

SESSION_GAP = timedelta(minutes=30)
FIELDS = ("event", "source", "since", "until", "q")


@dataclass(frozen=True, slots=True)
class Session:
    """Events with less than half an hour between them, newest first."""

    lines: tuple[Line, ...]

    @property
    def began_at(self) -> datetime:
        """The earliest event shown."""
        return self.lines[-1].at

    @property
    def ended_at(self) -> datetime:
        """The latest event shown."""
        return self.lines[0].at


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the reader's zone."""

    title: str
    sessions: tuple[Session, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What the page shows. `older`: the query string of the page after, "" at the end; `newest` likewise."""

    days: tuple[Day, ...]
    chosen: dict[str, str]
    names: tuple[tuple[str, int], ...]
    sources: tuple[tuple[int, str], ...]
    older: str
    newest: str
    is_filtered: bool
    problem: str = ""


def person_timeline(
    identifier_ids: Sequence[int],
    counters: Mapping[str, tuple[int, int, int]],
    asked: QueryDict,
    zone: ZoneInfo,
    *,
    personal: bool,
    at: datetime | None = None,
) -> Timeline:
    """The page that `asked` (the query string) wants. What cannot be read is said and otherwise left out.

    With `at` only what had been received by then.
    """
    sources = source_names()
    wanted, problem = _filter(asked, zone)
    wanted = replace(wanted, received_until=at, searched=SEARCHED if personal else IMPERSONAL)
    jump, jump_problem = _jump(asked.get("jump", ""), zone)
    problem = " ".join(part for part in (problem, jump_problem) if part)
    try:
        page = timeline(identifier_ids, wanted, cursor=jump or asked.get("cursor", ""))
    except ValueError:
        page, problem = timeline(identifier_ids, wanted), "That page cannot be found again: this is the newest one."
    chosen = {name: asked.get(name, "") for name in FIELDS}
    kept = {"tab": "timeline", **{name: value for name, value in chosen.items() if value}}
    is_filtered = len(kept) > 1
    if at is not None:
        kept["at"] = asked.get("at", "")
    counts: Counter[str] = Counter()
    for name, (count, _, _) in counters.items():
        if name != OTHER:
            counts[name.removeprefix("$")] += count  # calls without a name of their own are in the log under their type
    names = tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    return Timeline(
        days=_days(lines(page.events, sources, personal=personal), zone),
        chosen=chosen,
        names=names,
        sources=tuple(sources.items()),
        older=urlencode({**kept, "cursor": page.next_cursor}) if page.next_cursor else "",
        newest=urlencode(kept) if asked.get("cursor") or jump else "",
        is_filtered=is_filtered,
        problem=problem,
    )


def _filter(asked: QueryDict, zone: ZoneInfo) -> tuple[TimelineFilter, str]:
    problems: list[str] = []

    def day_of(name: str, days: int) -> datetime | None:
        typed = asked.get(name, "")
        try:
            found = date.fromisoformat(typed) if typed else None
            return datetime.combine(found + timedelta(days=days), datetime.min.time(), zone) if found else None
        except (ValueError, OverflowError):
            problems.append(f"“{typed}” is not a date: write it like 2026-11-30.")
            return None

    source = asked.get("source", "")
    found = TimelineFilter(
        name=asked.get("event", "").replace("\0", ""),
        source_id=int(source) if source.isascii() and source.isdigit() and len(source) < 19 else None,
        since=day_of("since", 0),
        until=day_of("until", 1),
        text=asked.get("q", "").strip()[:100].replace("\0", ""),
    )
    return found, " ".join(problems)


def _jump(typed: str, zone: ZoneInfo) -> tuple[str, str]:
    """The cursor at the end of a day, so that the page begins there and goes on into the past; and what is wrong."""
    try:
        ends = datetime.combine(date.fromisoformat(typed) + timedelta(days=1), datetime.min.time(), zone)
        return f"{to_us(ends)}.0", ""
    except (ValueError, OverflowError):
        return "", f"“{typed[:40]}” is not a date: write it like 2026-11-30." if typed else ""


def _days(events: Iterable[Line], zone: ZoneInfo) -> tuple[Day, ...]:
    by_day = groupby(events, key=lambda line: line.at.astimezone(zone).date())
    return tuple(Day(day_words(day), _sessions(list(of_day))) for day, of_day in by_day)


def _sessions(lines: Sequence[Line]) -> tuple[Session, ...]:
    sessions: list[list[Line]] = []
    for line in lines:
        if sessions and sessions[-1][-1].at - line.at < SESSION_GAP:
            sessions[-1].append(line)
        else:
            sessions.append([line])
    return tuple(Session(tuple(one)) for one in sessions)
