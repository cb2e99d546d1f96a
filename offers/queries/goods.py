"""What the catalog says of products in carts: categories, brands, reductions, costs; kept for three seconds.

Only what a feed or a server told is believed. A cart's own word goes before the catalog's.
"""

import time
from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation

import msgspec

from commerce.contracts import ProductFacts
from commerce.queries import believed_products
from offers.contracts import Cart, CartLine, GiftProduct

KEPT_S, MOST_KEPT = 3.0, 20_000
_kept: dict[str, tuple[float, ProductFacts | None]] = {}


def facts_of(product_ids: Collection[str]) -> dict[str, ProductFacts]:
    """The known products among these, in at most one statement."""
    until = time.monotonic()
    found: dict[str, ProductFacts] = {}
    missing: list[str] = []
    for product_id in set(product_ids):
        kept = _kept.get(product_id)
        if kept is None or kept[0] < until:
            missing.append(product_id)
        elif kept[1] is not None:
            found[product_id] = kept[1]
    if missing:
        read = believed_products(missing)
        if len(_kept) > MOST_KEPT:
            _kept.clear()
        for product_id in missing:
            _kept[product_id] = (until + KEPT_S, read.get(product_id))
        found |= read
    return found


def forget_goods() -> None:
    """Read products afresh at the next question, in this process."""
    _kept.clear()


def with_facts(cart: Cart, facts: Mapping[str, ProductFacts], *, is_trusted: bool) -> Cart:
    """The cart with what the catalog knows of its lines. Not `is_trusted`, a customer's own browser tells the prices:
    then a cost counts only beside the catalog's own price, so that nobody finds costs out by trying prices."""
    lines = [_filled(line, facts.get(line.product_id), cart.currency, is_trusted) for line in cart.lines]
    return msgspec.structs.replace(cart, lines=tuple(lines))


def gift_products(
    product_ids: Collection[str], facts: Mapping[str, ProductFacts], currency: str
) -> dict[str, GiftProduct]:
    """Products that are given; the catalog does not know some, which are believed to be there."""
    return {
        product_id: GiftProduct(
            name=one.name, price=price_in(one, currency), cost=_cost(one, currency), is_offerable=one.is_offerable
        )
        for product_id in product_ids
        if (one := facts.get(product_id)) is not None
    }


def price_in(facts: ProductFacts, currency: str) -> Decimal | None:
    """The catalog's price in this currency, None where it tells none."""
    if facts.currency == currency:
        return facts.price
    try:
        return Decimal(facts.prices[currency]) if currency in facts.prices else None
    except InvalidOperation:
        return None


def _filled(line: CartLine, facts: ProductFacts | None, currency: str, is_trusted: bool) -> CartLine:
    if facts is None:
        return line
    price = price_in(facts, currency)
    is_reduced = facts.list_price is not None and facts.currency == currency
    cost = line.cost
    if cost is None and (is_trusted or price == line.price):
        cost = _cost(facts, currency)
    return CartLine(
        product_id=line.product_id,
        quantity=line.quantity,
        price=line.price,
        list_price=facts.list_price if line.list_price is None and is_reduced else line.list_price,
        categories=line.categories or tuple({*facts.categories, facts.category} - {""}),
        brand=line.brand or facts.brand,
        tax_rate=line.tax_rate,
        cost=cost,
    )


def _cost(facts: ProductFacts, currency: str) -> Decimal | None:
    return facts.cost if facts.currency == currency else None
