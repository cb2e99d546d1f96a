"""Products learned from events: the newest event that tells a fact wins, whatever the order of arrival. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cdp.lib.clock import to_us
from commerce import amounts
from commerce.contracts import Fact

TEXT_FIELDS = ("name", "category", "brand", "url", "image_url")
REFUND = "Order Refunded"  # tells what went back, often with no more than an id

Told = tuple[int, str, Any]
"""(event time µs, message hash hex, value)."""
Description = dict[str, Told]
"""What is known of one product, a field at a time; also the shape of the stored stamps."""


def learn(facts: Iterable[Fact]) -> dict[str, Description]:
    """What the events tell of each product. Only a product's own url counts, not the page's."""
    found: dict[str, Description] = {}
    for fact in facts:
        stamp = (to_us(fact.at), fact.hash.hex())
        currency = amounts.currency(fact.properties.get("currency"))
        for entry in _entries(fact):
            if product_id := amounts.product_id(entry):
                known = found.setdefault(product_id, {})
                for field, value in _tell(entry, currency):
                    _keep(known, field, (*stamp, value))
    return found


def join(known: Mapping[str, Told], told: Mapping[str, Told]) -> Description:
    """Both descriptions in one: associative, commutative, idempotent."""
    joined = dict(known)
    for field, fact in told.items():
        _keep(joined, field, fact)
    return joined


def _keep(known: Description, field: str, told: Told) -> None:
    before = known.get(field)
    if before is None or (told[0], told[1], str(told[2])) > (before[0], before[1], str(before[2])):
        known[field] = told


def _entries(fact: Fact) -> Iterator[dict[str, Any]]:
    if fact.name == REFUND:
        return
    if "product_id" in fact.properties or "sku" in fact.properties:
        yield fact.properties
    yield from amounts.products(fact.properties) or ()


def _tell(entry: dict[str, Any], currency: str) -> Iterator[tuple[str, Any]]:
    """The fields an entry tells; `seen` always, so that a bare sighting makes the product known."""
    yield "seen", ""
    for field in TEXT_FIELDS:
        if value := amounts.text(entry.get(field)):
            yield field, value
    price = amounts.number(entry.get("price"))
    if price is not None and price > 0:
        yield "price", str(price)
        if code := amounts.currency(entry.get("currency")) or currency:
            yield "currency", code
