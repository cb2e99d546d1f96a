"""Which events are a stage of an order that is written about, and what of them a mail may say. Pure.

Only a server's word counts: the browser's key is public, and whoever has it must not have us write to strangers.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from commerce.amounts import number, text, usable_id
from notices.contracts import FRESH, OF_EVENT, Happened, Stage

TELLING = ("tracking_url", "tracking_number", "carrier", "expected_at", "reason", "order_url", "status_url")


def happened(
    *,
    name: str,
    order_id: str | None,
    identifier_id: int,
    properties: Mapping[str, Any],
    server_side: bool,
    occurred_at: datetime,
    received_at: datetime,
    message_hash: bytes,
    now: datetime,
) -> Happened | None:
    """The stage that an event tells of; None where it tells of none, is a browser's, has no order id, or is old."""
    stage = OF_EVENT.get(name)
    usable = usable_id(order_id)
    if stage is None or usable is None or not server_side:
        return None
    if min(occurred_at, received_at) < now - FRESH:
        return None
    key = key_of(stage, usable, properties, message_hash)
    return Happened(stage.code, key, usable, identifier_id, facts_of(properties), occurred_at)


def key_of(stage: Stage, order_id: str, properties: Mapping[str, Any], message_hash: bytes) -> str:
    """What makes it this mail and no other: the order, and of several shipments, delays or refunds which one.

    Refunds without an id of their own are told apart by their event.
    """
    part = next((found for name in stage.parts if (found := text(properties.get(name)))), "")
    if not part and stage.code == "refunded":
        part = message_hash.hex()
    return f"{order_id}:{part}" if part else order_id


def facts_of(properties: Mapping[str, Any]) -> dict[str, str]:
    """What a mail may say beside the order itself; amounts as decimal text."""
    found = {name: said for name in TELLING if (said := text(properties.get(name)))}
    amount = number(properties.get("refund_amount", properties.get("total", properties.get("revenue"))))
    return found | ({"amount": f"{amount:f}"} if amount is not None else {})
