"""How long deliveries are kept. To whom a person was disclosed is kept apart, until they are erased."""

from django.db.models import Q

from cdp.lib.retention import DataClass, Timed
from recipients.models import Delivery

_DELIVERIES = Timed(Delivery, "finished_at", Q(finished_at__isnull=False), tells=("topic", "state"))

CLASSES = (
    DataClass(
        code="deliveries",
        title="Deliveries to recipients",
        kept_for="to show what was shared and what consent held back",
        what="deliveries are deleted; to whom a person was disclosed, and since when, stays",
        default_days=180,
        measure=_DELIVERIES.measure,
        delete=_DELIVERIES.delete,
        models=("recipients.Delivery",),
    ),
)
