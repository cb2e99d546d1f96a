"""The catalog: products as a feed tells them. What a feed told is believed; events describe such a product no more."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection, transaction

from cdp.lib.conflicts import retrying
from cdp.outbox.services import publish
from commerce.contracts import ProductRow, UpsertCount

UPSERT = """
INSERT INTO commerce_product AS p (product_id, name, category, brand, price, currency, url, image_url, in_stock, active,
                                   attributes, from_feed, stamps, seen_at, updated_at)
SELECT t.product_id, COALESCE(t.name, ''), COALESCE(t.category, ''), COALESCE(t.brand, ''), t.price,
       COALESCE(t.currency, ''), COALESCE(t.url, ''), COALESCE(t.image_url, ''), COALESCE(t.in_stock, TRUE),
       COALESCE(t.active, TRUE), COALESCE(t.attributes, '{{}}'), TRUE, '{{}}', %s, %s
FROM unnest({arrays}) AS t({names})
ORDER BY t.product_id
ON CONFLICT (product_id) DO UPDATE SET {updates}, from_feed = TRUE, seen_at = EXCLUDED.seen_at,
  updated_at = EXCLUDED.updated_at
WHERE NOT p.from_feed OR {differs}
RETURNING (xmax = 0)
"""
COLUMNS = {
    "product_id": "text",
    "name": "text",
    "category": "text",
    "brand": "text",
    "price": "numeric",
    "currency": "text",
    "url": "text",
    "image_url": "text",
    "in_stock": "boolean",
    "active": "boolean",
    "attributes": "jsonb",
}
FROM_BROWSERS = frozenset({"name", "category", "brand", "price", "currency"})
SLICE = 5000


def upsert_products(rows: Sequence[ProductRow], now: datetime) -> UpsertCount:
    """Take the rows of a feed, each product once. Idempotent: rows that tell nothing new are not written."""
    created = updated = 0
    for start in range(0, len(rows), SLICE):
        part = rows[start : start + SLICE]
        outcome = retrying(lambda part=part: _upsert(part, now))  # type: ignore[misc]
        created += sum(outcome)
        updated += len(outcome) - sum(outcome)
    return UpsertCount(created, updated, len(rows) - created - updated)


@transaction.atomic
def _upsert(rows: Sequence[ProductRow], now: datetime) -> list[bool]:
    """For each row written, whether it is new. What a row does not tell keeps what is stored, locked and read first."""
    with connection.cursor() as cursor:
        cursor.execute(_KEPT, [sorted(row.product_id for row in rows)])
        kept = {stored[0]: stored for stored in cursor.fetchall()}
        merged = [_merge(row, kept.get(row.product_id)) for row in rows]
        cursor.execute(_STATEMENT, [now, now, *map(list, zip(*merged, strict=True))])
        written = [is_new for (is_new,) in cursor.fetchall()]
    if any(_sorted_into(row) != _sorted_into(kept.get(row[0])) for row in merged):
        publish("catalog.changed", {})
    return written


def _sorted_into(row: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    """What others group products by: category, brand and attributes."""
    if row is None:
        return None
    told = dict(zip(COLUMNS, row, strict=True))
    return told["category"] or "", told["brand"] or "", msgspec.json.decode(told["attributes"] or "{}")


def _merge(row: ProductRow, stored: tuple[Any, ...] | None) -> tuple[Any, ...]:
    attributes = None if row.attributes is None else msgspec.json.encode(row.attributes).decode()
    told = (*(getattr(row, name) for name in list(COLUMNS)[:-1]), attributes)
    if stored is None:
        return told
    return tuple(old if new is None else new for new, old in zip(told, stored, strict=True))


def _kept(name: str) -> str:
    """The column, but not what a browser alone told: what a feed describes is believed to the last word."""
    if name not in FROM_BROWSERS:
        return name
    nothing = "NULL" if COLUMNS[name] == "numeric" else "''"
    return f"CASE WHEN from_feed OR stamps #>> '{{{name},0}}' = 'true' THEN {name} ELSE {nothing} END"


_KEPT = (
    f"SELECT {', '.join(map(_kept, list(COLUMNS)[:-1]))}, attributes::text FROM commerce_product "  # noqa: S608
    "WHERE product_id = ANY(%s) ORDER BY product_id FOR UPDATE"
)
_STATEMENT = UPSERT.format(
    arrays=", ".join(f"%s::{kind}[]" for kind in COLUMNS.values()),
    names=", ".join(COLUMNS),
    updates=", ".join(f"{name} = EXCLUDED.{name}" for name in COLUMNS if name != "product_id"),
    differs="("
    + ", ".join(f"p.{name}" for name in COLUMNS)
    + ") IS DISTINCT FROM ("
    + ", ".join(f"EXCLUDED.{name}" for name in COLUMNS)
    + ")",
)
