"""How long the log of decisions is kept, and how long an answer can be asked for again."""

from django.db.models import Q

from cdp.lib.retention import DataClass, Timed
from decisions.models import Decision

_LOG = Timed(Decision, "decided_at", tells=("decided_by", "reason"))
_ANSWERS = Timed(
    Decision,
    "decided_at",
    Q(request_key__isnull=False) | Q(answer__isnull=False),
    empties={"answer": None, "request_key": None},
    tells=("decided_by",),
)

CLASSES = (
    DataClass(
        code="decisions",
        title="What was decided for whom",
        kept_for="to learn what works, to judge another way of deciding by it, and to tell people what they were shown",
        what="decisions and what came of them are deleted; results and what bandits learned stay as counts",
        default_days=90,
        measure=_LOG.measure,
        delete=_LOG.delete,
        models=("decisions.Decision", "decisions.Conversion"),
    ),
    DataClass(
        code="decision_answers",
        title="Answers that can be asked for again",
        kept_for="to answer the same call again with the same, as its idempotency key promises",
        what="the answer and its key are taken off; the decision stays",
        default_days=1,
        measure=_ANSWERS.measure,
        delete=_ANSWERS.delete,
        models=("decisions.Decision",),
    ),
)
