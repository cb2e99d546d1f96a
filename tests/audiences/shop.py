"""A small shop for tests of what is computed of everybody: orders and looks by user id, processed for real."""

from datetime import UTC, datetime
from typing import Any

from cdp.outbox.services import drain_all
from segments.models import ComputedValues
from tests.segments.world import PIPELINE, World

NOW = datetime(2026, 3, 12, 15, tzinfo=UTC)


class Shop(World):
    """Its clock stands at NOW."""

    def __init__(self) -> None:
        super().__init__(NOW)

    def order(
        self, user: str, number: str, revenue: float, *, days_ago: float, currency: str = "EUR", **more: Any
    ) -> dict[str, Any]:
        """An order of one product."""
        return self.track(
            user, "Order Completed", days_ago=days_ago, order_id=number, revenue=revenue, currency=currency,
            products=[{"product_id": "p", "price": revenue, "quantity": 1}], **more,
        )  # fmt: skip

    def happened(self, *items: dict[str, Any], also: frozenset[str] = frozenset()) -> None:
        """Stored and folded; nothing is computed of anybody unless `also` names who does."""
        self.send(*items, settle=False)
        drain_all(only=PIPELINE | {"commerce.refold"} | also)

    def values(self, user: str) -> dict[str, Any]:
        """What is computed of somebody."""
        row = ComputedValues.objects.filter(profile_id=self.profile(user)).first()
        return dict(row.values) if row else {}
