"""How a spec is written down: a section has people and cases; a case is a rule and the names of its members."""

from dataclasses import dataclass, field, replace
from typing import Any

from segments.rules import PastEvent, PersonFacts
from segments.rules.facts import DAY_US

NOW_US = 1_800_000_000_000_000
"""2027-01-15T08:00:00Z: the present instant of every case."""
ZONE = "Europe/Berlin"
"""The company's time zone in every case."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event so many days ago (negative: in the future); `us_later` moves it by microseconds."""

    name: str
    days_ago: float
    properties: dict[str, Any]
    us_later: int = 0
    channel: str | None = None

    @property
    def occurred_us(self) -> int:
        """Its event time."""
        return NOW_US - round(self.days_ago * DAY_US) + self.us_later


@dataclass(frozen=True, slots=True)
class Someone:
    """A person of a section. `beside`: other fields of PersonFacts."""

    traits: dict[str, Any]
    events: tuple[Happened, ...] = ()
    beside: dict[str, Any] = field(default_factory=dict)

    def facts(self) -> PersonFacts:
        """As the reference sees them. Events have their place for an id: those named later were stored later."""
        events = tuple(
            PastEvent(each.name, each.occurred_us, each.properties, number, each.channel)
            for number, each in enumerate(self.events, 1)
        )
        return PersonFacts(self.traits, events, zone=ZONE, **self.beside)

    def known(self, **beside: Any) -> "Someone":
        """The same person with more facts: orders, computed, kinds, segments, lists, consents, catalog."""
        return replace(self, beside=self.beside | beside)


@dataclass(frozen=True, slots=True)
class Case:
    """A rule and who is in it, by name; `because` says what the case is about."""

    rule: Any
    members: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One subject: `text` explains it on the page."""

    title: str
    text: str
    people: dict[str, Someone]
    cases: tuple[Case, ...]


def did(name: str, days_ago: float, us_later: int = 0, /, **properties: Any) -> Happened:
    """Something that happened."""
    return Happened(name, days_ago, properties, us_later)


def on(channel: str, happened: Happened, /) -> Happened:
    """It happened on this channel."""
    return replace(happened, channel=channel)


def person(*events: Happened, **traits: Any) -> Someone:
    """Somebody with these events and traits."""
    return Someone(traits, events)
