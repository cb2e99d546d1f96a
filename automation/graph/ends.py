"""What ends a journey before its last step: its goal, and rules and events that make it pointless. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from automation.graph.happening import Happening, happening
from automation.graph.place import Place
from segments.rules import Node

MAX_EXITS = 10


@dataclass(frozen=True, slots=True)
class Goal:
    """What the journey is for: an event within so long after they entered."""

    what: Happening
    within: timedelta

    def sentence(self) -> str:
        """In words."""
        return f"Goal: {self.what.sentence()} within {self.within.days} day{'' if self.within.days == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Leaving:
    """Looked at before every step: an event since they entered, or a rule that holds now. Exactly one is given."""

    label: str
    what: Happening | None = None
    rule: Node | None = None

    def __post_init__(self) -> None:
        if (self.what is None) is (self.rule is None):
            raise ValueError("an exit is an event or a rule")

    def sentence(self) -> str:
        """In words."""
        said = self.what.sentence() if self.what is not None else self.rule.sentence() if self.rule is not None else ""
        return f"Ends early: {self.label}" if self.label else f"Ends early when: {said}"


def parse_goal(raw: object, place: Place) -> Goal | None:
    """The goal, or None for null."""
    if raw is None:
        return None
    given = place.fields(raw, 'a goal, as in {"event": "Order Completed", "within_days": 7}, or null')
    place.only(given, ("event", "where", "within_days"))
    return Goal(happening(given, place), timedelta(days=place.whole(given, "within_days", 1, 365, 7)))


def parse_exits(raw: object, place: Place) -> tuple[Leaving, ...]:
    """The exits, at most ten."""
    if not isinstance(raw, list) or len(raw) > MAX_EXITS:
        place.refuse(f"takes a list of at most {MAX_EXITS} exits")
    return tuple(_leaving(place.at(n).fields(one, "an exit"), place.at(n)) for n, one in enumerate(raw))


def _leaving(raw: Mapping[str, Any], place: Place) -> Leaving:
    place.only(raw, ("rule", "event", "where", "label"))
    label = place.words(raw, "label", most=100)
    if ("rule" in raw) is ("event" in raw):
        place.refuse("takes either a rule or an event")
    if "rule" in raw:
        return Leaving(label, rule=place.at("rule").rule(raw["rule"]))
    return Leaving(label, what=happening(raw, place))
