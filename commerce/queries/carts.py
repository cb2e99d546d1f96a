"""Reads of carts."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import QuerySet

from commerce.contracts import CartFacts, CartLine
from commerce.models import Cart


def cart_by_key(key: str) -> CartFacts | None:
    """The cart with this key, in whatever state."""
    return carts_by_keys([key]).get(key)


def open_cart(key: str) -> CartFacts | None:
    """The cart with this key if something lies in it that was not ordered."""
    cart = cart_by_key(key)
    return cart if cart is not None and cart.is_open else None


def carts_by_keys(keys: Collection[str]) -> dict[str, CartFacts]:
    """The carts with these keys, by key."""
    return {facts.key: facts for facts in _facts(Cart.objects.filter(key__in=list(keys)))}


def carts_of(identifier_ids: Collection[int], *, limit: int | None = None) -> list[CartFacts]:
    """The carts that hang on these identifiers, latest activity first: guest and account carts joined here."""
    found = Cart.objects.filter(identifier_id__in=list(identifier_ids)).order_by("-last_activity_at", "key")
    return _facts(found if limit is None else found[:limit])


def open_carts_between(since: datetime, until: datetime, *, limit: int = 1000) -> list[CartFacts]:
    """Open carts whose latest activity lies in [since, until), oldest first: the sweep for abandoned carts."""
    found = Cart.objects.filter(state=Cart.State.OPEN, last_activity_at__gte=since, last_activity_at__lt=until)
    return _facts(found.order_by("last_activity_at", "key")[:limit])


def _facts(carts: QuerySet[Cart]) -> list[CartFacts]:
    return [
        CartFacts(
            key=cart.key,
            identifier_id=cart.identifier_id,
            cart_id=cart.cart_id,
            state=cart.state,
            lines=_lines(cart.lines),
            currency=cart.currency,
            value=cart.value,
            opened_at=cart.opened_at,
            last_added_at=cart.last_added_at,
            last_activity_at=cart.last_activity_at,
            order_id=cart.order_id,
        )
        for cart in carts
    ]


def _lines(stored: Any) -> tuple[CartLine, ...]:
    return msgspec.convert(stored, tuple[CartLine, ...])
