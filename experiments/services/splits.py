"""Splits that a journey, a campaign or a placement keeps for itself: made where they are missing, with its shares."""

import secrets
from collections.abc import Mapping
from decimal import Decimal

from experiments import queries
from experiments.assignment import shares
from experiments.contracts import ExperimentFacts
from experiments.models import Experiment


def ensure_experiment(
    key: str, name: str, variants: Mapping[str, Decimal | float], *, owner: str = ""
) -> ExperimentFacts:
    """The experiment with this key, made with a fresh salt if missing. `owner`: what keeps it, `placement:home`.

    An existing one keeps its name and shares, which staff may have changed. Raises BadVariantsError.
    """
    stored = {variant: float(share) for variant, share in shares(variants)}
    fresh = {"name": name, "variants": stored, "salt": secrets.token_hex(8), "owner": owner or f"split:{key}"}
    Experiment.objects.get_or_create(key=key, defaults=fresh)
    queries.forget_experiments()
    return queries.experiment(key)


def change_shares(key: str, variants: Mapping[str, Decimal | float]) -> ExperimentFacts:
    """New shares for units not yet exposed; raises BadVariantsError, UnknownExperimentError."""
    stored = {variant: float(share) for variant, share in shares(variants)}
    Experiment.objects.filter(key=key).update(variants=stored)
    queries.forget_experiments()
    return queries.experiment(key)
