"""Reads of orders. An order is placed once it has a time; a mere checkout or a refund without its order has none."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet

from commerce.contracts import OrderFacts
from commerce.models import Order

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


def orders_since(identifier_ids: Collection[int], since: datetime) -> list[OrderFacts]:
    """Orders placed at or after `since` that hang on these identifiers, newest first; cancelled ones too."""
    return _facts(Order.objects.filter(identifier_id__in=list(identifier_ids), placed_at__gte=since))


def orders_of(identifier_ids: Collection[int], *, limit: int | None = None) -> list[OrderFacts]:
    """Every placed order that hangs on these identifiers, newest first."""
    return _facts(Order.objects.filter(identifier_id__in=list(identifier_ids), placed_at__isnull=False), limit)


def known_orders(order_ids: Collection[str]) -> set[str]:
    """Those of the order ids that were ever placed, started or refunded."""
    return set(Order.objects.filter(order_id__in=list(order_ids)).values_list("order_id", flat=True))


def _facts(orders: QuerySet[Order], limit: int | None = None) -> list[OrderFacts]:
    rows = orders.order_by("-placed_at", "order_id").values_list(*FIELDS)
    return [OrderFacts(*row) for row in (rows if limit is None else rows[:limit])]
