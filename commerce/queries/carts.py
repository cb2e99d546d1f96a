"""Reads of carts."""

from collections.abc import Collection
from typing import Any

import msgspec
from django.db.models import QuerySet

from commerce.contracts import CartFacts, CartLine
from commerce.drift import LineDrift, drift_of
from commerce.joining import JoinedCart, join
from commerce.models import Cart
from commerce.queries.products import believed_products


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


def joined_cart(identifier_ids: Collection[int]) -> JoinedCart | None:
    """What lies in the open carts of a person, guest and account alike, as one; None if none is open."""
    return join(carts_of(identifier_ids))


def drift_of_cart(cart: CartFacts | JoinedCart) -> tuple[LineDrift, ...]:
    """Each line beside its product's price and stock now, as a feed or a server tells them."""
    return drift_of(cart.lines, cart.currency, believed_products({line.product_id for line in cart.lines}))


def facts_of_cart(cart: Cart) -> CartFacts:
    """A stored row as other apps read it."""
    return CartFacts(
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
        version=cart.version,
        abandoned_at=cart.abandoned_at,
        mailed_at=cart.mailed_at,
        unmailed_reason=cart.unmailed_reason,
    )


def _facts(carts: QuerySet[Cart]) -> list[CartFacts]:
    return [facts_of_cart(cart) for cart in carts]


def _lines(stored: Any) -> tuple[CartLine, ...]:
    return msgspec.convert(stored, tuple[CartLine, ...])
