"""What is sent, made when it is sent: ids, the facts of the topic as they stand, and the fields the recipient is given.

docs/recipients.md shows every shape.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from cdp.lib import bulk_sql
from recipients.contracts import IDENTIFIER, ORDER_CHANGED, SEGMENT_ENTERED, SEGMENT_LEFT, TRAIT
from recipients.models import Delivery
from recipients.services.asking import About

SEGMENTS = "SELECT id, slug, name, kind, purpose_id FROM segments_segment WHERE id = ANY(%s::bigint[])"
ORDERS = """SELECT order_id, status, currency, revenue, refunded, placed_at FROM commerce_order
WHERE order_id = ANY(%s::text[])"""
Values = Mapping[str, Any]


def facts_of(deliveries: Sequence[Delivery]) -> dict[int, Values]:
    """{delivery id: what the topic tells, as it stands now}; those whose order or segment is gone are absent."""
    segments = _segments(deliveries)
    orders = _orders(deliveries)
    found: dict[int, Values] = {}
    for one in deliveries:
        if one.topic in (SEGMENT_ENTERED, SEGMENT_LEFT):
            segment = segments.get(one.facts.get("segment_id", 0))
            told: Values | None = segment and {"segment": segment, "at": one.facts.get("at")}
            if told is not None and one.facts.get("present"):
                told = {**told, "present": True}
        elif one.topic == ORDER_CHANGED:
            order = orders.get(one.facts.get("order_id", ""))
            told = order and {"order": order}
        else:
            told = one.facts
        if told is not None:
            found[one.pk] = told
    return found


def body(delivery: Delivery, *, about: About | None, told: Values, fields: Sequence[str], now: datetime) -> bytes:
    """The JSON document of one delivery."""
    document: dict[str, Any] = {
        "id": delivery.key,
        "type": delivery.topic,
        "timestamp": delivery.made_at,
        "sent_at": now,
        "attempt": delivery.attempts,
        "data": told,
    }
    if about is not None:
        document["person"] = {"profile_id": about.profile_id, **chosen(about, fields)}
    return msgspec.json.encode(document)


def chosen(about: About, fields: Sequence[str]) -> dict[str, Any]:
    """Only what the recipient is given: {"identifiers": {kind: [values]}, "traits": {name: value}}."""
    kinds = {field.removeprefix(IDENTIFIER) for field in fields if field.startswith(IDENTIFIER)}
    names = {field.removeprefix(TRAIT) for field in fields if field.startswith(TRAIT)}
    identifiers: dict[str, list[str]] = {}
    for one in about.identifiers:
        if one.kind in kinds:
            identifiers.setdefault(one.kind, []).append(one.value)
    traits = {name: about.traits[name] for name in sorted(names) if name in about.traits}
    return {"identifiers": identifiers, "traits": traits}


def duty_told(delivery: Delivery, about: About | None) -> Values:
    """What a duty tells: the ids the recipient knew, and of a correction what holds now of the fields it was given."""
    told: dict[str, Any] = dict(delivery.facts)
    corrected = told.pop("fields", None)
    if about is not None and corrected is not None:
        told["corrected"] = chosen(about, corrected)
    return told


def _segments(deliveries: Sequence[Delivery]) -> dict[int, Values]:
    ids = [one.facts.get("segment_id", 0) for one in deliveries if one.topic in (SEGMENT_ENTERED, SEGMENT_LEFT)]
    rows = bulk_sql.fetch(SEGMENTS, [ids]) if ids else []
    return {
        pk: {"id": pk, "slug": slug, "name": name, "kind": kind, "purpose": purpose}
        for pk, slug, name, kind, purpose in rows
    }


def _orders(deliveries: Sequence[Delivery]) -> dict[str, Values]:
    ids = [one.facts.get("order_id", "") for one in deliveries if one.topic == ORDER_CHANGED]
    rows = bulk_sql.fetch(ORDERS, [ids]) if ids else []
    return {
        order_id: {
            "order_id": order_id,
            "status": status,
            "currency": currency,
            "revenue": revenue,
            "refunded": refunded,
            "placed_at": placed_at,
        }
        for order_id, status, currency, revenue, refunded, placed_at in rows
    }
