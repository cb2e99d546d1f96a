"""Sources, a way to send and work, and the whole of what the service believes as one value to compare."""

from collections.abc import Callable
from typing import Any

import pytest

from commerce.models import Cart, Order
from events.models import Event, QuarterHour, RejectedEvent, Source, SourceDay, StoredMessage
from events.queries import source_by_id
from events.services import process_slice, record
from profiles.models import Identifier, IdentifierState, Profile
from tests.commerce.facts import START

Work = Callable[[], int]


@pytest.fixture
def server(db: None) -> Source:
    return Source.objects.create(name="backend", kind=Source.Kind.SERVER)


@pytest.fixture
def work() -> Work:
    """Work the inbox until nothing is due."""

    def work_all() -> int:
        total = 0
        while found := process_slice():
            total += found
        return total

    return work_all


def send(source: Source, *items: dict[str, Any], lane: int = 0) -> int:
    """Put items into the inbox as one request; its id."""
    facts = source_by_id(source.pk)
    assert facts is not None
    (answer,) = record(facts, items, lane=lane, received_at=START)
    return answer.inbox_id


def track(number: int, event: str = "Product Viewed", user: str = "u1", **properties: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "event": event,
        "userId": user,
        "messageId": f"m{number}",
        "timestamp": f"2026-03-01T09:{number % 60:02d}:00Z",
        "properties": properties,
    }


def believed() -> dict[str, Any]:
    """Everything stored, free of the ids that storing anew changes."""
    events = Event.objects.order_by("inbox_id", "index").values_list(
        *("inbox_id", "index", "source_id", "message_hash", "type", "name", "identifier_id", "server_side"),
        *("occurred_at", "received_at", "flags", "cart_id", "order_id", "properties", "context"),
    )
    return {
        "events": [(*row[:3], bytes(row[3]), *row[4:]) for row in events],
        "messages": sorted((s, bytes(h), at, d) for s, h, at, d in StoredMessage.objects.values_list(
            "source_id", "message_hash", "occurred_at", "digest")),
        "identifiers": list(Identifier.objects.order_by("pk").values_list("pk", "kind", "value", "profile_id")),
        "states": list(IdentifierState.objects.order_by("pk").values_list(
            "pk", "traits", "counters", "event_count", "first_seen_at", "last_seen_at")),
        "profiles": list(Profile.objects.order_by("pk").values_list(
            "pk", "traits", "counters", "event_count", "first_seen_at", "last_seen_at")),
        "days": list(SourceDay.objects.order_by("source_id", "day").values_list(
            "source_id", "day", "received", "accepted", "duplicates", "rejected", "refused", "conflicts")),
        "quarters": list(QuarterHour.objects.order_by("starts_at", "source_id").values_list(
            "starts_at", "source_id", "events")),
        "rejected": list(RejectedEvent.objects.order_by("inbox_id", "index").values_list(
            "inbox_id", "index", "stage", "reason", "resolution", "name")),
        "carts": list(Cart.objects.order_by("key").values_list(
            "key", "identifier_id", "state", "lines", "value", "order_id")),
        "orders": list(Order.objects.order_by("order_id").values_list(
            "order_id", "identifier_id", "status", "revenue", "total")),
    }  # fmt: skip


def day_counts() -> tuple[int, int, int, int, int]:
    """(received, accepted, duplicates, rejected, refused) of the only day of the only source."""
    day = SourceDay.objects.get()
    return (day.received, day.accepted, day.duplicates, day.rejected, day.refused)
