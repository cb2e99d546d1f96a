"""An experiment as an editor holds it."""

from decimal import Decimal

from experiments.drafts import ExperimentDraft, VariantDraft
from experiments.models import Experiment


def ordered(row: Experiment) -> list[str]:
    """Keys of its variants as every list tells them: the control first, the others by name."""
    return sorted(row.variants, key=lambda key: (key != row.control, key))


def draft_of(row: Experiment) -> ExperimentDraft:
    """What stands in the row."""
    return ExperimentDraft(
        key=row.key,
        name=row.name,
        variants=tuple(
            VariantDraft(key, Decimal(str(row.variants[key])), str(row.labels.get(key, ""))) for key in ordered(row)
        ),
        control=row.control,
        hypothesis=row.hypothesis,
        traffic=row.traffic,
        audience=row.audience,
        goals=tuple(row.goals),
        guardrails=tuple(row.guardrails),
        min_effect=row.min_effect,
        alpha=row.alpha,
        layer=row.layer.name if row.layer is not None else "",
        layer_share=row.layer_to - row.layer_from,
    )
