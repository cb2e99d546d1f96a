"""How long deliveries are kept. To whom a person was disclosed is kept apart, until they are erased."""

from django.db.models import Q

from cdp.lib.retention import DataClass, Timed
from recipients.contracts import DUTIES
from recipients.models import Delivery

# What waits as well, e.g. for a recipient that was disabled; but a duty until it was taken or given up.
_DUE = ~Q(state=Delivery.State.WAITING, topic__in=list(DUTIES))
_DELIVERIES = Timed(Delivery, "made_at", _DUE, tells=("topic", "state"))

CLASSES = (
    DataClass(
        code="deliveries",
        title="Deliveries to recipients",
        kept_for="to show what was shared and what consent held back",
        what="deliveries are deleted, waiting ones too (not what the law has recipients told); to whom a person was "
        "disclosed, and since when, stays",
        default_days=180,
        measure=_DELIVERIES.measure,
        delete=_DELIVERIES.delete,
        models=("recipients.Delivery",),
    ),
)
