"""Experiments of staff as programs read them."""

from typing import Any

from experiments.models import Experiment
from experiments.queries.drafts import ordered


def settings_of(state: str = "") -> list[dict[str, Any]]:
    """The newest first, those in this state; all but archived ones where it is empty."""
    rows = Experiment.objects.filter(owner="").select_related("layer").order_by("-created_at", "-pk")
    rows = rows.filter(state=state) if state else rows.exclude(state=Experiment.State.ARCHIVED)
    return [_told(row) for row in rows]


def _told(row: Experiment) -> dict[str, Any]:
    return {
        "key": row.key,
        "name": row.name,
        "hypothesis": row.hypothesis,
        "state": row.state,
        "version": row.version,
        "variants": [
            {"key": key, "share": row.variants[key], "label": row.labels.get(key, "")} for key in ordered(row)
        ],
        "control": row.control,
        "winner": row.winner,
        "decision_note": row.decision_note,
        "traffic": row.traffic,
        "audience": row.audience,
        "layer": None if row.layer is None else {"name": row.layer.name, "from": row.layer_from, "to": row.layer_to},
        "goals": row.goals,
        "guardrails": row.guardrails,
        "min_effect": row.min_effect,
        "alpha": row.alpha,
        "started_at": row.started_at,
        "stopped_at": row.stopped_at,
    }
