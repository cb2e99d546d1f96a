"""Stock as it is told by programs: a list in a request, or events of the shop's servers. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from cdp.lib.clock import from_us
from cdp.lib.values import instant_us
from commerce import amounts
from commerce.contracts import Fact, RowError, StockRow
from commerce.feeds.bodies import MOST_ROWS, BadFeed

FIELDS = ("product_id", "in_stock", "quantity", "price", "at")
NAMES = frozenset({"Product Stock Changed", "Product Availability Updated"})
AHEAD = timedelta(minutes=5)


def stock_of_json(document: Any, now: datetime) -> tuple[list[StockRow], list[RowError], dict[str, int]]:
    """Rows of `{"products": [...]}`, the faults, and each product's index. Raises BadFeed.

    Of several rows of one product the one told last counts, of equal times the later in the list.
    """
    entries = document.get("products") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise BadFeed(
            "feed_shape", 'The body must be a JSON object like {"products": [{"product_id": …, "in_stock": …}]}.'
        )
    if len(entries) > MOST_ROWS:
        raise BadFeed("feed_too_long", f"{len(entries)} products in one request; send at most {MOST_ROWS}.")
    rows: dict[str, StockRow] = {}
    errors: list[RowError] = []
    places: dict[str, int] = {}
    for index, entry in enumerate(entries):
        found = _row(index, entry, now)
        if isinstance(found, RowError):
            errors.append(found)
        elif found.product_id not in rows or found.at >= rows[found.product_id].at:
            rows[found.product_id], places[found.product_id] = found, index
    return list(rows.values()), errors, places


def stock_of_events(facts: Iterable[Fact], now: datetime) -> list[StockRow]:
    """What servers told of stock; of each product the latest word. A browser's word on stock is nobody's."""
    rows: dict[str, tuple[tuple[datetime, bytes], StockRow]] = {}
    for fact in facts:
        if fact.name not in NAMES or not fact.is_server:
            continue
        for entry in _entries(fact):
            row = _told(entry, min(fact.at, now))
            if row is not None and (row.product_id not in rows or rows[row.product_id][0] <= fact.key):
                rows[row.product_id] = (fact.key, row)
    return [row for _, row in rows.values()]


def _entries(fact: Fact) -> Iterator[dict[str, Any]]:
    if "product_id" in fact.properties or "sku" in fact.properties:
        yield fact.properties
    yield from amounts.products(fact.properties) or ()


def _told(entry: dict[str, Any], at: datetime) -> StockRow | None:
    product_id = amounts.product_id(entry)
    in_stock = entry.get("in_stock")
    quantity = amounts.number(entry.get("quantity"))
    if quantity is not None and quantity < 0:
        quantity = Decimal(0)
    if product_id is None or (not isinstance(in_stock, bool) and quantity is None):
        return None
    return _whole(product_id, at, in_stock if isinstance(in_stock, bool) else None, quantity, None)


def _whole(
    product_id: str, at: datetime, in_stock: bool | None, quantity: Decimal | None, price: Decimal | None
) -> StockRow:
    if in_stock is None and quantity is not None:
        in_stock = quantity > 0
    return StockRow(product_id, at, in_stock, None if quantity is None else amounts.bounded(quantity), price)


def _row(index: int, entry: Any, now: datetime) -> StockRow | RowError:
    if not isinstance(entry, dict):
        return RowError(index, "row_shape", "A product must be a JSON object.")
    product_id = amounts.usable_id(entry.get("product_id"))
    shown = product_id or ""
    if unknown := [name for name in entry if name not in FIELDS]:
        detail = f"Unknown field {str(unknown[0])[:100]!r}. Fields are {', '.join(FIELDS)}."
        return RowError(index, "field_unknown", detail, shown)
    if product_id is None:
        return RowError(index, "product_id", f"product_id must be text of 1 to {amounts.LONGEST_ID} characters.")
    in_stock, at = entry.get("in_stock"), _instant(entry.get("at"), now)
    if in_stock is not None and not isinstance(in_stock, bool):
        return RowError(index, "in_stock", "in_stock must be true or false.", shown)
    if at is None:
        detail = "at must be an instant of ISO 8601 like 2026-11-23T10:00:00Z, not in the future."
        return RowError(index, "at", detail, shown)
    numbers = {name: amounts.number(entry.get(name)) for name in ("quantity", "price")}
    for name, found in numbers.items():
        if entry.get(name) is not None and (found is None or found < 0):
            return RowError(index, name, f"{name} must be a number from 0 up with a decimal point, as 19.99.", shown)
    quantity, price = numbers["quantity"], numbers["price"]
    if in_stock is None and quantity is None and price is None:
        return RowError(index, "nothing_told", "Tell in_stock, quantity or price.", shown)
    return _whole(product_id, at, in_stock, quantity, None if price is None else amounts.bounded(price))


def _instant(value: Any, now: datetime) -> datetime | None:
    """The instant told, `now` without one; a clock that is a little fast is forgiven."""
    if value is None:
        return now
    told = instant_us(value) if isinstance(value, str) else None
    if told is None or from_us(told) > now + AHEAD:
        return None
    return min(from_us(told), now)
