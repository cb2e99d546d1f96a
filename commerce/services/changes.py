"""Changes of prices and stock: what others are told of those a transaction made, in that transaction, each once.

The trigger on products notes every change, whoever made it. Flapping is no news: a product is back in stock once it was
gone for ten minutes, and its price dropped once it is below every price of the last 24 hours.
"""

from collections.abc import Sequence
from typing import Any

from cdp.lib import bulk_sql
from cdp.outbox.services import publish

GONE_FOR_MINUTES = 10
LOWEST_OF_HOURS = 24
CHUNK = 500  # changes a published topic
BACK = """
SELECT c.id, c.product_id, c.at FROM commerce_productchange AS c
JOIN commerce_product AS p ON p.product_id = c.product_id AND p.active
WHERE c.transaction = pg_current_xact_id()::text::bigint AND c.topic = '' AND c.what = 'stock' AND c.new = 1
  AND NOT EXISTS (
    SELECT FROM commerce_productchange AS o
    WHERE o.product_id = c.product_id AND o.what = 'stock' AND o.new = 0 AND o.id < c.id
      AND o.at > c.at - make_interval(mins => %s))
ORDER BY c.id
"""
DROPPED = """
SELECT c.id, c.product_id, c.at, c.old, c.new, c.currency FROM commerce_productchange AS c
JOIN commerce_product AS p ON p.product_id = c.product_id AND p.active
WHERE c.transaction = pg_current_xact_id()::text::bigint AND c.topic = '' AND c.what = 'price' AND c.new < c.old
  AND NOT EXISTS (
    SELECT FROM commerce_productchange AS o
    WHERE o.product_id = c.product_id AND o.what = 'price' AND o.currency = c.currency AND o.id < c.id
      AND least(o.old, o.new) <= c.new AND o.at > c.at - make_interval(hours => %s))
ORDER BY c.id
"""
TOLD = "UPDATE commerce_productchange SET topic = %s WHERE id = ANY(%s::bigint[])"


def tell_changes() -> None:
    """Publish what this transaction changed of prices and stock. Every door calls it after its writing."""
    back = bulk_sql.fetch(BACK, [GONE_FOR_MINUTES])
    for part in _chunks(back):
        publish(
            "product.back_in_stock", {"changes": [{"product_id": row[1], "at": row[2].isoformat()} for row in part]}
        )
    _mark("product.back_in_stock", back)
    dropped = bulk_sql.fetch(DROPPED, [LOWEST_OF_HOURS])
    for part in _chunks(dropped):
        publish("product.price_dropped", {"changes": [_drop(*row[1:]) for row in part]})
    _mark("product.price_dropped", dropped)


def _drop(product_id: str, at: Any, old: Any, new: Any, currency: str) -> dict[str, str]:
    amounts = {"old": f"{old.normalize():f}", "new": f"{new.normalize():f}"}
    return {"product_id": product_id, **amounts, "currency": currency, "at": at.isoformat()}


def _chunks(rows: Sequence[Any]) -> list[Sequence[Any]]:
    return [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]


def _mark(topic: str, rows: Sequence[Any]) -> None:
    if rows:
        bulk_sql.execute(TOLD, [topic, [row[0] for row in rows]])
