"""What the apps below publish, turned into things to be told: one an affected person, once a topic row."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from cdp.lib import bulk_sql
from cdp.lib.clock import utc_now
from cdp.outbox.contracts import TopicMessage
from recipients.contracts import (
    CONSENT_CHANGED,
    JOURNEY,
    MESSAGE_FINISHED,
    ORDER_CHANGED,
    PROFILE_MERGED,
    PROFILE_SPLIT,
    SEGMENT_ENTERED,
    SEGMENT_LEFT,
    Telling,
)
from recipients.services.telling import tell_all, wanted_topics

ORDERS = """SELECT order_id, identifier_id FROM commerce_order
WHERE order_id = ANY(%s::text[]) AND identifier_id IS NOT NULL AND placed_at IS NOT NULL ORDER BY order_id"""
ENTRIES = """SELECT id, identifier_id, purpose_id, state, occurred_at FROM consent_entry
WHERE id = ANY(%s::bigint[]) AND identifier_id IS NOT NULL ORDER BY id"""
FINISHED = """SELECT id, identifier_id, sender, label, step, state, reason FROM mailing_message
WHERE id = ANY(%s::bigint[]) ORDER BY id"""


def consume_changes(messages: Sequence[TopicMessage]) -> None:
    """Make deliveries of these topic rows. Costs one small read while no recipient is told of any of them."""
    wanted, now = wanted_topics(), utc_now()
    tellings = [told for message in messages if message.topic in wanted for told in _tellings(message)]
    tell_all(tellings, now=now)
    for message in messages:
        if message.topic == JOURNEY:
            _tell_step(message.payload, now)


def _tell_step(payload: Mapping[str, Any], now: datetime) -> None:
    """A step of a journey, to the one recipient it names."""
    facts = {"journey": payload["journey"], "step": payload["node"], **payload.get("facts", {})}
    told = Telling(JOURNEY, payload["key"], None, payload["identifier_id"], facts)
    tell_all([told], now=now, recipient_id=int(payload["endpoint"]))


def _tellings(message: TopicMessage) -> Iterable[Telling]:
    return _OF_TOPIC[message.topic](message, message.payload)


def _segment(message: TopicMessage, payload: Mapping[str, Any]) -> Iterator[Telling]:
    facts = {"segment_id": payload["segment_id"], "at": payload["at"]}
    for profile_id in payload["profile_ids"]:
        yield Telling(message.topic, _key(message, profile_id), profile_id=UUID(profile_id), facts=facts)


def _orders(message: TopicMessage, payload: Mapping[str, Any]) -> Iterator[Telling]:
    for order_id, identifier_id in bulk_sql.fetch(ORDERS, [list(payload["order_ids"])]):
        yield Telling(message.topic, _key(message, order_id), None, identifier_id, {"order_id": order_id})


def _entries(message: TopicMessage, payload: Mapping[str, Any]) -> Iterator[Telling]:
    """Only what was said for a browser or an account: of an address there is but its hash."""
    for entry_id, identifier_id, purpose, state, at in bulk_sql.fetch(ENTRIES, [list(payload["entry_ids"])]):
        facts = {"purpose": purpose, "state": state, "at": at}
        yield Telling(message.topic, _key(message, entry_id), None, identifier_id, facts)


def _merged(message: TopicMessage, payload: Mapping[str, Any]) -> Iterator[Telling]:
    facts = {"merged_profile_ids": list(payload["losers"])}
    yield Telling(message.topic, _key(message, payload["winner"]), profile_id=UUID(payload["winner"]), facts=facts)


def _split(message: TopicMessage, payload: Mapping[str, Any]) -> Iterator[Telling]:
    facts = {"was_part_of": payload["from"]}
    for profile_id in payload["profiles"]:
        yield Telling(message.topic, _key(message, profile_id), profile_id=UUID(profile_id), facts=facts)


def _finished(message: TopicMessage, payload: Mapping[str, Any]) -> Iterator[Telling]:
    ids = payload.get("message_ids") or [payload["message_id"]]
    for pk, identifier_id, sender, label, step, state, reason in bulk_sql.fetch(FINISHED, [list(ids)]):
        facts = {"message_id": pk, "sender": sender, "name": label, "step": step, "state": state, "reason": reason}
        yield Telling(message.topic, f"{message.topic}:{pk}:{state}", None, identifier_id, facts)


def _key(message: TopicMessage, of: object) -> str:
    return f"{message.topic}:{message.id}:{of}"


_OF_TOPIC: Mapping[str, Callable[[TopicMessage, Mapping[str, Any]], Iterator[Telling]]] = {
    SEGMENT_ENTERED: _segment,
    SEGMENT_LEFT: _segment,
    ORDER_CHANGED: _orders,
    CONSENT_CHANGED: _entries,
    PROFILE_MERGED: _merged,
    PROFILE_SPLIT: _split,
    MESSAGE_FINISHED: _finished,
}
