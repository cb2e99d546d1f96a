"""How long it is kept what somebody made of recommendations. Counts by day stay."""

from django.db.models import Q

from cdp.lib.retention import DataClass, Timed
from recommendations.models import Feedback

_TOLD = Timed(Feedback, "at", ~Q(kind=Feedback.Kind.ORDER), tells=("kind", "placement"))
# An order's rows stay without the person: a refund months later takes back what they were counted with.
_ORDERED = Timed(
    Feedback,
    "at",
    Q(kind=Feedback.Kind.ORDER, identifier_id__isnull=False),
    empties={"identifier_id": None},
    tells=("kind", "placement"),
)

CLASSES = (
    DataClass(
        code="recommendation_feedback",
        title="What people saw and clicked of recommendations",
        kept_for="to credit orders to what was recommended, and to count nothing twice",
        what="the rows are deleted; how often a placement and a product were seen and clicked a day stays",
        default_days=90,
        measure=_TOLD.measure,
        delete=_TOLD.delete,
        models=("recommendations.Feedback",),
    ),
    DataClass(
        code="recommendation_orders",
        title="Who bought what was recommended",
        kept_for="to show people what was credited to recommendations made to them",
        what="the person is taken off; which line of which order came of which placement stays",
        default_days=90,
        measure=_ORDERED.measure,
        delete=_ORDERED.delete,
        models=("recommendations.Feedback",),
    ),
)
