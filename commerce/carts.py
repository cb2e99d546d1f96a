"""Carts: the fold of one cart's events, and of the orders that close it, in (event time, message hash) order. Pure.

A cart exists once something was put in it. An order closes it; what is put in after that opens it anew (a run, which
has no cart id, ends with its order and the next one begins). Removing more than there is leaves nothing, never less.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from cdp.lib.clock import to_us
from commerce import amounts
from commerce.contracts import CartLine, CartState, EventKey, Fact

OPEN, EMPTIED, ORDERED = "open", "emptied", "ordered"
IDLE = timedelta(days=7)
ADDING = frozenset({"Product Added", "Wishlist Product Added to Cart"})
SNAPSHOTS = frozenset({"Cart Viewed", "Checkout Started"})
CART_NAMES = ADDING | SNAPSHOTS | {"Product Removed"}


class Closing(NamedTuple):
    """An order as a cart sees it. `names_it`: the order names this very cart, so it closes it even when emptied."""

    at: datetime
    hash: bytes
    order_id: str | None
    names_it: bool


def cart_key(cart_id: str) -> str:
    """The key of a cart that the shop names."""
    return f"cart:{cart_id}"


def run_key(identifier_id: int, started_at: datetime) -> str:
    """The key of a cart that the shop does not name."""
    return f"run:{identifier_id}:{to_us(started_at)}"


def fold_cart(
    cart_id: str, events: Iterable[Fact], closings: Iterable[Closing], identifier_id: int
) -> CartState | None:
    """The cart the shop calls `cart_id`, which hangs on `identifier_id`; None if nothing was ever put in it.

    Any order of events gives the same.
    """
    cart = _Cart(identifier_id)
    for step in _in_order(events, closings):
        if isinstance(step, Closing):
            cart.close(step)
        else:
            cart.apply(step)
    return cart.state(cart_key(cart_id), cart_id)


def fold_runs(identifier_id: int, events: Iterable[Fact], closings: Iterable[Closing]) -> list[CartState]:
    """The carts without an id that hang on one identifier: runs separated by an order or by more than 7 idle days."""
    runs: list[_Cart] = []
    unordered: list[_Cart] = []
    cart = _Cart(identifier_id)
    for step in _in_order(events, closings):
        if isinstance(step, Closing):
            for run in (*unordered, cart):
                run.close(step)
            unordered.clear()
            if cart.has_begun:
                runs.append(cart)
                cart = _Cart(identifier_id)
        else:
            if cart.has_begun and step.at - cart.touched_at > IDLE:
                runs.append(cart)
                unordered.append(cart)
                cart = _Cart(identifier_id)
            cart.apply(step)
    states = (run.state(run_key(identifier_id, run.opened_at), None) for run in (*runs, cart) if run.has_begun)
    return [state for state in states if state is not None]


def _in_order(events: Iterable[Fact], closings: Iterable[Closing]) -> Sequence[Fact | Closing]:
    keyed: list[tuple[EventKey, int, Fact | Closing]] = [((event.at, event.hash), 0, event) for event in events]
    keyed += [((closing.at, closing.hash), 1, closing) for closing in closings]
    keyed.sort(key=lambda entry: entry[:2])
    return [step for _, _, step in keyed]


class _Cart:
    """One cart while it is folded."""

    opened_at: datetime
    touched_at: datetime

    def __init__(self, identifier_id: int) -> None:
        self.has_begun = False
        self.phase = EMPTIED
        self.lines: dict[tuple[str, str], CartLine] = {}
        self.currency = ""
        self.identifier_id = identifier_id
        self.added_at: datetime | None = None
        self.order_id: str | None = None

    def apply(self, event: Fact) -> None:
        """Take one cart event. Before the first addition, and after an order until the next, the rest is ignored."""
        lines = dict(self.lines) if self.phase == OPEN else {}
        if not _change(lines, event):
            return
        puts_in = any(line.quantity > _quantity(self.lines, key) for key, line in lines.items()) or (
            self.phase != OPEN and bool(lines)
        )
        if self.phase == ORDERED or not self.has_begun:
            if not puts_in:
                return
            self.has_begun, self.opened_at, self.order_id = True, event.at, None
        self.lines = lines
        self.phase = OPEN if lines else EMPTIED
        self.touched_at = event.at
        self.currency = _currency(event.properties) or self.currency
        if puts_in:
            self.added_at = event.at

    def close(self, closing: Closing) -> None:
        """Take one order: it closes what is open, and an emptied cart that it names."""
        if self.phase == OPEN or (closing.names_it and self.has_begun and self.phase == EMPTIED):
            self.phase = ORDERED
            self.order_id = closing.order_id
            self.touched_at = closing.at

    def state(self, key: str, cart_id: str | None) -> CartState | None:
        """What has been folded; None when nothing was ever put in."""
        if not self.has_begun:
            return None
        return CartState(
            key=key,
            identifier_id=self.identifier_id,
            cart_id=cart_id,
            state=self.phase,
            lines=tuple(self.lines.values()),
            currency=self.currency,
            value=_value(self.lines.values()),
            opened_at=self.opened_at,
            last_added_at=self.added_at,
            last_activity_at=self.touched_at,
            order_id=self.order_id,
        )


def _change(lines: dict[tuple[str, str], CartLine], event: Fact) -> bool:
    """Apply one event to `lines`; False for an event that is no cart event."""
    if event.name in ADDING:
        _add(lines, event.properties)
    elif event.name == "Product Removed":
        _remove(lines, event.properties)
    elif event.name in SNAPSHOTS:
        entries = amounts.products(event.properties)
        if entries is not None:
            lines.clear()
            for entry in entries:
                _add(lines, entry)
    else:
        return False
    return True


def _add(lines: dict[tuple[str, str], CartLine], entry: dict[str, Any]) -> None:
    product_id = amounts.product_id(entry)
    told = amounts.number(entry.get("quantity"))
    quantity = amounts.ONE if told is None else told
    if product_id is None or quantity <= 0:
        return
    key = (product_id, amounts.text(entry.get("variant")))
    before = lines.get(key)
    price = amounts.number(entry.get("price"))
    lines[key] = CartLine(
        product_id=product_id,
        variant=key[1],
        quantity=amounts.bounded(quantity + (before.quantity if before else 0)),
        price=price if price is not None or before is None else before.price,
        name=amounts.text(entry.get("name")) or (before.name if before else ""),
        image_url=amounts.text(entry.get("image_url")) or (before.image_url if before else ""),
        url=amounts.text(entry.get("url")) or (before.url if before else ""),
    )


def _remove(lines: dict[tuple[str, str], CartLine], entry: dict[str, Any]) -> None:
    """Take `quantity` out; without a quantity the whole line. Without a variant the product's lines in turn."""
    product_id = amounts.product_id(entry)
    left = amounts.number(entry.get("quantity"))
    for key in list(_matching(lines, product_id, amounts.text(entry.get("variant")))):
        line = lines[key]
        if left is None or left >= line.quantity:
            del lines[key]
            left = None if left is None else left - line.quantity
        elif left > 0:
            lines[key] = CartLine(
                line.product_id, line.quantity - left, line.price, line.name, line.variant, line.image_url, line.url
            )
            left = amounts.ZERO


def _matching(
    lines: dict[tuple[str, str], CartLine], product_id: str | None, variant: str
) -> Iterator[tuple[str, str]]:
    if (product_id, variant) in lines:
        yield (str(product_id), variant)
    elif not variant:
        yield from (key for key in lines if key[0] == product_id)


def _quantity(lines: dict[tuple[str, str], CartLine], key: tuple[str, str]) -> Decimal:
    line = lines.get(key)
    return line.quantity if line else amounts.ZERO


def _currency(properties: dict[str, Any]) -> str:
    return amounts.currency(properties.get("currency"))


def _value(lines: Iterable[CartLine]) -> Decimal:
    total = sum((amounts.multiply(line.quantity, line.price) for line in lines if line.price is not None), amounts.ZERO)
    return amounts.bounded(total)
