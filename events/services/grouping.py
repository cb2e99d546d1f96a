"""Group events become accounts: the consumer `profiles.accounts` reads them from the log and hands them down."""

from collections.abc import Mapping, Sequence

from cdp.lib.clock import to_us
from cdp.outbox.contracts import TopicMessage
from events import queries
from events.contracts import StoredEvent
from profiles.contracts import GroupSighting, IdentifierKey
from profiles.identifiers import canonicalize
from profiles.services.accounts import fold_accounts

GROUP = "group"
GROUP_ID = "group_id"


def consume_events_stored(messages: Sequence[TopicMessage]) -> None:
    """Fold the group calls of these stored batches into accounts, in the caller's transaction. Idempotent."""
    found: list[GroupSighting] = []
    for message in messages:
        first, last = message.payload["first_id"], message.payload["last_id"]
        for event in queries.events_between(first, last, {GROUP}, with_context=False):
            sighting = _sighting(event)
            if sighting is not None:
                found.append(sighting)
    fold_accounts(found)


def _sighting(event: StoredEvent) -> GroupSighting | None:
    """None for a track that is called “group”, and for an id that names nothing, such as null."""
    key = canonicalize(GROUP_ID, event.properties.get("groupId")) if event.type == GROUP else None
    if not isinstance(key, IdentifierKey):
        return None
    traits = event.properties.get("traits")
    told = traits if isinstance(traits, Mapping) else {}
    return GroupSighting(key.value, event.identifier_id, to_us(event.occurred_at), told, event.message_hash.hex())
