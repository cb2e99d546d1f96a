"""The holdout of a placement: which side somebody is on, told without writing anything.

A placement's experiment splits by the caller's own identifier: see `experiments/queries/units.py`.
"""

from collections.abc import Collection
from datetime import datetime

import experiments.queries
from recommendations.placements import PlacementSpec, experiment_key

HOLDOUT, TREATED = "holdout", "treated"


def variant_of(spec: PlacementSpec, unit: bytes, now: datetime) -> str:
    """ "holdout" or "treated"; "" where the placement holds nobody out or there is no unit.

    A stored exposure wins over a new computation. Not for people who refuse personalization: they are on no side.
    """
    if not unit or spec.holdout <= 0:
        return ""
    return experiments.queries.variant_now(experiment_key(spec.key), unit)


def variants_of(spec: PlacementSpec, units: Collection[bytes]) -> dict[bytes, str]:
    """`variant_of` for many units, by one statement; only units of people who do not refuse."""
    return experiments.queries.variants_now(experiment_key(spec.key), units) if spec.holdout > 0 else {}
