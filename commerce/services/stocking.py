"""Stock told by the API or by events of the shop's servers, set at a time: the latest word stands, whoever said it.

Orders take nothing off: a shop's own stock is what it tells, and counting here as well would count twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from cdp.lib import bulk_sql
from cdp.lib.conflicts import retrying
from commerce.contracts import Fact, RowError, StockCount, StockRow
from commerce.feeds.stock import stock_of_events
from commerce.services.changes import tell_changes

KNOWN = """
SELECT product_id, from_feed, in_stock, quantity, stock_at FROM commerce_product
WHERE product_id = ANY(%s::text[]) ORDER BY product_id FOR UPDATE
"""
UPDATE = """
UPDATE commerce_product AS p SET in_stock = t.in_stock, quantity = t.quantity, stock_at = t.at,
  price = COALESCE(t.price, p.price), updated_at = %s::timestamptz, taken_away = '',
  list_price = CASE WHEN p.list_price <= t.price THEN NULL ELSE p.list_price END,
  active = p.active OR p.taken_away = 'inactive'
FROM unnest(%s::text[], %s::boolean[], %s::numeric[], %s::numeric[], %s::timestamptz[])
  AS t(product_id, in_stock, quantity, price, at)
WHERE p.product_id = t.product_id
"""
UNKNOWN = "No such product: send it to POST /v1/catalog/products first."
NO_FEED = "Events tell the price of this product, no feed does: send the product to POST /v1/catalog/products first."


def set_stock(
    rows: Sequence[StockRow], now: datetime, places: Mapping[str, int] | None = None
) -> tuple[StockCount, list[RowError]]:
    """Take what is told of stock, each product once. Raises nothing for a row: `errors` name those not taken, by
    `places` (product id → index)."""
    return retrying(lambda: _set(rows, now, places or {}))


@transaction.atomic
def _set(rows: Sequence[StockRow], now: datetime, places: Mapping[str, int]) -> tuple[StockCount, list[RowError]]:
    return set_stock_within(rows, now, places)


def set_stock_within(
    rows: Sequence[StockRow], now: datetime, places: Mapping[str, int]
) -> tuple[StockCount, list[RowError]]:
    """The same in the caller's transaction."""
    known = {row[0]: row for row in bulk_sql.fetch(KNOWN, [sorted(row.product_id for row in rows)])}
    errors, changes, older = [], [], 0
    for row in sorted(rows, key=lambda row: row.product_id):
        stored = known.get(row.product_id)
        if stored is None or (row.price is not None and not stored[1]):
            reason, detail = ("product_unknown", UNKNOWN) if stored is None else ("price_of_events", NO_FEED)
            errors.append(RowError(places.get(row.product_id, 0), reason, detail, row.product_id))
        elif stored[4] is not None and stored[4] > row.at:
            older += 1
        else:
            changes.append(_changed(row, *stored[2:4]))
    if changes:
        bulk_sql.execute(UPDATE, [now, *map(list, zip(*changes, strict=True))])
        tell_changes()
    return StockCount(len(changes), older), sorted(errors, key=lambda error: error.index)


def hear_stock(facts: Iterable[Fact], *, now: datetime) -> int:
    """Take what servers' events tell of stock, in the caller's transaction; how many products. Call it after
    `learn_products`, which makes a product known."""
    rows = stock_of_events(facts, now)
    return set_stock_within(rows, now, {})[0].updated if rows else 0


def _changed(row: StockRow, was_in_stock: bool, was_quantity: Decimal | None) -> tuple[Any, ...]:
    """A count that was told before does not stand against what is told now."""
    in_stock = was_in_stock if row.in_stock is None else row.in_stock
    quantity = was_quantity if row.quantity is None else row.quantity
    if row.quantity is None and quantity is not None and (quantity > 0) is not in_stock:
        quantity = None if in_stock else Decimal(0)
    return row.product_id, in_stock, quantity, row.price, row.at
