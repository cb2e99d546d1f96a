"""Replaying: a quarantined item enters the inbox once more, under its first receipt, after its cause is mended."""

from collections.abc import Sequence

from django.db import transaction

from cdp.lib.clock import utc_now
from events import queries, wire
from events.contracts import RequestFacts
from events.models import Inbox, RejectedEvent
from events.services.accepting import accept


@transaction.atomic
def replay(rejected_ids: Sequence[int]) -> int:
    """Send unresolved items through the inbox again, once, and mark them resolved. Returns how many were sent.

    An item that is still bad comes back to quarantine as a new row; one whose bytes are not JSON at all stays as it is.
    """
    rows = RejectedEvent.objects.select_for_update().filter(pk__in=rejected_ids, resolved_at=None).order_by("pk")
    return sum(_replay(row) for row in rows)


def _replay(row: RejectedEvent) -> bool:
    source = queries.source_by_id(row.source_id)
    if source is None:
        return False
    origin = Inbox.objects.filter(pk=row.inbox_id).values_list("path_type", flat=True).first() or "batch"
    path_type, body = (origin, bytes(row.raw)) if origin not in wire.MANY else (origin, _as_batch(bytes(row.raw)))
    try:
        accept(
            source, body, path_type=path_type, facts=RequestFacts(), lane=Inbox.Lane.BULK, received_at=row.received_at
        )
    except wire.Unreadable:
        return False
    row.resolved_at = utc_now()
    row.save(update_fields=["resolved_at"])
    return True


def _as_batch(raw: bytes) -> bytes:
    return b'{"batch":[' + raw + b"]}"
