"""How long it is kept which stage an order reached. The mails themselves are kept by mailing."""

from django.db.models import Q

from cdp.lib.retention import DataClass, Timed
from notices.models import Reached

_REACHED = Timed(Reached, "made_at", ~Q(state=Reached.State.WAITING), tells=("state",))

CLASSES = (
    DataClass(
        code="order_stages",
        title="Stages of orders that were written about",
        kept_for="to show why an order mail was sent or not",
        what="the rows are deleted; a mail that was made is kept as mails are",
        default_days=90,
        measure=_REACHED.measure,
        delete=_REACHED.delete,
        models=("notices.Reached",),
    ),
)
