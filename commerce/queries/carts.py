"""Reads of carts."""

from collections.abc import Collection
from typing import Any

import msgspec
from django.db.models import QuerySet

from commerce.contracts import CartFacts, CartLine
from commerce.models import Cart


def cart_by_key(key: str) -> CartFacts | None:
    """The cart with this key, in whatever state."""
    return carts_by_keys([key]).get(key)


def carts_by_keys(keys: Collection[str]) -> dict[str, CartFacts]:
    """The carts with these keys, by key."""
    return {facts.key: facts for facts in _facts(Cart.objects.filter(key__in=list(keys)))}


def carts_of(identifier_ids: Collection[int], *, limit: int | None = None) -> list[CartFacts]:
    """The carts that hang on these identifiers, latest activity first: guest and account carts joined here."""
    found = Cart.objects.filter(identifier_id__in=list(identifier_ids)).order_by("-last_activity_at", "key")
    return _facts(found if limit is None else found[:limit])


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
