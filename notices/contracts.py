"""What order mails are about: the stages of an order, the events that tell of them, and what each is called."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

FRESH = timedelta(hours=48)
"""What happened or came in longer ago is news to nobody: no mail."""
ADDRESS_WITHIN = timedelta(hours=24)
"""For so long an order whose buyer has no address yet waits for one."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. `event`: the track name that tells of it; `parts`: properties that tell two such mails apart."""

    code: str
    label: str
    event: str
    template: str
    parts: tuple[str, ...] = ()


STAGES: Mapping[str, Stage] = {
    one.code: one
    for one in (
        Stage("confirmed", "Order confirmed", "Order Completed", "order-confirmed"),
        Stage("shipped", "Order shipped", "Order Shipped", "order-shipped", ("shipment_id", "tracking_number")),
        Stage("delayed", "Order delayed", "Order Delayed", "order-delayed", ("shipment_id", "expected_at")),
        Stage("delivered", "Order delivered", "Order Delivered", "order-delivered", ("shipment_id", "tracking_number")),
        Stage("refunded", "Order refunded", "Order Refunded", "order-refunded", ("refund_id",)),
    )
}
OF_EVENT: Mapping[str, Stage] = {stage.event: stage for stage in STAGES.values()}


@dataclass(frozen=True, slots=True)
class Happened:
    """A stage that an order reached, once a `key`. `facts`: what the event told that a mail may say."""

    stage: str
    key: str
    order_id: str
    identifier_id: int
    facts: Mapping[str, Any]
    at: datetime
