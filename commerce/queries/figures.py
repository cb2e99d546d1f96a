"""Figures for charts: orders and revenue by hour or day, from one index."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from cdp.lib import bulk_sql
from cdp.lib.spans import Span
from commerce.models import Order

ORDERS = """
SELECT date_trunc(%s::text, placed_at AT TIME ZONE %s::text), currency, count(*), sum(revenue - refunded)
FROM commerce_order
WHERE placed_at >= %s::timestamptz AND placed_at < %s::timestamptz
  AND status = ANY(%s::text[]) GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class OrdersOfBucket:
    """Orders placed in a bucket in one currency (cancelled ones are none), and their revenue less refunds."""

    bucket: datetime
    currency: str
    orders: int
    revenue: Decimal


def orders_by_bucket(span: Span) -> list[OrdersOfBucket]:
    """A row a bucket and currency that had orders; buckets by their local start."""
    params = [span.unit, span.zone, span.start, span.end, list(Order.BOUGHT)]
    return [OrdersOfBucket(*row) for row in bulk_sql.fetch(ORDERS, params)]
