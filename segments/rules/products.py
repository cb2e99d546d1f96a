"""Which products a clause is about: their ids, and what the present catalog says of them. Pure.

A product is known by its id, compared as any value is: text exactly, numbers as numbers ("7.0" is 7). Its *key* is
that value as text, and what has no key is no product. One that is not in the catalog meets no condition on the catalog.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from sqlglot import exp

from lake.bags import digits_expression, plain_digits
from lake.contracts import Facet
from segments.rules import sql
from segments.rules.conditions import MAX_VALUES, OPERATORS, Condition
from segments.rules.facts import PersonFacts
from segments.rules.node import Mentions, Place
from segments.rules.scope import CATALOG, Scope, See
from segments.rules.values import Scalar, comparable, said

IDS, ATTRIBUTE = "product_id", "attribute"
SHELVES = ("category", "brand")
"""What the catalog says of every product, beside its attributes."""
KEYS = (IDS, *SHELVES, ATTRIBUTE)
MAX_ATTRIBUTES = 10
FACETS_OF_IDS = (Facet.TEXT, Facet.NUMBER)
PLAIN_NUMBER = r"^-?[0-9]{1,12}([.][0-9]+)?$"
"""What `cdp.lib.values` reads as a number, for engines."""


@dataclass(frozen=True, slots=True)
class Products:
    """Products of these keys (none: of any) that meet all conditions on their entry in the catalog."""

    ids: tuple[str, ...]
    conditions: tuple[Condition, ...]

    def __post_init__(self) -> None:
        if any(condition.moves_with_time for condition in self.conditions):
            raise ValueError("what the catalog says does not move with time")

    @classmethod
    def parse(cls, raw: object, place: Place) -> Self:
        if not isinstance(raw, dict):
            place.refuse('takes which products, as in {"category": ["Shoes"]}; {} is any product')
        place.only(raw, KEYS)
        ids = _texts(raw[IDS], place.at(IDS)) if IDS in raw else ()
        on_shelves = [_on_shelf(name, raw[name], place.at(name)) for name in SHELVES if name in raw]
        attributes = _attributes(raw[ATTRIBUTE], place.at(ATTRIBUTE)) if ATTRIBUTE in raw else ()
        keys = dict.fromkeys(key for each in ids if (key := product_key(each)) is not None)
        return cls(tuple(keys), (*on_shelves, *attributes))

    def has(self, product_id: object, facts: PersonFacts) -> bool:
        """Whether the product of this id is one of them."""
        key = product_key(product_id)
        if key is None or (self.ids and key not in self.ids):
            return False
        if not self.conditions:
            return True
        entry = facts.catalog.get(key)
        if entry is None:
            return False
        told = {**entry.attributes, "category": entry.category or None, "brand": entry.brand or None}
        return all(condition.holds(told, 0) for condition in self.conditions)

    def has_sql(self, key: exp.Expression, scope: Scope) -> exp.Expression:
        """SQL for WHERE: whether the product of this key (see `written_key`, `told_key`) is one of them."""
        parts = [exp.Not(this=exp.Is(this=key, expression=exp.null())), self.has_id_sql(key.copy())]
        if self.conditions:
            listed = exp.select("product_key").from_(scope.read(CATALOG))
            listed = listed.where(*(condition.compile(scope.product(condition.name)) for condition in self.conditions))
            parts.append(exp.In(this=key.copy(), query=listed.subquery()))
        return sql.both(parts)

    def is_told_sql(self, see: See) -> exp.Expression:
        """SQL: whether an id among an event's properties is one of those named, or any where none is; never NULL."""
        kinds = [exp.NEQ(this=see(Facet.TEXT), expression=sql.text("")), sql.is_known(see(Facet.NUMBER))]
        if self.ids:
            values = [value for each in self.ids if (value := comparable(each)) is not None]
            by_facet = {facet: [each for each in values if sql.facet_of(each) is facet] for facet in FACETS_OF_IDS}
            kinds = [
                exp.In(this=see(facet), expressions=[sql.literal(each) for each in found])
                for facet, found in by_facet.items()
                if found
            ]
        return sql.either([sql.known(each) for each in kinds])

    def has_id_sql(self, key: exp.Expression) -> exp.Expression:
        """SQL: whether the key is one of those named; true where none is."""
        return exp.In(this=key, expressions=[sql.text(each) for each in self.ids]) if self.ids else exp.true()

    def sentence(self) -> str:
        """Which products, in words."""
        named = [] if not self.ids else [f"product {_or(self.ids)}"]
        shelves = [f"of {each.name} {_or(each.operand)}" for each in self.conditions if each.name in SHELVES]
        attributes = [f"whose {each.sentence()}" for each in self.conditions if each.name not in SHELVES]
        words = [*(named or ["a product"]), *shelves]
        return " ".join(words) + (f" {' and '.join(attributes)}" if attributes else "")

    def mentions(self) -> Mentions:
        """That it looks at the catalog, and at which attributes."""
        attributes = frozenset(each.name for each in self.conditions if each.name not in SHELVES)
        return Mentions(catalog=bool(self.conditions), attributes=attributes)


def product_key(product_id: object) -> str | None:
    """What a product is known by: its id, a number as plain digits; None for what names no product."""
    found = comparable(product_id)
    if isinstance(found, Decimal):
        return plain_digits(found)
    return found or None if isinstance(found, str) else None


def told_key(see: See) -> exp.Expression:
    """SQL: the key of an id among an event's properties; NULL where there is none."""
    as_text = exp.Nullif(this=see(Facet.TEXT), expression=sql.text(""))
    return exp.Coalesce(this=as_text, expressions=[digits_expression(see(Facet.NUMBER))])


def written_key(column: exp.Expression) -> exp.Expression:
    """SQL: the key of an id in a column of text; NULL where it is empty."""
    is_number = exp.RegexpLike(this=column, expression=sql.text(PLAIN_NUMBER))
    number = exp.TryCast(this=column.copy(), to=exp.DataType.build("decimal(18, 6)"))
    as_text = exp.Nullif(this=column.copy(), expression=sql.text(""))
    return sql.case([(is_number, digits_expression(number))], as_text)


def _texts(raw: object, place: Place) -> tuple[str, ...]:
    if not isinstance(raw, list) or not 1 <= len(raw) <= MAX_VALUES:
        place.refuse(f"takes a list of 1 to {MAX_VALUES} texts")
    for index, each in enumerate(raw):
        if isinstance(each, bool) or not isinstance(each, str | int | float | Decimal) or not str(each).strip():
            place.at(index).refuse("takes a text")
    return tuple(str(each) for each in raw)


def _on_shelf(name: str, raw: object, place: Place) -> Condition:
    values = tuple(value for each in _texts(raw, place) if (value := comparable(each)) is not None)
    return Condition(name, OPERATORS["in"], values)


def _attributes(raw: object, place: Place) -> tuple[Condition, ...]:
    """One condition, or a list of them."""
    found = raw if isinstance(raw, list) else [raw]
    if not 1 <= len(found) <= MAX_ATTRIBUTES:
        place.refuse(f"takes 1 to {MAX_ATTRIBUTES} conditions")
    places = [place.at(index) for index in range(len(found))] if isinstance(raw, list) else [place]
    return tuple(_attribute(each, at) for each, at in zip(found, places, strict=True))


def _attribute(raw: object, place: Place) -> Condition:
    if not isinstance(raw, dict):
        place.refuse('takes a condition on an attribute, as in {"name": "color", "is": "in", "value": ["red"]}')
    condition = Condition.parse(raw, place, name_key="name")
    if condition.name in SHELVES:
        place.at("name").refuse(f'ask for it as {{"{condition.name}": ["…"]}}')
    if condition.moves_with_time:
        place.at("is").refuse(f"{condition.operator.name} does not fit an attribute: it would change with the clock")
    return condition


def _or(values: Sequence[Scalar]) -> str:
    words = [said(each) for each in values]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
