"""When: within the last n days, a stretch of the calendar, between two instants, or ever: when an event counts.

`WINDOWS` is the table of their keys, `CALENDAR` of the calendar's names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from sqlglot import exp

from segments.rules import sql
from segments.rules.calendar import edge_name, edges, local_date
from segments.rules.facts import DAY_US, NEVER
from segments.rules.node import Place
from segments.rules.values import instant_us

MAX_DAYS = 3650


class Window(Protocol):
    """The stretch of time in which an event counts."""

    def stay(self, occurred_us: int, zone: str) -> tuple[int, int]:
        """[from, until) in which an event of this time counts; empty (from ≥ until) if it never does."""

    def reach_us(self) -> int | None:
        """How far back from now an event can matter; None = for ever."""

    def is_in(self, occurred: exp.Expression) -> exp.Expression:
        """SQL: whether an event of this time counts now."""

    def is_ahead(self, occurred: exp.Expression) -> exp.Expression:
        """SQL: whether an event of this time does not count yet, but will."""

    def enters(self, occurred: exp.Expression) -> exp.Expression:
        """SQL: of the earliest event that is ahead, when it begins to count, or earlier; NULL for none."""

    def leaves(self, occurred: exp.Expression) -> exp.Expression | None:
        """SQL: when an event of this time, which counts, stops to; None = never; NULL for none."""

    def sentence(self) -> str:
        """The window in words; empty for ever."""


@dataclass(frozen=True, slots=True)
class LastDays:
    """(now − n × 86,400 s, now]."""

    days: int

    def __post_init__(self) -> None:
        if not 1 <= self.days <= MAX_DAYS:
            raise ValueError(f"days must be 1 to {MAX_DAYS}")

    def stay(self, occurred_us: int, zone: str) -> tuple[int, int]:
        return occurred_us, min(occurred_us + self.days * DAY_US, NEVER)

    def reach_us(self) -> int | None:
        return self.days * DAY_US

    def is_in(self, occurred: exp.Expression) -> exp.Expression:
        start = sql.minus(sql.now(), self.days * DAY_US)
        return sql.both([exp.GT(this=occurred, expression=start), _has_come(occurred)])

    def is_ahead(self, occurred: exp.Expression) -> exp.Expression:
        return exp.GT(this=occurred, expression=sql.now())

    def enters(self, occurred: exp.Expression) -> exp.Expression:
        return occurred

    def leaves(self, occurred: exp.Expression) -> exp.Expression:
        return sql.plus(occurred, self.days * DAY_US)

    def sentence(self) -> str:
        return "in the last day" if self.days == 1 else f"in the last {self.days} days"


@dataclass(frozen=True, slots=True)
class Between:
    """[start, end) in absolute time; what happened in it stays counted."""

    start_us: int
    end_us: int

    def __post_init__(self) -> None:
        if self.end_us <= self.start_us:
            raise ValueError("a window ends after it starts")

    def stay(self, occurred_us: int, zone: str) -> tuple[int, int]:
        return (occurred_us, NEVER) if self.start_us <= occurred_us < self.end_us else (NEVER, NEVER)

    def reach_us(self) -> int | None:
        return None

    def is_in(self, occurred: exp.Expression) -> exp.Expression:
        return sql.both([*self._between(occurred), _has_come(occurred)])

    def is_ahead(self, occurred: exp.Expression) -> exp.Expression:
        return sql.both([*self._between(occurred), exp.GT(this=occurred.copy(), expression=sql.now())])

    def enters(self, occurred: exp.Expression) -> exp.Expression:
        return occurred

    def leaves(self, occurred: exp.Expression) -> None:
        return None

    def _between(self, occurred: exp.Expression) -> tuple[exp.Expression, exp.Expression]:
        return (
            exp.GTE(this=occurred, expression=sql.whole(self.start_us)),
            exp.LT(this=occurred.copy(), expression=sql.whole(self.end_us)),
        )

    def sentence(self) -> str:
        return f"from {_words(self.start_us)} until before {_words(self.end_us)}"


@dataclass(frozen=True, slots=True)
class Ever:
    """All time up to now."""

    def stay(self, occurred_us: int, zone: str) -> tuple[int, int]:
        return occurred_us, NEVER

    def reach_us(self) -> int | None:
        return None

    def is_in(self, occurred: exp.Expression) -> exp.Expression:
        return _has_come(occurred)

    def is_ahead(self, occurred: exp.Expression) -> exp.Expression:
        return exp.GT(this=occurred, expression=sql.now())

    def enters(self, occurred: exp.Expression) -> exp.Expression:
        return occurred

    def leaves(self, occurred: exp.Expression) -> None:
        return None

    def sentence(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class OfCalendar:
    """The present day, week, month, quarter or year of the company's calendar, up to now; or the whole one before."""

    name: str

    def __post_init__(self) -> None:
        if self.name not in CALENDAR:
            raise ValueError(f"a calendar window is one of {', '.join(CALENDAR)}")

    def stay(self, occurred_us: int, zone: str) -> tuple[int, int]:
        around = edges(self._unit, local_date(occurred_us, zone), zone)
        return (around.end, around.after) if self._is_past else (occurred_us, around.end)

    def reach_us(self) -> int | None:
        return CALENDAR[self.name].days * DAY_US

    def is_in(self, occurred: exp.Expression) -> exp.Expression:
        if not self._is_past:
            return sql.both([exp.GTE(this=occurred, expression=self._edge("start")), _has_come(occurred)])
        since = exp.GTE(this=occurred, expression=self._edge("before"))
        return sql.both([since, exp.LT(this=occurred.copy(), expression=self._edge("start"))])

    def is_ahead(self, occurred: exp.Expression) -> exp.Expression:
        if not self._is_past:
            return exp.GT(this=occurred, expression=sql.now())
        return exp.GTE(this=occurred, expression=self._edge("start"))

    def enters(self, occurred: exp.Expression) -> exp.Expression:
        return self._next_edge(occurred) if self._is_past else occurred

    def leaves(self, occurred: exp.Expression) -> exp.Expression:
        return self._next_edge(occurred)

    def sentence(self) -> str:
        return CALENDAR[self.name].words

    @property
    def _unit(self) -> str:
        return CALENDAR[self.name].unit

    @property
    def _is_past(self) -> bool:
        return CALENDAR[self.name].is_past

    def _edge(self, edge: str) -> exp.Expression:
        return exp.Placeholder(this=edge_name(self._unit, edge))

    def _next_edge(self, occurred: exp.Expression) -> exp.Expression:
        there_is_one = exp.Not(this=exp.Is(this=occurred, expression=exp.null()))
        return sql.case([(there_is_one, self._edge("end"))], exp.null())


@dataclass(frozen=True, slots=True)
class Named:
    """A calendar window: its unit, whether it is the one before, words, and the most days it reaches back."""

    unit: str
    is_past: bool
    words: str
    days: int


CALENDAR: Mapping[str, Named] = {
    "today": Named("day", False, "today", 2),
    "yesterday": Named("day", True, "yesterday", 3),
    "this_week": Named("week", False, "this week", 8),
    "last_week": Named("week", True, "last week", 15),
    "this_month": Named("month", False, "this month", 32),
    "last_month": Named("month", True, "last month", 63),
    "this_quarter": Named("quarter", False, "this quarter", 93),
    "last_quarter": Named("quarter", True, "last quarter", 185),
    "this_year": Named("year", False, "this year", 367),
    "last_year": Named("year", True, "last year", 733),
}
"""The calendar windows by name."""


def parse_window(raw: object, place: Place) -> Window:
    """The window that `raw` says; None is ever."""
    if raw is None:
        return Ever()
    key = next(iter(raw)) if isinstance(raw, dict) and len(raw) == 1 else ""
    if not isinstance(raw, dict) or key not in WINDOWS:
        place.refuse(f"takes {', '.join(said for said, _ in WINDOWS.values())}; leave it out for ever")
    return WINDOWS[key][1](raw[key], place.at(key))


def days_of(raw: object, place: Place) -> int:
    """A whole number of days."""
    if not isinstance(raw, int) or isinstance(raw, bool) or not 1 <= raw <= MAX_DAYS:
        place.refuse(f"takes a whole number of days from 1 to {MAX_DAYS}")
    return raw


def _last_days(raw: object, place: Place) -> Window:
    return LastDays(days_of(raw, place))


def _of_calendar(raw: object, place: Place) -> Window:
    if not isinstance(raw, str) or raw not in CALENDAR:
        place.refuse(f"takes one of {', '.join(CALENDAR)}")
    return OfCalendar(raw)


def _between(raw: object, place: Place) -> Window:
    if not isinstance(raw, list) or len(raw) != 2:
        place.refuse('takes two instants, as in ["2026-01-01", "2026-02-01T12:00:00Z"]; the end is exclusive')
    start, end = (_instant(each, place.at(i)) for i, each in enumerate(raw))
    if end <= start:
        place.refuse("ends before it starts; give the earlier instant first")
    return Between(start, end)


WINDOWS: Mapping[str, tuple[str, Callable[[object, Place], Window]]] = {
    "days": ('{"days": n}', _last_days),
    "calendar": ('{"calendar": "this_month"}', _of_calendar),
    "between": ('{"between": [from, until]}', _between),
}
"""How a window is written, and its reader, by its key."""


def _has_come(occurred: exp.Expression) -> exp.Expression:
    return exp.LTE(this=occurred.copy(), expression=sql.now())


def _instant(raw: object, place: Place) -> int:
    instant = instant_us(raw)
    if instant is None:
        place.refuse('takes an ISO 8601 date or instant, as in "2026-01-01" or "2026-01-01T08:00:00Z"')
    return instant


def _words(instant: int) -> str:
    moment = datetime.fromtimestamp(instant // 1_000_000, UTC)
    return moment.strftime("%Y-%m-%d" if instant % DAY_US == 0 else "%Y-%m-%d %H:%M UTC")
