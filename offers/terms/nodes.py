"""What terms are made of. Amounts are Decimal in `Terms.currency`; None and empty mean: no limit, whichever."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What the customer gets."""

    PERCENT = "percent"
    AMOUNT = "amount"
    FREE_SHIPPING = "free_shipping"
    GIFT = "gift"
    BUNDLE = "bundle"
    POINTS = "points"


class Units(StrEnum):
    """Which pieces count first where not all of them do."""

    CHEAPEST = "cheapest"
    DEAREST = "dearest"


class With(StrEnum):
    """What an offer may be combined with."""

    ALL = "all"
    NONE = "none"
    OTHER_GROUPS = "other_groups"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which lines of a cart. A line is in it where every list that is not empty names it, and no exclusion does.
    Categories and brands are compared in lower case; a category stands for those below it too."""

    product_ids: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    exclude_product_ids: frozenset[str] = frozenset()
    exclude_categories: frozenset[str] = frozenset()
    exclude_brands: frozenset[str] = frozenset()
    exclude_reduced: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole cart."""
        named = self.product_ids or self.categories or self.brands or self.exclude_reduced
        return not (named or self.exclude_product_ids or self.exclude_categories or self.exclude_brands)


WHOLE = Scope()


@dataclass(frozen=True, slots=True)
class Gift:
    """What is given with the cart."""

    product_id: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class BundlePart:
    """So many pieces of what a scope names. `percent`: off the pieces that are got."""

    scope: Scope
    quantity: int
    percent: Decimal = Decimal(100)


@dataclass(frozen=True, slots=True)
class Bundle:
    """Buy so many and get some for less (`get`), or so many for one price (`price`); at most so many times a cart."""

    buy: BundlePart
    get: BundlePart | None = None
    price: Decimal | None = None
    most_times: int | None = None


@dataclass(frozen=True, slots=True)
class Points:
    """So many points for every full `per` that is paid; or `fixed` ones a cart."""

    per: Decimal | None = None
    points: int = 0
    fixed: int | None = None


@dataclass(frozen=True, slots=True)
class Shipping:
    """At most so much of the shipping costs, and by which methods."""

    most: Decimal | None = None
    methods: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ProductCondition:
    """What must lie in the cart of a scope."""

    scope: Scope
    quantity_min: Decimal | None = None
    subtotal_min: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the cart must be. `on_full`: thresholds count goods before any discount; else after those on products."""

    subtotal_min: Decimal | None = None
    subtotal_max: Decimal | None = None
    quantity_min: Decimal | None = None
    quantity_max: Decimal | None = None
    on_full: bool = False
    products: tuple[ProductCondition, ...] = ()
    first_order: bool = False
    channels: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    currencies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Stacking:
    """`group`: at most one offer of a group where one of the two is combined with other groups only."""

    combined_with: With = With.ALL
    group: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When it holds: from `starts_at` up to, not at, `ends_at`; on these weekdays (0 = Monday), and from `from_time` up
    to `to_time` of the company's clock, over midnight where that is earlier."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    weekdays: frozenset[int] = frozenset()
    from_time: time | None = None
    to_time: time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A promise, whole. `audience`: a rule as JSON, known to be one. `per_unit`: `value` is off each piece."""

    kind: Kind
    value: Decimal = Decimal(0)
    per_unit: bool = False
    currency: str = ""
    scope: Scope = WHOLE
    max_discount: Decimal | None = None
    most_units: int | None = None
    units: Units | None = None
    gift: Gift | None = None
    bundle: Bundle | None = None
    points: Points | None = None
    shipping: Shipping = Shipping()
    conditions: Conditions = Conditions()
    audience: Mapping[str, Any] | None = None
    needs_code: bool = False
    titles: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    stacking: Stacking = Stacking()
    priority: int = 50
    schedule: Schedule = Schedule()
    cap_per_person: int | None = None
    cool_off_hours: int | None = None
    budget_money: Decimal | None = None
    budget_count: int | None = None
    budget_currency: str = ""
    margin_floor_percent: Decimal | None = None
    reserve_minutes: int = 30

    @property
    def is_on_products(self) -> bool:
        """Whether it is applied before what is off the whole cart: it names products, pieces or a bundle."""
        if self.kind == Kind.BUNDLE:
            return True
        is_narrow = not self.scope.is_whole or self.most_units is not None or self.per_unit
        return self.kind in (Kind.PERCENT, Kind.AMOUNT) and is_narrow
