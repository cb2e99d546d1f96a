"""Writes of holdouts: a placement's experiment follows its share; who saw an answer was exposed."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

import experiments.services
from experiments.contracts import NewExposure
from recommendations.ids import AnswerId
from recommendations.placements import PlacementSpec, experiment_key
from recommendations.queries.holdouts import HOLDOUT, TREATED


def sync(spec: PlacementSpec) -> None:
    """Make the placement's experiment, or give it the placement's share: whoever was exposed stays on their side.

    A placement that holds nobody out gets none; one it had before stays with its exposures, asked by nobody.
    """
    if spec.holdout <= 0:
        return
    held = Decimal(str(spec.holdout))
    shares = {HOLDOUT: held, TREATED: 1 - held}
    key = experiment_key(spec.key)
    made = experiments.services.ensure_experiment(
        key, f"Holdout of {spec.name or spec.key}", shares, owner=f"placement:{spec.key}"
    )
    if dict(made.variants) != shares:
        experiments.services.change_shares(key, shares)


def expose(seen: Iterable[tuple[AnswerId, datetime]]) -> int:
    """Note that these answers were seen, each at its time; how many units met their experiment first."""
    return experiments.services.note_exposures(
        [NewExposure(experiment_key(one.placement), one.unit, one.variant, at) for one, at in seen if one.variant]
    )
