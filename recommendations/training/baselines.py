"""What a model is held against besides popularity and item kNN: what needs no learning, or next to none. Pure.

They have the face of estimators, so that they are asked the very same cases; they are never served.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from recommendations.estimators.facing import Arrays, Candidates, Context, TrainingData, best
from recommendations.estimators.sequential import Sequential


class ItemsOfVisit:
    """The products of the present visit by how often they were touched, the latest first among equals."""

    name: ClassVar[str] = "items_of_visit"

    def fit(self, data: TrainingData, now_us: int) -> Self:
        """Nothing is learned."""
        return self

    def recommend(self, context: Context, n: int) -> Candidates:
        """What was touched in the visit."""
        counts: dict[int, float] = {}
        for place, touch in enumerate(context.session):
            counts[touch.code] = counts.get(touch.code, 0.0) // 1 + 1.0 + place / (len(context.session) + 1)
        codes = np.fromiter(counts, np.int64, len(counts))
        return best(Candidates(codes, np.fromiter(counts.values(), np.float64, len(counts)), codes.copy()), n)

    def arrays(self) -> Arrays:
        """None."""
        return {}

    @classmethod
    def restore(cls, params: Mapping[str, Any], arrays: Arrays) -> Self:
        """As new."""
        return cls()

    def params(self) -> dict[str, Any]:
        """None."""
        return {}


class LastItem(Sequential):
    """What followed the last product most often, whenever that was."""

    name: ClassVar[str] = "last_item"

    def __init__(self) -> None:
        super().__init__(reach=1, most_seeds=1, half_life_days=36_500.0)

    def params(self) -> dict[str, Any]:
        """None."""
        return {}
