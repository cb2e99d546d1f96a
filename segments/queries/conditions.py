"""Conditions for whoever stands below segments and compares as they do: computed traits, by settings."""

from collections.abc import Sequence
from typing import Any

from segments.rules.conditions import Condition
from segments.rules.node import Place
from segments.rules.rule import parse_rule

MOST = 20


def read_conditions(raw: Sequence[Any]) -> tuple[Condition, ...]:
    """The conditions of [{"property", "is", "value"}, …]. Raises RuleError (a ValueError) with the path of a bad one.

    Those that move with time are refused: a window says how far back.
    """
    place = Place(lambda raw, place: parse_rule(raw))
    if not isinstance(raw, list) or len(raw) > MOST:
        place.refuse(f"takes a list of at most {MOST} conditions")
    found = tuple(Condition.parse(each, place.at(index), name_key="property") for index, each in enumerate(raw))
    for index, one in enumerate(found):
        if one.moves_with_time:
            place.at(index).at("is").refuse(f"{one.operator.name} moves with time: use the window of days")
    return found
