"""Facts for the pure folds, told shortly: minutes after a fixed start, and a hash made from a number."""

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from commerce.contracts import CartLine, Fact

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_ids = itertools.count(1)


def at(minutes: float) -> datetime:
    """The instant so many minutes after START."""
    return START + timedelta(minutes=minutes)


def fact(
    name: str,
    minutes: float = 0,
    *,
    identifier_id: int = 1,
    cart_id: str | None = None,
    order_id: str | None = None,
    is_server: bool = False,
    **properties: Any,
) -> Fact:
    """One event. Ids and hashes differ from call to call."""
    number = next(_ids)
    return Fact(
        number, at(minutes), number.to_bytes(16, "big"), name, identifier_id, is_server, cart_id, order_id, properties
    )


def added(product_id: str, minutes: float = 0, quantity: Any = 1, price: Any = 10, **rest: Any) -> Fact:
    """Product Added."""
    return fact("Product Added", minutes, product_id=product_id, quantity=quantity, price=price, **rest)


def removed(product_id: str, minutes: float = 0, **rest: Any) -> Fact:
    """Product Removed."""
    return fact("Product Removed", minutes, product_id=product_id, **rest)


def completed(minutes: float = 0, order_id: str | None = "o1", **rest: Any) -> Fact:
    """Order Completed."""
    return fact("Order Completed", minutes, order_id=order_id, **rest)


def amounts_of(lines: tuple[CartLine, ...]) -> dict[str, Decimal]:
    """{product id: quantity}."""
    return {line.product_id: line.quantity for line in lines}
