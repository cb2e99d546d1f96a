"""The stored events that triggers look at: live, fresh, and of no import."""

from collections.abc import Collection, Sequence
from datetime import datetime

from automation.triggers.freshness import is_fresh
from cdp.outbox.contracts import TopicMessage
from events import queries as events
from events.contracts import StoredEvent


def fresh_events(messages: Sequence[TopicMessage], names: Collection[str], now: datetime) -> list[StoredEvent]:
    """Those of these names that happened within the last day, by id."""
    found: list[StoredEvent] = []
    for message in messages:
        first, last = int(message.payload["first_id"]), int(message.payload["last_id"])
        found += events.events_between(first, last, names, with_context=False)
    return fresh(found, now)


def fresh(stored: Sequence[StoredEvent], now: datetime) -> list[StoredEvent]:
    """Those that happened, and came in, within the last day, and not by an import."""
    told = [event for event in stored if is_fresh(event.occurred_at, event.received_at, now)]
    return [event for event in told if not _is_import(event.source_id)]


def _is_import(source_id: int) -> bool:
    source = events.source_by_id(source_id)
    return source is not None and source.kind == "import"
