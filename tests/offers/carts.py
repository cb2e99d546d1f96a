"""Carts and offers for tests of promotions: short to write, exact to read."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from offers.contracts import Cart, CartLine, Evaluation
from offers.promotions import Asked, LiveOffer, compile_offer, evaluate_cart
from offers.terms import parse_terms

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def line(product_id: str, price: str, quantity: str = "1", **more: Any) -> CartLine:
    for name in ("list_price", "tax_rate", "cost"):
        if name in more:
            more[name] = Decimal(more[name])
    return CartLine(product_id=product_id, price=Decimal(price), quantity=Decimal(quantity), **more)


def cart(*lines: CartLine, currency: str = "EUR", **more: Any) -> Cart:
    for name in ("shipping", "shipping_tax_rate"):
        if name in more:
            more[name] = Decimal(more[name])
    return Cart(currency=currency, lines=lines, **more)


def terms(kind: str, value: str = "", **more: Any) -> dict[str, Any]:
    """With a currency where none is said."""
    return {"kind": kind, "value": value, "currency": "EUR", **more}


def evaluated(offers: Mapping[str, Mapping[str, Any]], basket: Cart, **asked: Any) -> Evaluation:
    """The cart under these offers by key, with their terms."""
    left = asked.pop("left", {})
    live = [
        LiveOffer(id=index, key=key, name=key, version=1, version_id=index, terms=parse_terms(raw), **left.get(key, {}))
        for index, (key, raw) in enumerate(offers.items(), start=1)
    ]
    return evaluate_cart([compile_offer(one) for one in live], Asked(basket, asked.pop("now", NOW), **asked))


def amounts(found: Evaluation) -> dict[str, str]:
    """{offer: saving} of the best combination, in the order of application."""
    return {one.offer: str(one.saving) for one in found.best.applied}


def off(found: Evaluation) -> list[str]:
    """What is off each line."""
    return [str(one.discount) for one in found.lines]
