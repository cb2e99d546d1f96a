"""A small shop for the lake's tests: events enter by the real door and are processed for real."""

import json
from datetime import datetime, timedelta
from typing import Any

from cdp.lib.clock import utc_now
from cdp.outbox.services import drain_all
from events.models import Source
from events.queries.sources import source_by_write_key
from events.services import accept
from profiles.models import Identifier
from segments.models import ComputedValues

PIPELINE = {"events.process", "commerce.refold", "commerce.rejoin"}
COUNTER = iter(range(10**9))


class Shop:
    """One server source, and whatever happened."""

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or utc_now()
        facts = source_by_write_key(Source.objects.create(name="server", kind="server").write_key)
        assert facts is not None
        self.source = facts

    def send(self, *items: dict[str, Any]) -> None:
        """Events in the Segment format, processed and folded into carts and orders."""
        batch = [{"messageId": f"lake-{next(COUNTER)}", **item} for item in items]
        accept(self.source, json.dumps({"batch": batch}).encode(), path_type="batch")
        drain_all(only=PIPELINE)

    def track(self, user: str, name: str, *, days_ago: float = 0, **properties: Any) -> dict[str, Any]:
        """A track item of a user id."""
        at = (self.now - timedelta(days=days_ago)).isoformat()
        return {"type": "track", "userId": user, "event": name, "properties": properties, "timestamp": at}

    def identify(self, user: str, **traits: Any) -> dict[str, Any]:
        """An identify item of a user id."""
        return {"type": "identify", "userId": user, "traits": traits, "timestamp": utc_now().isoformat()}

    def compute(self, user: str, **values: Any) -> None:
        """What was computed of somebody who has sent something."""
        owner = Identifier.objects.values_list("profile_id", flat=True).get(value=user)
        ComputedValues.objects.update_or_create(profile_id=owner, defaults={"values": values})

    def order(self, user: str, order_id: str, *products: str, days_ago: float = 0) -> dict[str, Any]:
        """An order of these products at 10.00 each."""
        lines = [{"product_id": product, "quantity": 1, "price": 10} for product in products]
        total = 10 * len(products)
        return self.track(
            user, "Order Completed", days_ago=days_ago, order_id=order_id, revenue=total, currency="EUR", products=lines
        )
