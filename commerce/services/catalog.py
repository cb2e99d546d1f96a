"""The catalog: products as a feed tells them. What a feed told is believed; events describe such a product no more."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any

import msgspec
from django.db import transaction

from cdp.lib import bulk_sql
from cdp.lib.conflicts import retrying
from cdp.outbox.services import publish
from commerce.contracts import ProductRow, UpsertCount
from commerce.models import TakenAway
from commerce.services.changes import tell_changes

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
    "group_id": "text",
    "categories": "jsonb",
    "list_price": "numeric",
    "prices": "jsonb",
    "images": "jsonb",
    "quantity": "numeric",
    "cost": "numeric",
    "feed_id": "bigint",
    "taken_away": "text",
}
DEFAULTS = {"text": "''", "numeric": "NULL", "bigint": "NULL", "boolean": "TRUE"}
OBJECTS = {"attributes", "prices"}
LISTS = {"categories", "images"}
_plain = itemgetter(*(name for name in COLUMNS if name not in OBJECTS | LISTS))
FROM_BROWSERS = frozenset({"name", "category", "brand", "price", "currency"})
SLICE = 5000
UPSERT = """
INSERT INTO commerce_product AS p ({names}, from_feed, stamps, seen_at, updated_at, stock_at)
SELECT {values}, TRUE, '{{}}', %s::timestamptz, %s::timestamptz, %s::timestamptz
FROM unnest({arrays}) AS t({names})
ORDER BY t.product_id
ON CONFLICT (product_id) DO UPDATE SET {updates}, from_feed = TRUE, seen_at = EXCLUDED.seen_at,
  updated_at = EXCLUDED.updated_at,
  stock_at = CASE WHEN (p.in_stock, p.quantity) IS DISTINCT FROM (EXCLUDED.in_stock, EXCLUDED.quantity)
             THEN EXCLUDED.stock_at ELSE p.stock_at END
WHERE NOT p.from_feed OR {differs}
RETURNING (xmax = 0)
"""
_decode = msgspec.json.Decoder(Any, float_hook=Decimal).decode
_encode = msgspec.json.Encoder(order="deterministic").encode
Stored = dict[str, Any]


def upsert_products(
    rows: Sequence[ProductRow], now: datetime, *, feed_id: int | None = None, told_at: datetime | None = None
) -> UpsertCount:
    """Take the rows of a feed, each product once. Idempotent: rows that tell nothing new are not written.

    `feed_id`: the feed they come from, whose products they are from now on. `told_at`: as of when they are told (`now`
    if not given); stock that was told later by somebody else stays.
    """
    count = UpsertCount(0, 0, 0)
    for start in range(0, len(rows), SLICE):
        part = rows[start : start + SLICE]
        count = added(count, retrying(lambda part=part: _upsert(part, now, feed_id, told_at)))  # type: ignore[misc]
    return count


def added(one: UpsertCount, other: UpsertCount) -> UpsertCount:
    """Both counts in one."""
    return UpsertCount(one.created + other.created, one.updated + other.updated, one.unchanged + other.unchanged)


@transaction.atomic
def _upsert(rows: Sequence[ProductRow], now: datetime, feed_id: int | None, told_at: datetime | None) -> UpsertCount:
    return upsert_within(rows, now, feed_id=feed_id, told_at=told_at)


def upsert_within(
    rows: Sequence[ProductRow], now: datetime, *, feed_id: int | None = None, told_at: datetime | None = None
) -> UpsertCount:
    """As `upsert_products`, in the caller's transaction, which tries again after a conflict. At most SLICE rows."""
    if not rows:
        return UpsertCount(0, 0, 0)
    told_at = told_at or now
    stored = bulk_sql.fetch(_KEPT, [sorted(row.product_id for row in rows)])
    kept: dict[str, Stored] = {one[0]: dict(zip(_READ, one, strict=True)) for one in stored}
    merged = [_merge(row, kept.get(row.product_id), feed_id, told_at) for row in rows]
    fresh = [row for row in merged if not _is_stored(row, kept.get(row["product_id"]))]
    if not fresh:
        return UpsertCount(0, 0, len(rows))
    columns = [[row[name] for row in fresh] for name in COLUMNS]
    written = [is_new for (is_new,) in bulk_sql.fetch(_STATEMENT, [now, now, told_at, *columns])]
    if any(_sorted_into(row) != _sorted_into(kept.get(row["product_id"])) for row in fresh):
        publish("catalog.changed", {})
    tell_changes()
    return UpsertCount(sum(written), len(written) - sum(written), len(rows) - len(written))


def _sorted_into(row: Stored | None) -> tuple[Any, ...] | None:
    """What others group products by: category, brand and attributes."""
    if row is None:
        return None
    return row["category"] or "", row["brand"] or "", msgspec.json.decode(row["attributes"] or "{}")


def _merge(row: ProductRow, stored: Stored | None, feed_id: int | None, told_at: datetime) -> Stored:
    """The row as it shall be. What it does not tell keeps what is stored, locked and read first."""
    told: Stored = {name: getattr(row, name, None) for name in COLUMNS}
    for name in OBJECTS | LISTS:
        if told[name] is not None:
            told[name] = _encode(told[name]).decode()
    told["feed_id"], told["taken_away"] = feed_id, ""
    if stored is None:
        return told
    stored = dict(stored)
    _undo_taking_away(told, stored)
    if stored["stock_at"] is not None and stored["stock_at"] > told_at:
        told["in_stock"] = told["quantity"] = None
    _fit_quantity(told, stored)
    found = {name: stored[name] if value is None else value for name, value in told.items()}
    if told["list_price"] is None and told["price"] is not None and (stored["list_price"] or 0) <= told["price"]:
        found["list_price"] = None  # a reduction that is over
    return found


def _is_stored(row: Stored, stored: Stored | None) -> bool:
    """Whether the row is what a feed told before: most rows of a feed are, and cost no writing."""
    if stored is None or not stored["from_feed"]:
        return False
    if _plain(row) != _plain(stored):
        return False
    return all(row[name] == stored[name] or _decoded(row[name]) == _decoded(stored[name]) for name in OBJECTS | LISTS)


def _decoded(text: str | None) -> Any:
    return _decode(text) if text else None


def _undo_taking_away(told: Stored, stored: Stored) -> None:
    """A product that is told of again is what it was before its feed left it out."""
    if stored["taken_away"] == TakenAway.INACTIVE and told["active"] is None:
        told["active"] = True
    if stored["taken_away"] == TakenAway.OUT_OF_STOCK and told["in_stock"] is None:
        told["in_stock"] = True


def _fit_quantity(told: Stored, stored: Stored) -> None:
    """A count that was told before does not stand against what is told now."""
    if told["in_stock"] is None or told["quantity"] is not None or stored["quantity"] is None:
        return
    if told["in_stock"] is not (stored["quantity"] > 0):
        told["quantity"] = 0 if not told["in_stock"] else None
        stored["quantity"] = None


def _kept(name: str) -> str:
    """The column, but not what a browser alone told: what a feed describes is believed to the last word."""
    if name in OBJECTS:
        return f"{name}::text"
    if name in LISTS:
        return f"to_jsonb({name})::text"
    if name not in FROM_BROWSERS:
        return name
    nothing = DEFAULTS[COLUMNS[name]]
    return f"CASE WHEN from_feed OR stamps #>> '{{{name},0}}' = 'true' THEN {name} ELSE {nothing} END"


def _value(name: str) -> str:
    """What a new product has where nothing is told."""
    if name in OBJECTS:
        return f"COALESCE(t.{name}, '{{}}')"
    if name in LISTS:
        return f"ARRAY(SELECT jsonb_array_elements_text(t.{name}))"
    return f"COALESCE(t.{name}, {DEFAULTS[COLUMNS[name]]})"


_READ = (*COLUMNS, "stock_at", "from_feed")
_KEPT = (
    f"SELECT {', '.join(map(_kept, _READ))} FROM commerce_product "  # noqa: S608 - names of our own columns
    "WHERE product_id = ANY(%s::text[]) ORDER BY product_id FOR UPDATE"
)
_STATEMENT = UPSERT.format(
    arrays=", ".join(f"%s::{kind}[]" for kind in COLUMNS.values()),
    names=", ".join(COLUMNS),
    values=", ".join(map(_value, COLUMNS)),
    updates=", ".join(f"{name} = EXCLUDED.{name}" for name in COLUMNS if name != "product_id"),
    differs="("
    + ", ".join(f"p.{name}" for name in COLUMNS)
    + ") IS DISTINCT FROM ("
    + ", ".join(f"EXCLUDED.{name}" for name in COLUMNS)
    + ")",
)
