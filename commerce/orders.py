"""Orders: the fold of all events of one order id, free of arrival order. Pure.

Each field is told by the best event that has it: a server before a browser, then the latest by (event time, hash);
what a started checkout says counts only until an order event says otherwise. Refunds become lines of their own with
negative amounts, in time order: by products, else by total, else all that is left. If a server told of refunds,
browsers' are ignored, so that one refund told twice counts once. A refund without its order is pending and its lines
count.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from commerce import amounts
from commerce.contracts import Fact, LineState, OrderState

Value = TypeVar("Value")
STARTED, COMPLETED, UPDATED = "Checkout Started", "Order Completed", "Order Updated"
CANCELLED, REFUNDED = "Order Cancelled", "Order Refunded"
ORDER_NAMES = frozenset({STARTED, COMPLETED, UPDATED, CANCELLED, REFUNDED})
GOODS, REFUND = "goods", "refund"
MOST_COUPONS = 20
TELLING = frozenset({STARTED, COMPLETED, UPDATED})


def fold_order(order_id: str, events: Iterable[Fact]) -> OrderState | None:
    """The order, or None when no event is an order event. Any order of `events`, with repetitions, gives the same."""
    own = {event.id: event for event in events if event.name in ORDER_NAMES}
    ranked = sorted(own.values(), key=_authority, reverse=True)
    if not ranked:
        return None
    telling = [event for event in ranked if event.name in TELLING]
    goods = _goods(telling)
    revenue = _revenue(telling, goods)
    refunds = _refunds([event for event in ranked if event.name == REFUNDED], goods, revenue)
    refunded = amounts.bounded(-sum((line.amount for line in refunds), amounts.ZERO))
    coupon = _first(telling, _coupon) or ("", False)
    return OrderState(
        order_id=order_id,
        identifier_id=ranked[0].identifier_id,
        status=_status({event.name for event in ranked}, revenue, refunded),
        claims_guest=any(event.properties.get("is_guest") is True for event in ranked),
        currency=_first(ranked, _currency) or "",
        country=_first(ranked, _country) or "",
        revenue=revenue,
        total=_told(telling, "total"),
        tax=_told(telling, "tax"),
        shipping=_told(telling, "shipping"),
        discount=_told(telling, "discount"),
        refunded=refunded,
        cart_id=_first(ranked, lambda event: event.cart_id),
        placed_at=_placed_at(telling),
        lines=(*goods, *refunds),
        coupon=coupon[0],
        coupon_is_trusted=coupon[1],
        redemptions=_first(telling, _redemptions) or (),
        cancel_is_trusted=any(event.is_server for event in ranked if event.name == CANCELLED),
    )


def _authority(event: Fact) -> tuple[bool, bool, bool, datetime, bytes]:
    """Greater = believed first. Refunds and cancellations describe the order only where nothing else does."""
    return (event.name in (COMPLETED, UPDATED), event.name != STARTED, event.is_server, event.at, event.hash)


def _first(ranked: Iterable[Fact], read: Callable[[Fact], Value | None]) -> Value | None:
    return next((found for event in ranked if (found := read(event)) is not None), None)


def _told(telling: Iterable[Fact], name: str) -> Decimal | None:
    return _first(telling, lambda event: amounts.number(event.properties.get(name)))


def _currency(event: Fact) -> str | None:
    return amounts.currency(event.properties.get("currency")) or None


def _country(event: Fact) -> str | None:
    for place in (event.properties, event.properties.get("shipping_address"), event.properties.get("billing_address")):
        if isinstance(place, dict) and (country := amounts.text(place.get("country"))):
            return country
    return None


def _coupon(event: Fact) -> tuple[str, bool] | None:
    """(codes between commas, whether a server told them)."""
    told = event.properties.get("coupon")
    parts = told if isinstance(told, list) else [told]
    found = [text for part in parts[:MOST_COUPONS] if (text := amounts.text(part)[: amounts.LONGEST_ID])]
    return (", ".join(found), event.is_server) if found else None


def _redemptions(event: Fact) -> tuple[str, ...] | None:
    told = event.properties.get("redemptions")
    parts = told if isinstance(told, list) else []
    return tuple(key for part in parts[:MOST_COUPONS] if (key := amounts.usable_id(part))) or None


def _placed_at(telling: Sequence[Fact]) -> datetime | None:
    """When it was completed; where nobody told of that, when it was first updated; None for a mere checkout."""
    completed = _first(telling, lambda event: event.at if event.name == COMPLETED else None)
    return completed or min((event.at for event in telling if event.name == UPDATED), default=None)


def _goods(telling: Sequence[Fact]) -> tuple[LineState, ...]:
    """The lines as the best event tells them, dated by the order (else by that event)."""
    teller = _first(telling, lambda event: event if amounts.products(event.properties) is not None else None)
    if teller is None:
        return ()
    placed_at = _placed_at(telling) or teller.at
    return tuple(_line(GOODS, entry, placed_at) for entry in amounts.products(teller.properties) or ())


def _line(kind: str, entry: dict[str, Any], at: datetime, *, sign: int = 1, price: Decimal | None = None) -> LineState:
    quantity = amounts.number(entry.get("quantity"))
    quantity = (amounts.ONE if quantity is None else quantity) * sign
    told = amounts.number(entry.get("price"))
    price = told if told is not None else price or amounts.ZERO
    return LineState(
        kind=kind,
        product_id=amounts.product_id(entry) or "",
        name=amounts.text(entry.get("name")),
        quantity=quantity,
        price=price,
        amount=amounts.multiply(quantity, price),
        occurred_at=at,
    )


def _revenue(telling: Sequence[Fact], goods: Sequence[LineState]) -> Decimal:
    """As told; else total less tax and shipping; else subtotal; else the sum of the lines."""
    if (revenue := _told(telling, "revenue")) is not None:
        return revenue
    if (total := _told(telling, "total")) is not None:
        extras = (_told(telling, "tax") or amounts.ZERO) + (_told(telling, "shipping") or amounts.ZERO)
        return amounts.bounded(total - extras)
    subtotal = _told(telling, "subtotal")
    return subtotal if subtotal is not None else amounts.bounded(sum((line.amount for line in goods), amounts.ZERO))


def _refunds(events: Sequence[Fact], goods: Sequence[LineState], revenue: Decimal) -> list[LineState]:
    believed = [event for event in events if event.is_server] or events
    lines: list[LineState] = []
    for event in sorted(believed, key=lambda event: event.key):
        entries = amounts.products(event.properties)
        total = amounts.number(event.properties.get("total"))
        if entries:
            lines += _refund_of_products(entries, goods, total, event.at)
        elif total is not None:
            lines.append(_refund_of_amount(abs(total), event.at))
        else:
            lines += _refund_of_the_rest(goods, revenue, lines, event.at)
    return lines


def _refund_of_products(
    entries: Sequence[dict[str, Any]], goods: Sequence[LineState], total: Decimal | None, at: datetime
) -> list[LineState]:
    """A line a product, priced by the refund, else by the order; where no price is known the told total is a line."""
    prices = {line.product_id: line.price for line in goods if line.product_id}
    lines = [_line(REFUND, entry, at, sign=-1, price=prices.get(amounts.product_id(entry) or "")) for entry in entries]
    if total and not any(line.price for line in lines):
        lines.append(_refund_of_amount(abs(total), at))
    return lines


def _refund_of_amount(amount: Decimal, at: datetime) -> LineState:
    return LineState(REFUND, "", "", Decimal(-1), amount, amounts.bounded(-amount), at)


def _refund_of_the_rest(
    goods: Sequence[LineState], revenue: Decimal, earlier: Sequence[LineState], at: datetime
) -> list[LineState]:
    """What is left of each line after the refunds so far; by amount where lines are unknown or amounts went back."""
    by_amount = any(not line.product_id for line in earlier)
    if not goods or by_amount:
        rest = revenue + sum((line.amount for line in earlier), amounts.ZERO)
        return [_refund_of_amount(amounts.bounded(rest), at)] if rest > 0 else []
    gone: dict[str, Decimal] = defaultdict(Decimal)
    for line in earlier:
        gone[line.product_id] -= line.quantity
    lines = []
    for line in goods:
        taken = min(max(gone[line.product_id], amounts.ZERO), max(line.quantity, amounts.ZERO))
        gone[line.product_id] -= taken
        if rest := line.quantity - taken:
            amount = amounts.multiply(-rest, line.price)
            lines.append(LineState(REFUND, line.product_id, line.name, -rest, line.price, amount, at))
    return lines


def _status(names: set[str], revenue: Decimal, refunded: Decimal) -> str:
    if CANCELLED in names:
        return "cancelled"
    if not names & {COMPLETED, UPDATED}:
        return "pending" if REFUNDED in names else "started"
    if REFUNDED not in names or refunded <= 0:
        return "placed"
    return "refunded" if refunded >= revenue else "partly_refunded"
