"""Placements: which strategies answer where, under which rules. Pure: a specification, its faults, its defaults.

Stored as rows (`recommendations.models.Placement`, `PlacementRule`), read as these structs and held in process.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, Protocol

import msgspec

from recommendations.contracts import Strategy


class Kind(StrEnum):
    """Where a placement stands; it decides what a request must bring and the defaults of a new one."""

    HOME = "home"
    CATEGORY = "category"
    PRODUCT = "product"
    CART = "cart"
    CONFIRMATION = "confirmation"
    EMAIL = "email"
    SEARCH = "search"
    CUSTOM = "custom"


class Weighted(msgspec.Struct, frozen=True):
    """A strategy and how much it counts beside the others of a blend (weights are made to sum to 1)."""

    strategy: Strategy
    weight: float = 1.0


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """Which products may stand there at all. `price_from`/`price_to` are factors of the price of the product in front
    (of the cart's dearest): 0.5 to 2 keeps half to twice its price. Names of categories match any step of the path."""

    in_stock: bool = True
    owned: Literal["exclude", "only", "any"] = "exclude"
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    price_from: float | None = None
    price_to: float | None = None
    categories: tuple[str, ...] = ()
    not_categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    not_brands: tuple[str, ...] = ()
    same_category: bool = False
    other_category: bool = False


class Caps(msgspec.Struct, frozen=True, kw_only=True):
    """At most so many of one category or brand in an answer; None = any number. Variants of one product: always one."""

    per_category: int | None = None
    per_brand: int | None = None


class Boost(msgspec.Struct, frozen=True):
    """`weight` w multiplies a score by 1 + w × signal, signal in 0..1: margin (of the price), stock (many pieces),
    newness (halved every 30 days), reduced (share off the list price), category or brand (`value`: 1 if it is that)."""

    by: Literal["margin", "stock", "newness", "reduced", "category", "brand"]
    weight: float
    value: str = ""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A pin (`position` from 1, 0 = wherever it falls first) or an exclusion, for a time and for members of a segment.

    Segment rules hold for answers about a whole profile only: a public key learns nothing of anybody's segments.
    """

    action: Literal["pin", "exclude"]
    target: Literal["product", "category", "brand"]
    value: str
    position: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    segment: str = ""

    def holds(self, now: datetime, segments: frozenset[str]) -> bool:
        """Whether it holds at `now` for somebody in `segments`."""
        if self.starts_at is not None and now < self.starts_at:
            return False
        if self.ends_at is not None and now >= self.ends_at:
            return False
        return not self.segment or self.segment in segments


class PlacementSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One placement as serving reads it. `exploration` is the share of places given to new products; `holdout` the
    share of units that get `holdout_shows` instead; `diversity` 0 (by score alone) to 1 (as unlike as can be)."""

    key: str
    name: str = ""
    kind: Kind = Kind.CUSTOM
    title: str = ""
    strategies: tuple[Weighted, ...] = (Weighted(Strategy.FOR_YOU),)
    mode: Literal["blend", "in_turn"] = "blend"
    fallbacks: tuple[Strategy, ...] = (Strategy.POPULAR, Strategy.NEWEST)
    n: int = 8
    filters: Filters = Filters()
    caps: Caps = Caps()
    boosts: tuple[Boost, ...] = ()
    diversity: float = 0.0
    exploration: float = 0.0
    rules: tuple[Rule, ...] = ()
    holdout: float = 0.0
    holdout_shows: Literal["popular", "nothing"] = "popular"

    @property
    def needs_segments(self) -> bool:
        """Whether some rule asks who is in a segment."""
        return any(rule.segment for rule in self.rules)


def experiment_key(placement: str) -> str:
    """The experiment that splits a placement's units."""
    return f"placement-{placement}"


class PlacementRow(Protocol):
    """What is stored of a placement: columns named as the spec's fields, structs as JSON."""

    key: Any
    name: Any
    kind: Any
    title: Any
    strategies: Any
    mode: Any
    fallbacks: Any
    n: Any
    filters: Any
    caps: Any
    boosts: Any
    diversity: Any
    exploration: Any
    holdout: Any
    holdout_shows: Any


class RuleRow(Protocol):
    """What is stored of a rule."""

    action: Any
    target: Any
    value: Any
    position: Any
    starts_at: Any
    ends_at: Any
    segment: Any


COLUMNS = tuple(name for name in PlacementSpec.__struct_fields__ if name != "rules")
RULE_COLUMNS = Rule.__struct_fields__


def spec_from_row(row: PlacementRow, rules: Iterable[Rule] = ()) -> PlacementSpec:
    """The spec that a row stores. Raises msgspec.ValidationError, whose message names the column."""
    stored = {name: getattr(row, name) for name in COLUMNS}
    spec = msgspec.convert(stored, PlacementSpec)
    return msgspec.structs.replace(spec, rules=tuple(rules))


def rule_from_row(row: RuleRow) -> Rule:
    """The rule that a row stores. Raises msgspec.ValidationError."""
    return msgspec.convert({name: getattr(row, name) for name in RULE_COLUMNS}, Rule)


def stored(spec: PlacementSpec) -> dict[str, Any]:
    """Column → value, as `spec_from_row` reads it; rules are rows of their own."""
    plain = msgspec.to_builtins(spec)
    return {name: plain[name] for name in COLUMNS}
