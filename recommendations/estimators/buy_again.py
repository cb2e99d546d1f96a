"""Buy again: a person's own purchases, recent ones counting more. Nothing is learned across people but popularity.

Popularity breaks ties and fills up, always below the smallest own purchase that still counts.
"""

from typing import Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from recommendations.estimators.interactions import Interactions
from recommendations.estimators.popularity import Popularity

TIE_BREAK = 0.01


class BuyAgain:
    """Score = own purchases, each halved every `half_life_days`, plus a hundredth of popularity scaled to 1."""

    popularity_: NDArray[np.float32]
    own_: sp.csr_matrix

    def __init__(self, half_life_days: float = 180.0, popularity_half_life_days: float = 30.0) -> None:
        self.half_life_days = half_life_days
        self.popularity_half_life_days = popularity_half_life_days

    def fit(self, interactions: Interactions, now_us: int) -> Self:
        """Learns `own_` (people × products, decayed counts) and `popularity_` scaled to a maximum of 1."""
        bought = interactions.purchases()
        self.own_ = bought.matrix(bought.decayed(self.half_life_days, now_us))
        scores = Popularity(self.popularity_half_life_days).fit(interactions, now_us).scores_
        self.popularity_ = scores / max(float(scores.max(initial=0.0)), 1e-9)
        return self

    def scores(self, people: NDArray[np.int64]) -> NDArray[np.float32]:
        """people × products."""
        dense: NDArray[np.float32] = self.own_[people].toarray()
        return dense + TIE_BREAK * self.popularity_
