"""Comparisons: what can be looked at, by which operators, and whether one holds. Pure.

The answer is true, false, or None where it cannot be known: a context that does not say the country, or a segment that
a browser with a public key may not be asked about. Only true matches, and `not` of None is None.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from decisions.definition.nodes import Condition, Group
from decisions.definition.reading import Place

TEXT, NUMBER, SET, TRUTH, SEGMENT, RULE = "text", "number", "set", "truth", "segment", "rule"
SUBJECTS: Mapping[str, tuple[str, str]] = {
    "context.channel": (TEXT, "Channel"),
    "context.country": (TEXT, "Country"),
    "context.locale": (TEXT, "Language"),
    "context.device": (TEXT, "Device"),
    "context.page": (TEXT, "Page"),
    "context.product_id": (TEXT, "Product in front"),
    "context.category": (TEXT, "Category"),
    "cart.subtotal": (NUMBER, "Cart subtotal"),
    "cart.quantity": (NUMBER, "Pieces in the cart"),
    "cart.currency": (TEXT, "Cart currency"),
    "cart.products": (SET, "Products in the cart"),
    "cart.categories": (SET, "Categories in the cart"),
    "cart.brands": (SET, "Brands in the cart"),
    "person.segment": (SEGMENT, "Segment"),
    "person.rule": (RULE, "Rule on the person"),
    "person.known": (TRUTH, "Person is known"),
    "time.hour": (NUMBER, "Hour of the day"),
    "time.weekday": (TEXT, "Day of the week"),
}
"""What can be looked at: its type and its name. Any other context.… is a text, a number or a truth value."""
OPERATORS: Mapping[str, tuple[str, ...]] = {
    TEXT: ("eq", "ne", "in", "not_in", "starts_with", "contains", "is_known"),
    NUMBER: ("eq", "ne", "gt", "gte", "lt", "lte", "between", "in", "not_in", "is_known"),
    SET: ("contains_any", "contains_all", "contains_none"),
    TRUTH: ("eq",),
    SEGMENT: ("member", "not_member"),
    RULE: ("holds", "not_holds"),
}
CONTEXT_NAME = re.compile(r"context\.[a-z][a-z0-9_]{0,39}")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_VALUES = 500
LISTS = ("in", "not_in", "contains_any", "contains_all", "contains_none")


@dataclass(frozen=True, slots=True)
class CartFacts:
    """What conditions ask of a cart; texts folded."""

    subtotal: Decimal = Decimal(0)
    quantity: Decimal = Decimal(0)
    currency: str = ""
    products: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions are asked about. `context`: texts folded; `held`: slugs of segments and attached rules they are
    in; `askable`: slugs that may be asked about at all, None for every one."""

    context: Mapping[str, str | Decimal | bool] = field(default_factory=dict)
    cart: CartFacts | None = None
    held: frozenset[str] = frozenset()
    askable: frozenset[str] | None = None
    is_known: bool = False
    hour: int = 0
    weekday: str = "mon"
    attached: Mapping[str, str] = field(default_factory=dict)


def holds(clause: Condition | Group, facts: Facts) -> bool | None:
    """Whether it holds; None where that cannot be known."""
    if isinstance(clause, Condition):
        return _compared(clause, facts)
    answers = [holds(part, facts) for part in clause.parts]
    if clause.how == "not":
        return None if answers[0] is None else not answers[0]
    decisive = clause.how == "any"
    if decisive in answers:
        return decisive
    return None if None in answers else not decisive


def type_of(on: str) -> str | None:
    """The type of what is looked at; "" for what the context alone says; None where there is no such thing."""
    if on in SUBJECTS:
        return SUBJECTS[on][0]
    return "" if CONTEXT_NAME.fullmatch(on) else None


def parse_condition(on: str, op: object, value: object, place: Place) -> Condition | None:
    """The condition; None with a fault noted where there is none."""
    kind = type_of(on)
    if kind is None:
        place.fault("unknown_input", f"cannot look at {on!r}; there are {', '.join(SUBJECTS)} and context.<name>")
        return None
    operators = OPERATORS[kind] if kind else (*OPERATORS[TEXT], "gt", "gte", "lt", "lte", "between")
    if op not in operators:
        place.at("is").fault("unknown_operator", f"{on} takes {', '.join(operators)}")
        return None
    if kind == RULE:
        return Condition(on, str(op), value)
    given = _value(kind, str(op), value, place.at("value"))
    return None if given is None else Condition(on, str(op), given)


def folded(value: object) -> str | Decimal | bool | None:
    """A value of a request as it is compared; None for what cannot be."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.strip().casefold()
    if isinstance(value, int | float | Decimal):
        return Decimal(str(value))
    return None


def _value(kind: str, op: str, value: object, place: Place) -> Any:
    if op == "is_known":
        return place.truth(value if value is not None else True)
    if kind == TRUTH:
        return place.truth(value)
    if kind == SEGMENT:
        return _slugs(value, place)
    if op == "between":
        ends = [_number(one, place) for one in place.items(value, 2, "numbers", least=2)]
        if len(ends) == 2 and None not in ends and ends[1] < ends[0]:  # type: ignore[operator]  # none is None
            place.fault("empty_range", "ends before it begins: give the smaller number first")
        return None if len(ends) < 2 or None in ends else tuple(ends)
    if op in LISTS:
        found = [_scalar(kind, one, place.at(i)) for i, one in enumerate(place.items(value, MOST_VALUES, "values"))]
        return frozenset(one for one in found if one is not None)
    if op in ("gt", "gte", "lt", "lte"):
        return _number(value, place)
    return _scalar(kind, value, place)


def _slugs(value: object, place: Place) -> tuple[str, ...] | None:
    slugs = [value] if isinstance(value, str) else value
    if not isinstance(slugs, list) or not slugs or not all(isinstance(one, str) and one for one in slugs):
        place.fault("not_a_segment", "takes the slug of a segment, or a list of slugs")
        return None
    return tuple(slugs)


def _scalar(kind: str, value: object, place: Place) -> str | Decimal | bool | None:
    if kind == NUMBER:
        return _number(value, place)
    if kind in (TEXT, SET):
        text = place.text(value, "a value")
        return text.casefold() or None
    found = folded(value)
    if found is None or found == "":
        place.fault("not_a_value", "takes a text, a number, true or false")
        return None
    return found


def _number(value: object, place: Place) -> Decimal | None:
    found = number(value)
    if found is None:
        place.fault("not_a_number", "takes a number, such as 50 or 19.90")
    return found


def number(value: object) -> Decimal | None:
    """A finite number as Decimal; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _compared(one: Condition, facts: Facts) -> bool | None:
    if one.on == "person.segment":
        return _in_segments(one, facts)
    if one.on == "person.rule":
        return _by_rule(one, facts)
    return compare(one.op, one.value, _actual(one.on, facts))


def compare(op: str, wanted: Any, actual: Any) -> bool | None:
    """One comparison of a value; None where there is no value, or one of another type."""
    if op == "is_known":
        return (actual is not None and actual != "") is wanted
    if actual is None or actual == "":
        return None
    try:
        return bool(COMPARE[op](actual, wanted))
    except (TypeError, InvalidOperation):
        return None


COMPARE: Mapping[str, Any] = {
    "eq": lambda actual, wanted: actual == wanted,
    "ne": lambda actual, wanted: actual != wanted,
    "in": lambda actual, wanted: actual in wanted,
    "not_in": lambda actual, wanted: actual not in wanted,
    "starts_with": lambda actual, wanted: str(actual).startswith(wanted),
    "contains": lambda actual, wanted: wanted in actual,
    "gt": lambda actual, wanted: Decimal(actual) > wanted,
    "gte": lambda actual, wanted: Decimal(actual) >= wanted,
    "lt": lambda actual, wanted: Decimal(actual) < wanted,
    "lte": lambda actual, wanted: Decimal(actual) <= wanted,
    "between": lambda actual, wanted: wanted[0] <= Decimal(actual) <= wanted[1],
    "contains_any": lambda actual, wanted: not actual.isdisjoint(wanted),
    "contains_all": lambda actual, wanted: wanted <= actual,
    "contains_none": lambda actual, wanted: actual.isdisjoint(wanted),
}


def _in_segments(one: Condition, facts: Facts) -> bool | None:
    answers = [_is_held(slug, facts) for slug in one.value]
    found = True if True in answers else None if None in answers else False
    return found if one.op == "member" or found is None else not found


def _by_rule(one: Condition, facts: Facts) -> bool | None:
    slug = facts.attached.get(one.value)
    found = None if slug is None else _is_held(slug, facts)
    return found if one.op == "holds" or found is None else not found


def _is_held(slug: str, facts: Facts) -> bool | None:
    if facts.askable is not None and slug not in facts.askable:
        return None
    return slug in facts.held


def _actual(on: str, facts: Facts) -> Any:
    if on.startswith("context."):
        return facts.context.get(on[8:])
    if on.startswith("cart."):
        return None if facts.cart is None else getattr(facts.cart, on[5:])
    if on == "person.known":
        return facts.is_known
    return Decimal(facts.hour) if on == "time.hour" else facts.weekday
