"""Joining: the open carts of one person, guest and account alike, seen as one. Pure.

What lies in several of them is one line: the cart touched last says how many and at which price. Adding up would double
what a shop takes over from the guest's cart into the account's at sign-in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import msgspec

from commerce import amounts
from commerce.contracts import CartFacts, CartLine


@dataclass(frozen=True, slots=True)
class JoinedCart:
    """`keys`: the carts in it, latest activity first. A line told in another currency has no price."""

    keys: tuple[str, ...]
    lines: tuple[CartLine, ...]
    currency: str
    value: Decimal
    last_added_at: datetime | None
    last_activity_at: datetime


def join(carts: Iterable[CartFacts]) -> JoinedCart | None:
    """The open ones of these carts as one; None if none is open."""
    found = sorted((cart for cart in carts if cart.is_open), key=lambda cart: (cart.last_activity_at, cart.key))
    if not found:
        return None
    latest = found[-1]
    lines: dict[tuple[str, str], CartLine] = {}
    for cart in reversed(found):
        for line in cart.lines:
            foreign = cart.currency not in ("", latest.currency)
            lines.setdefault(
                (line.product_id, line.variant), msgspec.structs.replace(line, price=None) if foreign else line
            )
    priced = [amounts.multiply(line.quantity, line.price) for line in lines.values() if line.price is not None]
    return JoinedCart(
        keys=tuple(cart.key for cart in reversed(found)),
        lines=tuple(lines.values()),
        currency=latest.currency,
        value=amounts.bounded(sum(priced, amounts.ZERO)),
        last_added_at=max((cart.last_added_at for cart in found if cart.last_added_at), default=None),
        last_activity_at=latest.last_activity_at,
    )
