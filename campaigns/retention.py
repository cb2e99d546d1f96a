"""How long it is kept who was in a campaign's audience. The rows stay: they are its figures."""

from django.db.models import Q

from campaigns.models import Recipient
from cdp.lib.retention import DataClass, Timed

_WHO = Timed(Recipient, "ended_at", ~Q(identifier_id=0), empties={"identifier_id": 0}, tells=("state", "reason"))

CLASSES = (
    DataClass(
        code="campaign_recipients",
        title="Who was in a campaign",
        kept_for="to show people and staff which campaigns they were to get, and to count orders for these",
        what="recipients of campaigns no longer point to a person; how each ended stays as a count",
        default_days=730,
        measure=_WHO.measure,
        delete=_WHO.delete,
        models=("campaigns.Recipient",),
    ),
)
