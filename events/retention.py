"""How long raw requests, the quarantine and the log are kept."""

from django.conf import settings
from django.db.models import Q

from cdp.lib.retention import DataClass, Timed
from events.models import Event, Inbox, RejectedEvent

_REQUESTS = Timed(Inbox, "received_at", Q(done_at__isnull=False), tells=("lane",))
_QUARANTINE = Timed(RejectedEvent, "rejected_at", tells=("stage", "reason"))
_LOG = Timed(Event, "occurred_at", tells=("type",))

CLASSES = (
    DataClass(
        code="raw_requests",
        title="Raw requests",
        kept_for="so that what was sent can be processed again after a mistake",
        what="requests as they came in are deleted",
        default_days=30,
        measure=_REQUESTS.measure,
        delete=None,
        models=("events.Inbox",),
        setting="INBOX_KEEP_DAYS",
        setting_days=lambda: settings.INBOX_KEEP_DAYS or None,
    ),
    DataClass(
        code="quarantine",
        title="Quarantine",
        kept_for="so that events that could not be used can be mended and replayed",
        what="items, resolved or not, are deleted with their raw text (resolved ones go after 90 days in any case)",
        default_days=365,
        measure=_QUARANTINE.measure,
        delete=_QUARANTINE.delete,
        models=("events.RejectedEvent",),
    ),
    DataClass(
        code="events",
        title="Events",
        kept_for="to know what people did: segments, recommendations and reports are computed from it",
        what="events older than this are deleted from the log and the lake; traits, counters and orders stay",
        default_days=None,
        measure=_LOG.measure,
        delete=_LOG.delete,
        models=("events.Event",),
    ),
)
