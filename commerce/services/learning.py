"""Learning: products as events describe them, until a feed does. Joined by field under sorted row locks."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from cdp.lib import bulk_sql
from cdp.lib.clock import from_us
from cdp.outbox.services import publish
from commerce import products
from commerce.contracts import Fact
from commerce.services.changes import tell_changes

STORED = "SELECT product_id, from_feed FROM commerce_product WHERE product_id = ANY(%s::text[])"
MAKE = """
INSERT INTO commerce_product (product_id, name, category, brand, currency, url, image_url, in_stock, active, attributes,
                              from_feed, stamps, seen_at, updated_at)
SELECT id, '', '', '', '', '', '', TRUE, TRUE, '{}', FALSE, '{}', told.at, told.at
FROM unnest(%s::text[]) AS id, (SELECT %s::timestamptz AS at) AS told
ON CONFLICT (product_id) DO NOTHING
"""
KNOWN = """
SELECT product_id, stamps::text FROM commerce_product
WHERE product_id = ANY(%s::text[]) AND NOT from_feed ORDER BY product_id FOR UPDATE
"""
DESCRIBE = """
UPDATE commerce_product AS p SET name = t.name, category = t.category, brand = t.brand, price = t.price,
  currency = t.currency, url = t.url, image_url = t.image_url, stamps = t.stamps, seen_at = t.seen_at,
  updated_at = CASE WHEN (p.name, p.category, p.brand, p.price, p.currency, p.url, p.image_url)
                      IS DISTINCT FROM (t.name, t.category, t.brand, t.price, t.currency, t.url, t.image_url)
                      OR p.is_trusted IS DISTINCT FROM ((t.stamps #> '{seen,0}') = 'true')
                    THEN %s::timestamptz ELSE p.updated_at END
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::numeric[], %s::text[], %s::text[], %s::text[],
            %s::jsonb[], %s::timestamptz[])
  AS t(product_id, name, category, brand, price, currency, url, image_url, stamps, seen_at)
WHERE p.product_id = t.product_id
"""
_stamps = msgspec.json.Decoder(dict[str, products.Told]).decode
_encode = msgspec.json.Encoder().encode


def learn_products(facts: Iterable[Fact], *, now: datetime) -> int:
    """Fold what `facts` tell into the products that no feed describes. Returns how many rows were written."""
    told = products.learn(facts)
    if not told:
        return 0
    ids = sorted(told)
    stored = dict(bulk_sql.fetch(STORED, [ids]))
    if missing := [product_id for product_id in ids if product_id not in stored]:
        bulk_sql.execute(MAKE, [missing, now])
    ours = [product_id for product_id in ids if not stored.get(product_id, False)]
    if not ours:
        return 0
    known = bulk_sql.fetch(KNOWN, [ours])
    was = {product_id: _stamps(stamps) for product_id, stamps in known}
    rows = [row for product_id, before in was.items() if (row := _row(product_id, before, told[product_id]))]
    if rows:
        bulk_sql.execute(DESCRIBE, [now, *map(list, zip(*rows, strict=True))])
        tell_changes()
    if missing or any(_sorted_into(was[row[0]]) != (row[2], row[3]) for row in rows):
        publish("catalog.changed", {})
    return len(rows)


def _sorted_into(told: products.Description) -> tuple[str, str]:
    """What others group products by: category and brand."""
    return _value(told, "category"), _value(told, "brand")


def _row(product_id: str, before: products.Description, told: products.Description) -> tuple[Any, ...] | None:
    """The row as it shall be, or None when the events tell nothing newer."""
    after = products.join(before, told)
    if after == before:
        return None
    price = _value(after, "price")
    return (
        product_id,
        _value(after, "name"),
        _value(after, "category"),
        _value(after, "brand"),
        Decimal(price) if price else None,
        _value(after, "currency"),
        _value(after, "url"),
        _value(after, "image_url"),
        _encode(after).decode(),
        from_us(max(stamp[1] for stamp in after.values())),
    )


def _value(description: products.Description, field: str) -> str:
    return str(description[field][3]) if field in description else ""
