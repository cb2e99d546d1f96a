"""What attribution reads: events that name an answer, orders with the sums of their lines, and their buyers' touches.

Batches that name no answer cost one look at the names of their events, batches without a creditable order one at their
orders.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from cdp.lib import bulk_sql
from cdp.lib.values import read_number
from recommendations.crediting import Credit, Order, Source, Touch

VIEWED, CLICKED, ADDED = "Product List Viewed", "Product Clicked", "Product Added"
TELLING = (VIEWED, CLICKED, ADDED)
ORDER_NAMES = ("Order Completed", "Order Updated", "Checkout Started")
EVENTS = """
SELECT e.name, e.identifier_id, e.occurred_at, e.properties::text
FROM unnest(%s::bigint[], %s::bigint[]) AS batch(first_id, last_id)
JOIN events_event AS e ON e.id BETWEEN batch.first_id AND batch.last_id
WHERE e.name = ANY(%s::text[]) AND e.properties ? 'recommendation_id' AND NOT 'bot' = ANY(e.flags)
"""
NAMED = """
SELECT order_id, CASE WHEN server_side THEN NULL ELSE identifier_id END, properties::text FROM events_event
WHERE order_id = ANY(%s::text[]) AND name = ANY(%s::text[])
  AND (properties ? 'recommendation_id' OR properties @? '$.products[*].recommendation_id')
ORDER BY name = 'Checkout Started' DESC, server_side, occurred_at, message_hash
"""
ORDERS = """
SELECT o.order_id, o.identifier_id, o.status, o.placed_at, o.currency, l.product_id,
  coalesce(sum(l.amount) FILTER (WHERE l.kind = 'goods'), 0),
  coalesce(sum(l.amount) FILTER (WHERE l.kind = 'refund'), 0), bool_or(l.kind = 'goods')
FROM commerce_order AS o JOIN commerce_orderline AS l ON l.order_id = o.id
WHERE o.order_id = ANY(%s::text[]) AND (o.placed_at > %s::timestamptz OR o.order_id = ANY(%s::text[]))
GROUP BY o.id, l.product_id ORDER BY o.order_id, l.product_id
"""
CREDITS = """
SELECT order_id, product_id, recommendation, placement, variant, model_run, served_at, amount, currency, at
FROM recommendations_feedback WHERE kind = 3 AND order_id = ANY(%s::text[])
ORDER BY order_id, product_id
"""
TOUCHES = """
SELECT recommendation, placement, variant, model_run, served_at, identifier_id, product_id, at
FROM recommendations_feedback
WHERE identifier_id = ANY(%s::bigint[]) AND kind IN (1, 2) AND at BETWEEN %s::timestamptz AND %s::timestamptz
"""
SOLD = """
SELECT recommendation, count(*) FROM recommendations_feedback
WHERE recommendation = ANY(%s::bytea[]) AND kind = 3 GROUP BY 1
"""
LATER = """
SELECT DISTINCT o.order_id FROM unnest(%s::bigint[], %s::timestamptz[]) AS touch(identifier_id, at)
JOIN commerce_order AS o ON o.identifier_id = touch.identifier_id
WHERE o.placed_at >= touch.at AND o.placed_at <= touch.at + make_interval(days => %s::bigint::int)
"""
VARIANTS = """
SELECT one.product_id, other.product_id FROM commerce_product AS one
JOIN commerce_product AS other ON other.group_id = one.group_id
WHERE one.product_id = ANY(%s::text[]) AND one.group_id <> '' AND other.group_id <> ''
"""
_objects = msgspec.json.Decoder(dict[str, Any], float_hook=read_number).decode


@dataclass(frozen=True, slots=True)
class Telling:
    """An event that names an answer."""

    name: str
    identifier_id: int
    at: datetime
    properties: dict[str, Any]


def tellings(ranges: Sequence[tuple[int, int]]) -> list[Telling]:
    """Events of these stored batches that name an answer; none of bots."""
    columns = [[first for first, _ in ranges], [last for _, last in ranges]]
    rows = bulk_sql.fetch(EVENTS, [*columns, list(TELLING)])
    return [Telling(name, who, at, _objects(properties)) for name, who, at, properties in rows]


def named_by_orders(order_ids: Collection[str]) -> list[tuple[str, int | None, dict[str, Any]]]:
    """(order id, whose browser told it, properties) of order events that name an answer, the most believed last; None
    for the shop's own server."""
    rows = bulk_sql.fetch(NAMED, [sorted(order_ids), list(ORDER_NAMES)]) if order_ids else []
    return [(order_id, teller, _objects(properties)) for order_id, teller, properties in rows]


def orders(order_ids: Collection[str], since: datetime, credited: Collection[str]) -> list[Order]:
    """Those of the orders that were placed after `since` or are among `credited`, with sums by product."""
    found: dict[str, Order] = {}
    for order_id, who, status, placed_at, currency, product_id, goods, refunds, is_goods in bulk_sql.fetch(
        ORDERS, [sorted(order_ids), since, sorted(credited)]
    ):
        empty: tuple[dict[str, Decimal], dict[str, Decimal]] = ({}, {})
        one = found.setdefault(order_id, Order(order_id, who, status, placed_at, currency, *empty))
        if is_goods:
            one.goods[product_id] = goods  # type: ignore[index]
        if refunds:
            one.refunds[product_id] = refunds  # type: ignore[index]
    return list(found.values())


def credits_before(order_ids: Collection[str]) -> list[Credit]:
    """What these orders were credited to."""
    rows = bulk_sql.fetch(CREDITS, [sorted(order_ids)]) if order_ids else []
    return [
        Credit(order_id, product_id, Source(bytes(nonce), *rest), amount or Decimal(0), currency, at)
        for order_id, product_id, nonce, *rest, amount, currency, at in rows
    ]


def touches(identifier_ids: Collection[int], since: datetime, until: datetime) -> list[Touch]:
    """Clicks and additions of these identifiers, both ends included."""
    rows = bulk_sql.fetch(TOUCHES, [sorted(identifier_ids), since, until]) if identifier_ids else []
    return [Touch(Source(bytes(nonce), *rest), who, product_id, at) for nonce, *rest, who, product_id, at in rows]


def sold(nonces: Collection[bytes]) -> Mapping[bytes, int]:
    """{nonce: how many products of orders are credited to that answer}, without zeros."""
    return {bytes(nonce): count for nonce, count in bulk_sql.fetch(SOLD, [sorted(nonces)])} if nonces else {}


def ordered_after(touched: Collection[tuple[int, datetime]], days: int) -> set[str]:
    """Orders that one of these identifiers placed within `days` after its time."""
    if not touched:
        return set()
    ordered = sorted(touched)
    columns = [[who for who, _ in ordered], [at for _, at in ordered]]
    return {order_id for (order_id,) in bulk_sql.fetch(LATER, [*columns, days])}


def variants(product_ids: Collection[str]) -> dict[str, set[str]]:
    """{product id: it and its variants} of those that have any."""
    found: dict[str, set[str]] = {}
    for product_id, other in bulk_sql.fetch(VARIANTS, [sorted(product_ids)]) if product_ids else []:
        found.setdefault(product_id, {product_id}).add(other)
    return found


def window(orders_placed: Collection[Order], days: int) -> tuple[datetime, datetime] | None:
    """From when to when touches may count for these orders; None for none."""
    times = [one.placed_at for one in orders_placed if one.placed_at is not None]
    return (min(times) - timedelta(days=days), max(times)) if times else None
