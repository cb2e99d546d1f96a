"""When: within the last n days, between two instants, or ever: from when until when an event counts."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from sqlglot import exp

from segments.rules import sql
from segments.rules.facts import DAY_US, NEVER
from segments.rules.node import Place
from segments.rules.values import instant_us

MAX_DAYS = 3650


class Window(Protocol):
    """The stretch of time in which an event counts."""

    def stay(self, occurred_us: int) -> tuple[int, int]:
        """[from, until) in which an event of this time counts; empty (from ≥ until) if it never does."""

    def reach_us(self) -> int | None:
        """How far back from now an event can matter; None = for ever."""

    def is_in(self, occurred: exp.Expression) -> exp.Expression:
        """SQL: whether an event of this time counts now."""

    def is_ahead(self, occurred: exp.Expression) -> exp.Expression:
        """SQL: whether an event of this time lies in the future and will count when it comes."""

    def leaves(self, occurred: exp.Expression) -> exp.Expression | None:
        """SQL: when an event of this time stops counting; None = never."""

    def sentence(self) -> str:
        """The window in words; empty for ever."""


@dataclass(frozen=True, slots=True)
class LastDays:
    """(now − n × 86,400 s, now]."""

    days: int

    def __post_init__(self) -> None:
        if not 1 <= self.days <= MAX_DAYS:
            raise ValueError(f"days must be 1 to {MAX_DAYS}")

    def stay(self, occurred_us: int) -> tuple[int, int]:
        return occurred_us, min(occurred_us + self.days * DAY_US, NEVER)

    def reach_us(self) -> int | None:
        return self.days * DAY_US

    def is_in(self, occurred: exp.Expression) -> exp.Expression:
        start = sql.minus(sql.now(), self.days * DAY_US)
        return sql.both([exp.GT(this=occurred, expression=start), _has_come(occurred)])

    def is_ahead(self, occurred: exp.Expression) -> exp.Expression:
        return exp.GT(this=occurred, expression=sql.now())

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

    def stay(self, occurred_us: int) -> tuple[int, int]:
        return (occurred_us, NEVER) if self.start_us <= occurred_us < self.end_us else (NEVER, NEVER)

    def reach_us(self) -> int | None:
        return None

    def is_in(self, occurred: exp.Expression) -> exp.Expression:
        return sql.both([*self._between(occurred), _has_come(occurred)])

    def is_ahead(self, occurred: exp.Expression) -> exp.Expression:
        return sql.both([*self._between(occurred), exp.GT(this=occurred.copy(), expression=sql.now())])

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

    def stay(self, occurred_us: int) -> tuple[int, int]:
        return occurred_us, NEVER

    def reach_us(self) -> int | None:
        return None

    def is_in(self, occurred: exp.Expression) -> exp.Expression:
        return _has_come(occurred)

    def is_ahead(self, occurred: exp.Expression) -> exp.Expression:
        return exp.GT(this=occurred, expression=sql.now())

    def leaves(self, occurred: exp.Expression) -> None:
        return None

    def sentence(self) -> str:
        return ""


def parse_window(raw: object, place: Place) -> Window:
    """The window that `raw` says; None is ever."""
    if raw is None:
        return Ever()
    if not isinstance(raw, dict) or len(raw) != 1 or next(iter(raw)) not in {"days", "between"}:
        place.refuse('takes {"days": n} or {"between": [from, until]}; leave it out for ever')
    if "days" in raw:
        return LastDays(days_of(raw["days"], place.at("days")))
    bounds, here = raw["between"], place.at("between")
    if not isinstance(bounds, list) or len(bounds) != 2:
        here.refuse('takes two instants, as in ["2026-01-01", "2026-02-01T12:00:00Z"]; the end is exclusive')
    start, end = (_instant(each, here.at(i)) for i, each in enumerate(bounds))
    if end <= start:
        here.refuse("ends before it starts; give the earlier instant first")
    return Between(start, end)


def days_of(raw: object, place: Place) -> int:
    """A whole number of days."""
    if not isinstance(raw, int) or isinstance(raw, bool) or not 1 <= raw <= MAX_DAYS:
        place.refuse(f"takes a whole number of days from 1 to {MAX_DAYS}")
    return raw


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
