"""Reads of orders. An order is placed once it has a time; a mere checkout or a refund without its order has none."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from commerce.contracts import LineState, OrderCoupons, OrderFacts, OrderWithLines
from commerce.models import Order, OrderLine

FIELDS = (
    "order_id",
    "identifier_id",
    "status",
    "is_guest",
    "currency",
    "country",
    "revenue",
    "refunded",
    "cart_id",
    "placed_at",
)
WHOLE = ("order_id", "identifier_id", "status", "currency", "revenue", "total", "refunded", "placed_at")
COUPONS = (
    "order_id",
    "identifier_id",
    "status",
    "currency",
    "discount",
    "placed_at",
    "coupon",
    "coupon_is_trusted",
    "redemptions",
    "cancel_is_trusted",
)
LINE = ("kind", "product_id", "name", "quantity", "price", "amount", "occurred_at")


def orders_since(identifier_ids: Collection[int], since: datetime) -> list[OrderFacts]:
    """Orders placed at or after `since` that hang on these identifiers, newest first; cancelled ones too."""
    return _facts(Order.objects.filter(identifier_id__in=list(identifier_ids), placed_at__gte=since))


def orders_of(identifier_ids: Collection[int], *, limit: int | None = None) -> list[OrderFacts]:
    """Every placed order that hangs on these identifiers, newest first."""
    return _facts(Order.objects.filter(identifier_id__in=list(identifier_ids), placed_at__isnull=False), limit)


def orders_by_ids(order_ids: Collection[str]) -> list[OrderFacts]:
    """These orders, placed or not, by order id."""
    rows = Order.objects.filter(order_id__in=list(order_ids)).order_by("order_id").values_list(*FIELDS)
    return [OrderFacts(*row) for row in rows]


def orders_with_lines(identifier_ids: Collection[int]) -> list[OrderWithLines]:
    """Every order of these identifiers with its lines, by order id; those not placed (refunds alone) too."""
    return _whole(Order.objects.filter(identifier_id__in=list(identifier_ids)))


def orders_with_lines_by_ids(order_ids: Collection[str]) -> list[OrderWithLines]:
    """These orders with their lines, by order id; what hangs on nobody is left out."""
    return _whole(Order.objects.filter(order_id__in=list(order_ids), identifier_id__isnull=False))


def _whole(orders: QuerySet[Order]) -> list[OrderWithLines]:
    rows: list[dict[str, Any]] = list(orders.order_by("order_id").values("id", *WHOLE))
    lines: dict[int, list[LineState]] = {}
    found = OrderLine.objects.filter(order_id__in=[row["id"] for row in rows]).order_by("order_id", "position")
    for order_id, *line in found.values_list("order_id", *LINE):
        lines.setdefault(order_id, []).append(LineState(*line))
    return [
        OrderWithLines(**{name: row[name] for name in WHOLE}, lines=tuple(lines.get(row["id"], ()))) for row in rows
    ]


def coupons_of_orders(order_ids: Collection[str]) -> list[OrderCoupons]:
    """What these orders say of offers, by order id."""
    rows = Order.objects.filter(order_id__in=list(order_ids)).order_by("order_id").values_list(*COUPONS)
    return [OrderCoupons(*row) for row in rows]


def known_orders(order_ids: Collection[str]) -> set[str]:
    """Those of the order ids that were ever placed, started or refunded."""
    return set(Order.objects.filter(order_id__in=list(order_ids)).values_list("order_id", flat=True))


def _facts(orders: QuerySet[Order], limit: int | None = None) -> list[OrderFacts]:
    rows = orders.order_by("-placed_at", "order_id").values_list(*FIELDS)
    return [OrderFacts(*row) for row in (rows if limit is None else rows[:limit])]
