"""An event by its name and what its properties meet: what triggers, goals, exits and waits are about. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automation.graph.place import Place
from events.names import canonical_name
from segments.rules import RuleError
from segments.rules.conditions import Condition

MAX_CONDITIONS = 20


@dataclass(frozen=True, slots=True)
class Happening:
    """Events of a canonical name that meet every condition."""

    event: str
    where: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        if not self.event:
            raise ValueError("a happening has an event's name")

    def matches(self, name: str, properties: Mapping[str, Any], now_us: int, zone: str = "") -> bool:
        """Whether a stored event is one of them; `zone`: the company's."""
        return name == self.event and all(each.holds(properties, now_us, zone) for each in self.where)

    def sentence(self) -> str:
        """In words, without an article."""
        return self.event + (" where " + " and ".join(each.sentence() for each in self.where) if self.where else "")


def happening(raw: Mapping[str, Any], place: Place) -> Happening:
    """Of the keys `event` and `where`."""
    name, where = place.text(raw, "event", 'the name of an event, as in "Order Completed"'), raw.get("where", [])
    if not isinstance(where, list) or len(where) > MAX_CONDITIONS:
        place.at("where").refuse(f"takes a list of at most {MAX_CONDITIONS} conditions")
    at = place.at("where")
    return Happening(canonical_name(name), tuple(_condition(each, at.at(n)) for n, each in enumerate(where)))


def _condition(raw: object, place: Place) -> Condition:
    try:
        return Condition.parse(raw, place.of_rules(), name_key="property")
    except RuleError as error:
        place.at_path(error.path).refuse(error.message)
