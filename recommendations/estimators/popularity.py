"""Popularity: what is wanted now, every interaction losing half its weight in a half-life."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommendations.estimators.interactions import Interactions


class Popularity:
    """Scores of all products, the same for everybody. A `half_life_days` of None never forgets."""

    scores_: NDArray[np.float32]

    def __init__(self, half_life_days: float | None = 30.0) -> None:
        self.half_life_days = half_life_days

    def fit(self, interactions: Interactions, now_us: int) -> Self:
        """Learns `scores_`, one a product: decayed weights summed; without a half-life the number of people."""
        n = len(interactions.products)
        if self.half_life_days is None:
            pairs = np.unique(np.column_stack([interactions.people, interactions.items]), axis=0)
            self.scores_ = np.bincount(pairs[:, 1], minlength=n).astype(np.float32)
        else:
            weights = interactions.decayed(self.half_life_days, now_us)
            self.scores_ = np.bincount(interactions.items, weights=weights, minlength=n).astype(np.float32)
        return self
