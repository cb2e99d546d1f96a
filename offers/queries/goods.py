"""What the catalog says of products in carts: categories, brands, reductions, costs; kept for three seconds.

Only what a feed or a server told is believed. A cart's own word goes before the catalog's.
"""

import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import islice

import msgspec

from commerce.contracts import ProductFacts
from commerce.queries import believed_products
from offers.contracts import Cart, CartLine, GiftProduct

KEPT_S, MOST_KEPT = 3.0, 20_000
BESIDE, SOON_S = 100, 0.5


@dataclass(slots=True)
class _Kept:
    """What was read of a product; `facts`: None for one that the catalog does not know."""

    until: float
    facts: ProductFacts | None
    is_wanted: bool = False


_kept: dict[str, _Kept] = {}  # in the order in which they were read
_lock = threading.Lock()


def facts_of(product_ids: Collection[str]) -> dict[str, ProductFacts]:
    """The known products among these, in at most one statement."""
    now = time.monotonic()
    found: dict[str, ProductFacts] = {}
    missing: list[str] = []
    for product_id in set(product_ids):
        kept = _kept.get(product_id)
        if kept is None or kept.until < now:
            missing.append(product_id)
        else:
            kept.is_wanted = True
            if kept.facts is not None:
                found[product_id] = kept.facts
    if missing:
        read = _read(missing, now)
        found |= {product_id: read[product_id] for product_id in missing if product_id in read}
    return found


def forget_goods() -> None:
    """Read products afresh at the next question, in this process."""
    with _lock:
        _kept.clear()


def _read(missing: list[str], now: float) -> dict[str, ProductFacts]:
    """These, and beside them what was asked for and would have to be read next: a statement costs as much as many rows
    do, and each would be asked for by a request of its own."""
    with _lock:
        oldest = [(key, one.is_wanted) for key, one in islice(_kept.items(), BESIDE) if one.until < now + SOON_S]
        for key, _ in oldest:
            del _kept[key]
    wanted = list({*missing, *(key for key, is_wanted in oldest if is_wanted)})
    read = believed_products(wanted)
    with _lock:
        if len(_kept) > MOST_KEPT:
            _kept.clear()
        for key in wanted:
            _kept.pop(key, None)
            _kept[key] = _Kept(now + KEPT_S, read.get(key))
    return read


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
    list_price = facts.list_price if line.list_price is None and is_reduced else line.list_price
    if line.categories and line.brand and cost is line.cost and list_price is line.list_price:
        return line
    return CartLine(
        product_id=line.product_id,
        quantity=line.quantity,
        price=line.price,
        list_price=list_price,
        categories=line.categories or tuple({*facts.categories, facts.category} - {""}),
        brand=line.brand or facts.brand,
        tax_rate=line.tax_rate,
        cost=cost,
    )


def _cost(facts: ProductFacts, currency: str) -> Decimal | None:
    return facts.cost if facts.currency == currency else None
