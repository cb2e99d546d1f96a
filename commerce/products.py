"""Products learned from events: a server's word before a browser's, then the newest, in any order of arrival. Pure.

A browser's write key is public, so what it tells fills only what no server told, and never an address or a picture.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from cdp.lib.clock import to_us
from commerce import amounts
from commerce.contracts import Fact

TEXT_FIELDS = ("name", "category", "brand", "url", "image_url")
SERVER_ONLY = frozenset({"url", "image_url"})  # a link or picture of anybody's choice has no place in a mail
REFUND = "Order Refunded"  # tells what went back, often with no more than an id

Stamp = tuple[bool, int, str]
"""Who tells it, greater = believed first: (from a server, event time µs, message hash hex)."""
Told = tuple[bool, int, str, Any]
"""A stamp and the value."""
Description = dict[str, Told]
"""What is known of one product, a field at a time; also the shape of the stored stamps."""


def learn(facts: Iterable[Fact]) -> dict[str, Description]:
    """What the events tell of each product. Only a product's own url counts, not the page's."""
    found: dict[str, Description] = {}
    for fact in sorted(facts, key=_authority, reverse=True):  # best first: what is known need not be read
        stamp = (fact.is_server, to_us(fact.at), fact.hash.hex())
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
    if before is None or (*told[:3], str(told[3])) > (*before[:3], str(before[3])):
        known[field] = told


def _authority(fact: Fact) -> tuple[bool, datetime, bytes]:
    return (fact.is_server, *fact.key)


def _entries(fact: Fact) -> Iterator[dict[str, Any]]:
    if fact.name == REFUND:
        return
    if "product_id" in fact.properties or "sku" in fact.properties:
        yield fact.properties
    yield from amounts.products(fact.properties) or ()


def _hear(known: Description, entry: dict[str, Any], stamp: Stamp, event: dict[str, Any]) -> None:
    """Keep what this entry tells and no better event did. `seen` is always told, so a bare sighting makes it known."""
    if "seen" not in known:
        known["seen"] = (*stamp, "")
    for field in TEXT_FIELDS:
        raw = None if field in SERVER_ONLY and not stamp[0] else entry.get(field)
        if raw is not None and _is_open(known, field, stamp) and (value := amounts.text(raw)):
            _keep(known, field, (*stamp, value))
    raw = entry.get("price")
    if raw is not None and _is_open(known, "price", stamp):
        price = amounts.number(raw)
        if price is not None and price > 0:
            _keep(known, "price", (*stamp, str(price)))
            if code := amounts.currency(entry.get("currency")) or amounts.currency(event.get("currency")):
                _keep(known, "currency", (*stamp, code))


def _is_open(known: Description, field: str, stamp: Stamp) -> bool:
    """Whether this event may still tell the field: nobody has, or another entry of the same event did."""
    before = known.get(field)
    return before is None or before[:3] == stamp
