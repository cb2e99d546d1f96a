"""What lets people into a journey: one frozen class a kind of trigger, by its word in `TRIGGERS`. Pure.

When each comes true is decided in `automation.triggers`; here is only what a journey says of it.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any, ClassVar, Self

from automation.graph import moments
from automation.graph.happening import Happening, happening
from automation.graph.place import Place

STAGES = ("placed", "shipped", "delivered", "cancelled", "refunded")
MAX_IDLE_MINUTES = 30 * 1_440
MAX_AGE_HOURS = 365 * 24
WITHIN_DAYS = 30


class Trigger(ABC):
    """`on` is its word in the JSON."""

    on: ClassVar[str]

    @classmethod
    @abstractmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        """The trigger that `raw` says; raises GraphError."""

    @abstractmethod
    def sentence(self) -> str:
        """In words, after "Starts when"."""


@dataclass(frozen=True, slots=True)
class CartAbandoned(Trigger):
    """Somebody left a cart with something in it for `idle`; carts idle for longer than `max_age` are let be."""

    on: ClassVar[str] = "cart_abandoned"
    idle: timedelta
    max_age: timedelta

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("on", "idle_minutes", "max_age_hours"))
        return cls(*_idle(raw, place, 60))

    def sentence(self) -> str:
        return f"a cart was left for {moments.said(self.idle)}"


@dataclass(frozen=True, slots=True)
class BrowseAbandoned(Trigger):
    """Somebody looked at products, put nothing into a cart, and was away for `idle`."""

    on: ClassVar[str] = "browse_abandoned"
    idle: timedelta
    max_age: timedelta

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("on", "idle_minutes", "max_age_hours"))
        return cls(*_idle(raw, place, 120))

    def sentence(self) -> str:
        return f"somebody looked at products, put none into a cart, and was away for {moments.said(self.idle)}"


@dataclass(frozen=True, slots=True)
class OnEvent(Trigger):
    """An event of theirs was stored."""

    on: ClassVar[str] = "event"
    what: Happening

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("on", "event", "where"))
        return cls(happening(raw, place))

    def sentence(self) -> str:
        return f"this happens: {self.what.sentence()}"


@dataclass(frozen=True, slots=True)
class SegmentEntered(Trigger):
    """Somebody came into a segment."""

    on: ClassVar[str] = "segment_entered"
    segment: str

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("on", "segment"))
        return cls(place.slug(raw, "segment", "a segment"))

    def sentence(self) -> str:
        return f"somebody enters the segment “{self.segment}”"


@dataclass(frozen=True, slots=True)
class SegmentLeft(Trigger):
    """Somebody left a segment."""

    on: ClassVar[str] = "segment_left"
    segment: str

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("on", "segment"))
        return cls(place.slug(raw, "segment", "a segment"))

    def sentence(self) -> str:
        return f"somebody leaves the segment “{self.segment}”"


@dataclass(frozen=True, slots=True)
class OrderStage(Trigger):
    """An order of theirs reached a stage."""

    on: ClassVar[str] = "order_stage"
    stage: str

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("on", "stage"))
        return cls(place.choice(raw, "stage", STAGES))

    def sentence(self) -> str:
        return f"an order is {self.stage}"


@dataclass(frozen=True, slots=True)
class BackInStock(Trigger):
    """A product they wanted can be bought again."""

    on: ClassVar[str] = "back_in_stock"
    within_days: int = WITHIN_DAYS

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("on", "within_days"))
        return cls(place.whole(raw, "within_days", 1, 365, WITHIN_DAYS))

    def sentence(self) -> str:
        return f"a product is back in stock that they looked at in the last {self.within_days} days"


@dataclass(frozen=True, slots=True)
class PriceDrop(Trigger):
    """A product they wanted costs less."""

    on: ClassVar[str] = "price_drop"
    min_percent: int = 5
    within_days: int = WITHIN_DAYS

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("on", "min_percent", "within_days"))
        return cls(place.whole(raw, "min_percent", 1, 99, 5), place.whole(raw, "within_days", 1, 365, WITHIN_DAYS))

    def sentence(self) -> str:
        return (
            f"a product costs at least {self.min_percent} % less that they looked at in the last "
            f"{self.within_days} days"
        )


@dataclass(frozen=True, slots=True)
class DateTrait(Trigger):
    """The day in one of their traits (or its anniversary), or some days before it, at a time of their own zone."""

    on: ClassVar[str] = "date_trait"
    trait: str
    annual: bool
    days_before: int
    at: time

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("on", "trait", "annual", "days_before", "at"))
        annual = raw.get("annual", True)
        if not isinstance(annual, bool):
            place.at("annual").refuse("takes true (every year) or false (once)")
        trait = place.text(raw, "trait", "the name of a trait that holds a date")
        return cls(trait, annual, place.whole(raw, "days_before", 0, 364, 0), moments.clock(raw, "at", place, "09:00"))

    def sentence(self) -> str:
        day = f"{self.trait} comes round" if self.annual else f"the day in {self.trait} comes"
        before = f", {self.days_before} day{'' if self.days_before == 1 else 's'} before" if self.days_before else ""
        return f"{day}{before}, at {self.at:%H:%M} where they live"


@dataclass(frozen=True, slots=True)
class Schedule(Trigger):
    """Everybody in a segment, again and again. `weekday` 1 = Monday counts for weeks, `day` for months."""

    on: ClassVar[str] = "schedule"
    segment: str
    every: str
    weekday: int
    day: int
    at: time

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("on", "segment", "every", "weekday", "day", "at"))
        return cls(
            place.slug(raw, "segment", "a segment"),
            place.choice(raw, "every", ("day", "week", "month")),
            place.whole(raw, "weekday", 1, 7, 1),
            place.whole(raw, "day", 1, 28, 1),
            moments.clock(raw, "at", place, "09:00"),
        )

    def sentence(self) -> str:
        when = {
            "day": "every day",
            "week": f"every {moments.WEEKDAYS[self.weekday - 1]}",
            "month": f"on day {self.day} of every month",
        }
        return f"the clock shows {self.at:%H:%M} {when[self.every]}, for everybody in the segment “{self.segment}”"


@dataclass(frozen=True, slots=True)
class ByApi(Trigger):
    """A program of yours asks for it."""

    on: ClassVar[str] = "api"

    @classmethod
    def parse(cls, raw: Mapping[str, Any], place: Place) -> Self:
        place.only(raw, ("on",))
        return cls()

    def sentence(self) -> str:
        return "a program asks for it over the API"


TRIGGERS: Mapping[str, type[Trigger]] = {
    kind.on: kind
    for kind in (
        CartAbandoned,
        BrowseAbandoned,
        OnEvent,
        SegmentEntered,
        SegmentLeft,
        OrderStage,
        BackInStock,
        PriceDrop,
        DateTrait,
        Schedule,
        ByApi,
    )
}


def parse_trigger(raw: object, place: Place) -> Trigger:
    """The trigger that a piece of JSON says."""
    given = place.fields(raw, 'a trigger, as in {"on": "cart_abandoned", "idle_minutes": 60}')
    return TRIGGERS[place.choice(given, "on", list(TRIGGERS))].parse(given, place)


def _idle(raw: Mapping[str, Any], place: Place, minutes: int) -> tuple[timedelta, timedelta]:
    idle = timedelta(minutes=place.whole(raw, "idle_minutes", 1, MAX_IDLE_MINUTES, minutes))
    max_age = timedelta(hours=place.whole(raw, "max_age_hours", 1, MAX_AGE_HOURS, 72))
    if max_age <= idle:
        place.at("max_age_hours").refuse(f"takes more than the {moments.said(idle)} they are left idle")
    return idle, max_age
