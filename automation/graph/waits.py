"""Steps that wait: for a while, until a local time, for an event. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, ClassVar, Self

from automation.graph import moments
from automation.graph.happening import Happening, happening
from automation.graph.place import Place
from automation.graph.step import Arm, Sequences, Step

THEN, TIMEOUT = "then", "timeout"
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wait(Step):
    """For a duration."""

    do: ClassVar[str] = "wait"
    takes: ClassVar[Sequence[str]] = ("for",)
    length: timedelta

    @classmethod
    def parse(cls, node: str, raw: Mapping[str, Any], place: Place, sequence: Sequences) -> Self:
        return cls(node, place.path, moments.duration(raw.get("for"), place.at("for")))

    def sentence(self) -> str:
        return f"Wait {moments.said(self.length)}"


@dataclass(frozen=True, slots=True)
class WaitUntil(Step):
    """Until the person's clock shows a time, on certain weekdays (1 = Monday)."""

    do: ClassVar[str] = "wait_until"
    takes: ClassVar[Sequence[str]] = ("at", "weekdays")
    at: time
    weekdays: tuple[int, ...]

    @classmethod
    def parse(cls, node: str, raw: Mapping[str, Any], place: Place, sequence: Sequences) -> Self:
        return cls(node, place.path, moments.clock(raw, "at", place), moments.weekdays(raw, "weekdays", place))

    def instant(self, now: datetime, zone: tzinfo) -> datetime:
        """The first such instant at or after now, in UTC.

        A time that a clock change leaves out is taken an hour later, as the clock then shows; of one that comes twice
        the first that is not over is taken.
        """
        day = now.astimezone(zone).date()
        for ahead in range(9):
            local = datetime.combine(day + ahead * ONE_DAY, self.at, zone)
            if local.isoweekday() not in self.weekdays:
                continue
            for fold in (0, 1):
                found = local.replace(fold=fold).astimezone(UTC)
                if found >= now:
                    return found
        raise AssertionError("a week has every weekday")

    def sentence(self) -> str:
        days = moments.said_days(self.weekdays)
        return f"Wait until {self.at:%H:%M} where they live" + (f", {days}" if days else "")


@dataclass(frozen=True, slots=True)
class WaitFor(Step):
    """Until an event of theirs, at most for `timeout`."""

    do: ClassVar[str] = "wait_for"
    takes: ClassVar[Sequence[str]] = ("event", "where", "timeout", "then", "else")
    what: Happening
    timeout: timedelta
    then: tuple[Step, ...]
    otherwise: tuple[Step, ...]

    @classmethod
    def parse(cls, node: str, raw: Mapping[str, Any], place: Place, sequence: Sequences) -> Self:
        return cls(
            node,
            place.path,
            happening(raw, place),
            moments.duration(raw.get("timeout"), place.at("timeout")),
            sequence(raw.get("then", []), place.at("then")),
            sequence(raw.get("else", []), place.at("else")),
        )

    def sentence(self) -> str:
        return f"Wait for {self.what.sentence()}, at most {moments.said(self.timeout)}"

    def arms(self) -> tuple[Arm, ...]:
        length = moments.said(self.timeout)
        return (Arm(THEN, "it happened", self.then), Arm(TIMEOUT, f"not within {length}", self.otherwise))
