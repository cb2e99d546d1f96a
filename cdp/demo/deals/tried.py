"""The campaigns of the demo's past as experiments that are over: planted lifts, and people to learn uplift from.

Who was treated was a coin of the simulator's, and what a campaign does is its table (`simulate.campaigns`): most of the
lift comes from the persuadable. So what the platform makes of them can be held against the truth.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from django.contrib.auth.models import AbstractBaseUser

from cdp.lib import bulk_sql
from experiments.contracts import NewExposure
from experiments.drafts import ExperimentDraft, VariantDraft
from experiments.models import Experiment
from experiments.queries.units import unit_hash, unit_of
from experiments.services import note_exposures
from experiments.services.drafting import save_draft
from experiments.services.life import start, stop
from experiments.services.results import refresh_later

LASTED = timedelta(days=7)
NAMES = {"welcome-back-voucher": "Welcome-back voucher", "free-shipping": "Free shipping for a week"}
NOTE = "The week was over; treated by a coin of the simulator's."
TOLD = """
SELECT e.properties->>'experiment_id', e.properties->>'variation_id', i.kind, i.value, i.id, min(e.occurred_at)
FROM events_event AS e JOIN profiles_identifier AS i ON i.id = e.identifier_id
WHERE e.name = 'Experiment Viewed' AND e.properties->>'experiment_id' = ANY(%s::text[])
GROUP BY 1, 2, 3, 4, 5 ORDER BY 5
"""


def make_tried(by: AbstractBaseUser | None) -> None:
    """One experiment a campaign, run and ended when it was, with who was in it; once, and only with a past."""
    wanted = set(NAMES) - set(Experiment.objects.filter(key__in=NAMES).values_list("key", flat=True))
    rows = bulk_sql.fetch(TOLD, [sorted(wanted)]) if wanted else []
    for key in sorted(wanted):
        met = [
            NewExposure(key, unit_hash(unit_of(kind, value)), variant, at, identifier_id)
            for campaign, variant, kind, value, identifier_id, at in rows
            if campaign == key
        ]
        if met:
            _make(key, min(one.exposed_at for one in met), by)
            note_exposures(met)
            refresh_later(key)


def _make(key: str, began: datetime, by: AbstractBaseUser | None) -> None:
    half = Decimal("0.5")
    draft = ExperimentDraft(
        key=key,
        name=NAMES[key],
        variants=(VariantDraft("control", half, "Nothing"), VariantDraft("treated", half, NAMES[key])),
        control="control",
        hypothesis="Some order because of it; others would have ordered anyway.",
        goals=({"name": "Orders", "kind": "conversion", "event": "Order Completed", "within_days": LASTED.days},),
        min_effect=0.1,
    )
    row = start(save_draft(draft, by=by).pk, began, by=by)
    stop(row.pk, began + LASTED, note=NOTE, by=by)
