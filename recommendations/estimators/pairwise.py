"""What EASE, item kNN and Taste share: people's weighted products in, one sparse row of neighbors a product out."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from recommendations.estimators.facing import Arrays, Candidates, Context, TrainingData, best
from recommendations.estimators.interactions import Interactions, decay
from recommendations.estimators.neighbors import Neighbors, Pairs


class Pairwise:
    """`weights_`: row i says how much having i speaks for other products.

    An item is learned once `min_people` people have it. Every column is scaled by its trend, recent
    (`trend_half_life_days`, None for no scaling) over all interactions: what went out of fashion is not recommended.
    """

    name: ClassVar[str]
    ADAPTED: ClassVar[frozenset[str]] = frozenset({"trend_half_life_days", "most_seeds"})
    weights_: Neighbors
    learned_: int

    def __init__(
        self, half_life_days: float, trend_half_life_days: float | None, min_people: int, most_seeds: int
    ) -> None:
        self.half_life_days = half_life_days
        self.trend_half_life_days = trend_half_life_days
        self.min_people = min_people
        self.most_seeds = most_seeds

    def fit(self, data: TrainingData, now_us: int) -> Self:
        """Learns `weights_` (products × products) and `learned_`, how many products were learnable."""
        interactions = data.interactions
        n = len(interactions.products)
        profiles = profiles_of(interactions, self.half_life_days, now_us)
        learnable = np.flatnonzero(np.bincount(profiles.indices, minlength=n) >= self.min_people).astype(np.int32)
        self.learned_ = len(learnable)
        rows, columns, values = self._pairs(profiles[:, learnable].tocsr())
        columns = learnable[columns]
        scale = trend(interactions, self.trend_half_life_days, now_us).astype(np.float32)
        self.weights_ = Neighbors.from_pairs((learnable[rows], columns, values * scale[columns]), n)
        return self

    def _pairs(self, profiles: sp.csr_matrix) -> Pairs:
        raise NotImplementedError

    def adapted(self, params: Mapping[str, Any], data: TrainingData, now_us: int) -> Self:
        """With another trend: the columns are scaled anew, the pairs are those there are."""
        other = self.restore(params, self.arrays())
        ours = trend(data.interactions, self.trend_half_life_days, now_us)
        theirs = trend(data.interactions, other.trend_half_life_days, now_us)
        change = np.divide(theirs, ours, out=np.zeros(len(ours)), where=ours > 0).astype(np.float32)
        weights = self.weights_
        other.weights_ = weights._replace(data=weights.data * change[weights.indices])
        return other

    def recommend(self, context: Context, n: int) -> Candidates:
        """What the seeds speak for together; the cause is the seed that gave most.

        Seeds: the person's history, weighted as in training; for somebody without one the cart, each product alike;
        without a cart the product in front.
        """
        seeds, weights = seeds_of_person(context, self.most_seeds)
        return best(self.weights_.fold(seeds, weights), n)

    def arrays(self) -> Arrays:
        """The rows of `weights_`."""
        return {**self.weights_.arrays(), "learned": np.array([self.learned_], dtype=np.int64)}

    @classmethod
    def restore(cls, params: Mapping[str, Any], arrays: Arrays) -> Self:
        """From `params()` and `arrays()`."""
        fitted = cls(**params)
        fitted.weights_ = Neighbors.restore(arrays)
        fitted.learned_ = int(arrays["learned"][0])
        return fitted

    def params(self) -> dict[str, Any]:
        """The parameters of `__init__`."""
        return {name: value for name, value in vars(self).items() if not name.endswith("_")}


def seeds_of_person(context: Context, most: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The heaviest of the history with its weights, else the cart, else the product in front, each alike."""
    if context.history:
        history = context.history[:most]
        return np.array([one.code for one in history], np.int64), np.array([one.weight for one in history], np.float64)
    codes = list(dict.fromkeys(context.cart)) or ([] if context.product is None else [context.product])
    return np.array(codes, dtype=np.int64), np.ones(len(codes))


def profiles_of(interactions: Interactions, half_life_days: float, now_us: int) -> sp.csr_matrix:
    """people × products: log(1 + decayed interactions), the weights of a context's history."""
    matrix = interactions.matrix(interactions.decayed(half_life_days, now_us))
    matrix.sum_duplicates()
    matrix.data = np.log1p(matrix.data)
    return matrix


def trend(interactions: Interactions, half_life_days: float | None, now_us: int) -> NDArray[np.float64]:
    """For each product the decayed over all its interactions, 0 to below 1; all 1 without a half-life."""
    n = len(interactions.products)
    if half_life_days is None:
        return np.ones(n)
    recent = np.bincount(interactions.items, weights=decay(interactions.at_us, half_life_days, now_us), minlength=n)
    return np.asarray(recent / (np.bincount(interactions.items, minlength=n) + 1))
