"""Quarantine: an item is mended, sent through the inbox once more under its first receipt, or dismissed.

Rows are locked and marked in the transaction that sends them, so nobody sends one twice. What goes again keeps the
request's facts, its first time of receipt and its message id: nothing of it can double. What fails again comes back
as a row of its own, found by `replayed_as_id`.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.db import transaction

from cdp.lib.clock import utc_now
from events import posthog, queries, wire
from events.contracts import ITEM, RequestFacts
from events.models import Inbox, RejectedEvent
from events.rejects import with_message_id
from events.services.accepting import accept, read

OPEN = {"resolved_at": None}


@dataclass(frozen=True, slots=True)
class Origin:
    """What an item's request said besides the item."""

    path_type: str = "batch"
    facts: RequestFacts = RequestFacts()  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many items were sent, how many cannot be read even as JSON, and how many somebody had resolved before."""

    sent: int
    unreadable: int
    resolved_before: int


def replay(rejected_ids: Sequence[int], by_id: int | None = None) -> int:
    """Send open items through the inbox again, once, and mark them resolved. Returns how many were sent."""
    return replay_each(rejected_ids, by_id).sent


@transaction.atomic
def replay_each(rejected_ids: Collection[int], by_id: int | None = None) -> Replayed:
    """`replay`, and what became of the others. An item whose bytes are not JSON at all stays open as it is."""
    ids = set(rejected_ids)
    rows = list(RejectedEvent.objects.select_for_update().filter(pk__in=ids, **OPEN).order_by("pk"))
    origins = {row.pk: _origin(row) for row in Inbox.objects.filter(pk__in={row.inbox_id for row in rows})}
    now = utc_now()
    sent = sum(_replay(row, origins.get(row.inbox_id) or Origin(), by_id, now) for row in rows)
    return Replayed(sent, len(rows) - sent, len(ids) - len(rows))


@transaction.atomic
def save_edited(rejected_id: int, body: bytes) -> bool:
    """Keep the bytes as staff mended them beside the original, for an open item. False where it is resolved or gone."""
    row = RejectedEvent.objects.select_for_update().filter(pk=rejected_id, **OPEN).first()
    if row is None:
        return False
    row.edited = None if body == bytes(row.raw) else body
    row.save(update_fields=["edited"])
    return True


@transaction.atomic
def dismiss(rejected_ids: Collection[int], note: str, by_id: int | None = None) -> int:
    """Say of open items that they need not be sent, and why. Returns how many; `reopen` takes it back."""
    rows = RejectedEvent.objects.filter(pk__in=set(rejected_ids), **OPEN)
    return rows.update(
        resolved_at=utc_now(), resolution=RejectedEvent.Resolution.DISMISSED, resolved_by_id=by_id, note=note[:500]
    )


@transaction.atomic
def reopen(rejected_ids: Collection[int]) -> int:
    """Take a dismissal back. Returns how many are open again; what was replayed stays so."""
    rows = RejectedEvent.objects.filter(pk__in=set(rejected_ids), resolution=RejectedEvent.Resolution.DISMISSED)
    return rows.update(resolved_at=None, resolution="", resolved_by_id=None, note="")


def body_of(row: RejectedEvent, raw: bytes, path_type: str) -> bytes:
    """The request that sends one item again. An item without a message id is given the one it had at its place.

    Raises `wire.Unreadable` for what is not one JSON object: two of them would be two events of one that was received.
    """
    wire.read_object(raw)
    message_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{row.inbox_id}:{row.index}"))
    field = "uuid" if path_type == posthog.PATH_TYPE else "messageId"
    named = with_message_id(raw, message_id, field)
    return b'{"batch":[' + named + b"]}" if path_type in wire.MANY or path_type == posthog.PATH_TYPE else named


def origin_of(inbox_id: int) -> Origin:
    """The head of the request that an item came in; what is known of none where it was cleaned away."""
    row = Inbox.objects.filter(pk=inbox_id).first()
    return _origin(row) if row is not None else Origin()


def _origin(row: Inbox) -> Origin:
    """The clock of a client is repaired by when it said that it sent: the envelope's word goes along."""
    facts = msgspec.convert(row.facts, RequestFacts)
    try:
        sent_at = read(bytes(row.body), path_type=row.path_type, facts=facts).sent_at
    except wire.Unreadable:
        sent_at = None
    if sent_at is not None:
        facts = msgspec.structs.replace(facts, sent_at=str(sent_at))
    return Origin(row.path_type, facts)


def _replay(row: RejectedEvent, origin: Origin, by_id: int | None, now: datetime) -> bool:
    source = queries.source_by_id(row.source_id)
    if source is None:
        return False
    raw = bytes(row.edited if row.edited is not None else row.raw)
    try:
        accepted = accept(
            source,
            body_of(row, raw, origin.path_type),
            path_type=origin.path_type,
            facts=msgspec.structs.replace(origin.facts, replay=ITEM, queued_at=now.isoformat()),
            lane=Inbox.Lane.BULK,
            received_at=row.received_at,
        )
    except wire.Unreadable:
        return False
    row.resolved_at, row.resolution, row.resolved_by_id = now, RejectedEvent.Resolution.REPLAYED, by_id
    row.replayed_as_id = accepted.inbox_id
    row.save(update_fields=["resolved_at", "resolution", "resolved_by_id", "replayed_as_id"])
    return True
