"""An offer in force in the form evaluation runs on: whole numbers, sets, and its place in the order of application.

Order: what is off products and bundles, percentages off the cart, amounts off the cart, shipping, gifts, points; in
each the higher priority first, then the key.
"""

from dataclasses import dataclass
from decimal import Decimal

from cdp.lib.clock import to_us
from cdp.lib.money import to_minor
from offers.terms import Bundle, Kind, Scope, Terms, Units
from offers.terms.nodes import With

PRODUCTS, CART_PERCENT, CART_AMOUNT, SHIPPING, GIFTS, POINTS = range(6)
PERCENT = 1_000_000
"""What a percentage's numerator is divided by: 100 % with four decimals."""
_PHASES = {
    Kind.PERCENT: CART_PERCENT,
    Kind.AMOUNT: CART_AMOUNT,
    Kind.FREE_SHIPPING: SHIPPING,
    Kind.GIFT: GIFTS,
    Kind.POINTS: POINTS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOffer:
    """An offer in force. `slug`: the segment its audience is kept as, empty for everybody. `money_left`, `count_left`
    of its budget, None: no limit."""

    id: int
    key: str
    name: str
    version: int
    version_id: int
    terms: Terms
    slug: str = ""
    money_left: Decimal | None = None
    count_left: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """Amounts are minor units of `currency`; it is empty where the offer names no amount and holds in any."""

    offer: LiveOffer
    terms: Terms
    key: str
    kind: Kind
    phase: int
    rank: tuple[int, str]
    currency: str
    numerator: int
    amount: int
    max_discount: int | None
    per_unit: bool
    dearest: bool
    bundle_price: int
    get_numerator: int
    shipping_most: int | None
    points_per: int
    subtotal_min: int | None
    subtotal_max: int | None
    budget_currency: str
    money_left: int | None
    starts_us: int | None
    ends_us: int | None
    has_floor: bool

    @property
    def order(self) -> tuple[int, int, str]:
        """Its place in the order of application."""
        return (self.phase, *self.rank)

    @property
    def bundle(self) -> Bundle:
        """Of a bundle."""
        if self.terms.bundle is None:
            raise TypeError(f"{self.key} is no bundle")
        return self.terms.bundle

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """Whose lines it touches."""
        if self.kind != Kind.BUNDLE:
            return (self.terms.scope,)
        return (self.bundle.buy.scope, *((self.bundle.get.scope,) if self.bundle.get else ()))


def compile_offer(offer: LiveOffer) -> Compiled:
    """The offer as evaluation runs on it."""
    terms, currency = offer.terms, offer.terms.currency
    bundle, points = terms.bundle, terms.points
    budget_currency = terms.budget_currency or currency
    return Compiled(
        offer=offer,
        terms=terms,
        key=offer.key,
        kind=terms.kind,
        phase=PRODUCTS if terms.is_on_products else _PHASES[terms.kind],
        rank=(-terms.priority, offer.key),
        currency=currency,
        numerator=_numerator(terms.value) if terms.kind == Kind.PERCENT else 0,
        amount=to_minor(terms.value, currency) if terms.kind == Kind.AMOUNT else 0,
        max_discount=_minor(terms.max_discount, currency),
        per_unit=terms.per_unit,
        dearest=_counts_dearest_first(terms),
        bundle_price=_minor(bundle.price if bundle else None, currency) or 0,
        get_numerator=_numerator(bundle.get.percent) if bundle and bundle.get else 0,
        shipping_most=_minor(terms.shipping.most, currency),
        points_per=_minor(points.per if points else None, currency) or 0,
        subtotal_min=_minor(terms.conditions.subtotal_min, currency),
        subtotal_max=_minor(terms.conditions.subtotal_max, currency),
        budget_currency=budget_currency if terms.budget_money is not None else "",
        money_left=None if terms.budget_money is None else _minor(offer.money_left, budget_currency),
        starts_us=None if terms.schedule.starts_at is None else to_us(terms.schedule.starts_at),
        ends_us=None if terms.schedule.ends_at is None else to_us(terms.schedule.ends_at),
        has_floor=terms.margin_floor_percent is not None,
    )


def conflict(one: Compiled, other: Compiled) -> str:
    """Why two offers are not given together: not_combinable or same_group; empty: they are."""
    a, b = one.terms.stacking, other.terms.stacking
    if With.NONE in (a.combined_with, b.combined_with):
        return "not_combinable"
    is_exclusive = With.OTHER_GROUPS in (a.combined_with, b.combined_with)
    return "same_group" if is_exclusive and a.group and a.group == b.group else ""


def _counts_dearest_first(terms: Terms) -> bool:
    """Sets for one price are made of the dearest pieces where nothing else is said: the customer's best."""
    if terms.units is not None:
        return terms.units == Units.DEAREST
    return terms.bundle is not None and terms.bundle.price is not None


def _numerator(percent: Decimal) -> int:
    return int(percent * 10_000)


def _minor(amount: Decimal | None, currency: str) -> int | None:
    return None if amount is None else to_minor(amount, currency)
