"""Three decided places of the demo shop: its front by a table, a promise by an experiment, a tip by a bandit."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from cdp.demo.deals import content, offers
from decisions.models import DecisionPlacement
from decisions.services.publishing import publish, save_draft
from experiments.drafts import ExperimentDraft, VariantDraft
from experiments.models import Experiment
from experiments.services.drafting import save_draft as save_experiment
from experiments.services.life import start

HERO, PROMISE, TIP = "home-hero", "product-promise", "department-tip"
EXPERIMENT = "promise-on-products"
RUNS_SINCE = timedelta(days=21)
PLACES: dict[str, tuple[str, dict[str, Any]]] = {
    HERO: (
        "Front of the shop",
        {
            "by": "table",
            "hit": "first",
            "inputs": [{"id": "s", "name": "Segment", "on": "person.segment"}],
            "rows": [
                {
                    "id": "left-a-cart",
                    "when": {"s": {"is": "member", "value": "left-a-cart"}},
                    "outcome": {"offer": offers.FREE_SHIPPING},
                    "note": "The last step is cheaper than a voucher.",
                },
                {
                    "id": "lookers",
                    "when": {"s": {"is": "member", "value": "browsers-without-order"}},
                    "outcome": {"offer": offers.FIRST_ORDER},
                    "note": "Looked at three products, never ordered.",
                },
                {
                    "id": "back-again",
                    "when": {"s": {"is": "member", "value": "repeat-buyers"}},
                    "outcome": {"content": content.THANKS},
                },
            ],
            "fallback": {"content": content.HERO},
        },
    ),
    PROMISE: (
        "Promise on product pages",
        {
            "by": "experiment",
            "experiment": EXPERIMENT,
            "outcomes": {"returns": {"content": content.RETURNS}, "repair": {"content": content.REPAIR}},
            "fallback": {"content": content.RETURNS},
        },
    ),
    TIP: (
        "Tip above a department",
        {
            "by": "bandit",
            "policy": "thompson",
            "floor": 0.1,
            "reward": {"kind": "click", "within_hours": 1, "value": False},
            "arms": [
                {"id": key, "outcome": {"offer": key}}
                for key in (offers.FREE_SHIPPING, offers.CAMP_KITCHEN, offers.MUGS)
            ],
            "fallback": {"nothing": True},
        },
    ),
}


def make_experiment(by: AbstractBaseUser | None, now: datetime) -> None:
    """Two promises held against each other for three weeks by now, on carts filled and orders placed."""
    if Experiment.objects.filter(key=EXPERIMENT).exists():
        return
    draft = ExperimentDraft(
        key=EXPERIMENT,
        name="Promise on product pages",
        variants=(
            VariantDraft("returns", Decimal("0.5"), "30 days to return"),
            VariantDraft("repair", Decimal("0.5"), "Repaired for life"),
        ),
        control="returns",
        hypothesis="A promise for years fills more carts than one for a month.",
        goals=(
            {"name": "Carts filled", "kind": "conversion", "event": "Product Added", "within_days": 7},
            {"name": "Orders", "kind": "conversion", "event": "Order Completed", "within_days": 7},
        ),
        guardrails=({"name": "Revenue", "kind": "revenue", "within_days": 7, "cap": {"percentile": 99}},),
        min_effect=0.1,
    )
    start(save_experiment(draft, by=by).pk, now - RUNS_SINCE, by=by)


def make_places(by: AbstractBaseUser | None) -> None:
    """Places that decide. One that is there stays as staff left it."""
    made = set(DecisionPlacement.objects.filter(key__in=PLACES).values_list("key", flat=True))
    for key, (name, definition) in PLACES.items():
        if key not in made:
            publish(save_draft(key, name, definition, by=by).pk, by=by)
