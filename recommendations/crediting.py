"""Which recommendation an order's product is due to, and how much of its money. Pure.

An order credits each of its products once: to the recommendation its line names, else to the one the order names, each
if that answer showed the product; else to what it was credited to before; else to the answer of which the buyer clicked
or added it last, within the days given before the order. A variant of what was shown counts as shown. Money is the
lines' amount less what was given back.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

CREDITED = frozenset({"placed", "refunded", "partly_refunded"})
NEWLY_FOR = timedelta(days=30)
"""An order placed longer ago is credited to nothing new: what was told of then may be forgotten by now."""


@dataclass(frozen=True, slots=True)
class Source:
    """An answer that may be credited."""

    nonce: bytes
    placement: str
    variant: str
    model_run: int
    served_at: datetime


@dataclass(frozen=True, slots=True)
class Touch:
    """A click on a product of an answer, or its addition to the cart."""

    source: Source
    identifier_id: int
    product_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """An order as commerce has it. `goods` and `refunds` are sums by product; "" stands for what names none."""

    order_id: str
    identifier_id: int | None
    status: str
    placed_at: datetime | None
    currency: str
    goods: Mapping[str, Decimal]
    refunds: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Named:
    """The answers an order's events name: by product for its lines, and for the order as a whole. Each showed it."""

    lines: Mapping[str, Source]
    order: Mapping[str, Source]


@dataclass(frozen=True, slots=True)
class Credit:
    """One product of one order, due to one answer. `amount` is 0 or more, in the order's currency."""

    order_id: str
    product_id: str
    source: Source
    amount: Decimal
    currency: str
    at: datetime


def credits_of(
    order: Order,
    named: Named,
    before: Mapping[str, Source],
    touches: Iterable[Touch],
    *,
    variants: Mapping[str, Collection[str]],
    days: int,
    now: datetime,
) -> list[Credit]:
    """What an order is due to. `before`: by product, what it was credited to; `touches`: of the buyer, in any order;
    `variants`: of a product that is one of several, all of them."""
    if order.status not in CREDITED or order.placed_at is None:
        return []
    placed_at = order.placed_at
    is_new = placed_at > now - NEWLY_FOR
    within = _within(touches, placed_at, days) if is_new else []
    found = []
    for product_id in sorted(product_id for product_id in order.goods if product_id):
        told = (named.lines.get(product_id) or named.order.get(product_id)) if is_new else None
        source = told or before.get(product_id) or _last(within, variants.get(product_id, (product_id,)))
        if source is not None:
            amount = amount_of(order, product_id)
            found.append(Credit(order.order_id, product_id, source, amount, order.currency, placed_at))
    return found


def amount_of(order: Order, product_id: str) -> Decimal:
    """What was paid for a product and not given back. Refunds that name no product take a part of each."""
    zero = Decimal(0)
    left = order.goods[product_id] + order.refunds.get(product_id, zero)
    at_large, whole = -order.refunds.get("", zero), sum(order.goods.values(), zero)
    if at_large > 0 and whole > 0:
        left -= order.goods[product_id] * min(at_large / whole, Decimal(1))
    return max(left, zero)


def _within(touches: Iterable[Touch], placed_at: datetime, days: int) -> list[Touch]:
    """Those in time, the latest first; equal times by the answer's bytes, so that nothing is random."""
    found = [one for one in touches if placed_at - timedelta(days=days) <= one.at <= placed_at]
    return sorted(found, key=lambda one: (one.at, one.source.nonce), reverse=True)


def _last(within: Iterable[Touch], products: Collection[str]) -> Source | None:
    return next((one.source for one in within if one.product_id in products), None)


def changes(
    before: Sequence[Credit], after: Sequence[Credit]
) -> tuple[list[Credit], list[Credit], list[tuple[Credit, Credit]]]:
    """(gone, new, changed): credits by order, product and answer; changed are pairs that differ in their money."""
    old = {(one.order_id, one.product_id, one.source.nonce): one for one in before}
    present = {(one.order_id, one.product_id, one.source.nonce): one for one in after}
    gone = [one for key, one in old.items() if key not in present]
    new = [one for key, one in present.items() if key not in old]
    kept = [(old[key], one) for key, one in present.items() if key in old]
    return gone, new, [(was, one) for was, one in kept if (was.amount, was.currency) != (one.amount, one.currency)]
