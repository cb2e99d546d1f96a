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
    for fact in sorted(facts, key=lambda fact: fact.key, reverse=True):  # newest first: what is known need not be read
        stamp = (to_us(fact.at), fact.hash.hex())
        for entry in _entries(fact):
            if product_id := amounts.product_id(entry):
                _hear(found.setdefault(product_id, {}), entry, stamp, fact.properties)
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


def _hear(known: Description, entry: dict[str, Any], stamp: tuple[int, str], event: dict[str, Any]) -> None:
    """Keep what this entry tells and no newer event did. `seen` is always told, so a bare sighting makes it known."""
    if "seen" not in known:
        known["seen"] = (*stamp, "")
    for field in TEXT_FIELDS:
        raw = entry.get(field)
        if raw is not None and _is_open(known, field, stamp) and (value := amounts.text(raw)):
            _keep(known, field, (*stamp, value))
    raw = entry.get("price")
    if raw is not None and _is_open(known, "price", stamp):
        price = amounts.number(raw)
        if price is not None and price > 0:
            _keep(known, "price", (*stamp, str(price)))
            if code := amounts.currency(entry.get("currency")) or amounts.currency(event.get("currency")):
                _keep(known, "currency", (*stamp, code))


def _is_open(known: Description, field: str, stamp: tuple[int, str]) -> bool:
    """Whether this event may still tell the field: nobody has, or another entry of the same event did."""
    before = known.get(field)
    return before is None or before[:2] == stamp
