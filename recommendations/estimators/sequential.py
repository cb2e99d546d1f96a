"""What comes next: rules from one product to those touched after it in the same visit, the nearer the stronger.

Answers for: `session` by its newest products, a `product` in front and a `cart` by these alone. Products do not speak
for themselves, and the seeds themselves are not given back: coming back to something is V-STAN's to say.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from recommendations.estimators import neighbors
from recommendations.estimators.facing import Arrays, Candidates, Context, TrainingData, best
from recommendations.estimators.interactions import decay
from recommendations.estimators.neighbors import Neighbors
from recommendations.estimators.seeds import seeds_of, without
from recommendations.estimators.visits import NEWEST, Visits, visits_of


class Sequential:
    """A rule's strength: 1 / distance in steps (at most `reach` touches), summed over visits, each visit halved every
    `half_life_days`, as a share of all that follows the product; at most `top_k` rules a product."""

    name: ClassVar[str] = "next"
    rules_: Neighbors

    def __init__(
        self,
        *,
        top_k: int = 50,
        reach: int = 10,
        half_life_days: float = 90.0,
        most_seeds: int = 3,
        fading: float = 0.4,
        newest: int = NEWEST,
    ) -> None:
        self.top_k = top_k
        self.reach = reach
        self.half_life_days = half_life_days
        self.most_seeds = most_seeds
        self.fading = fading
        self.newest = newest

    def fit(self, data: TrainingData, now_us: int) -> Self:
        """Learns `rules_` (products × products)."""
        visits = visits_of(data.interactions, newest=self.newest)
        weights = decay(visits.ends_us, self.half_life_days, now_us)
        pairs = neighbors.nearest(self._blocks(visits, weights), self.top_k)
        self.rules_ = Neighbors.from_pairs(pairs, visits.n_products)
        return self

    def recommend(self, context: Context, n: int) -> Candidates:
        """What follows the seeds; the cause is the seed whose rule is strongest."""
        codes, weights = seeds_of(context, self.most_seeds, self.fading)
        return best(without(self.rules_.fold(codes, weights), codes), n)

    def arrays(self) -> Arrays:
        """The rules."""
        return self.rules_.arrays()

    @classmethod
    def restore(cls, params: Mapping[str, Any], arrays: Arrays) -> Self:
        """From `params()` and `arrays()`."""
        fitted = cls(**params)
        fitted.rules_ = Neighbors.restore(arrays)
        return fitted

    def params(self) -> dict[str, Any]:
        """The parameters of `__init__`."""
        return {name: value for name, value in vars(self).items() if not name.endswith("_")}

    def _blocks(self, visits: Visits, weights: NDArray[np.float32]) -> Iterator[tuple[int, sp.csr_matrix]]:
        """Whole rows of rules, some products at a time: touches × `reach` pairs are held at once, not all."""
        order = np.argsort(visits.items, kind="stable")
        counts = np.bincount(visits.items, minlength=visits.n_products)
        ends = np.cumsum(counts)
        owners = visits.owners
        for start, end in neighbors.spans(counts * self.reach):
            first = int(ends[start - 1]) if start else 0
            touches = order[first : int(ends[end - 1])]
            if len(touches):
                yield start, self._rows(visits, owners, weights, touches, start, end)

    def _rows(
        self,
        visits: Visits,
        owners: NDArray[np.int64],
        weights: NDArray[np.float32],
        touches: NDArray[np.int64],
        start: int,
        end: int,
    ) -> sp.csr_matrix:
        rows, columns, values = [], [], []
        for ahead in range(1, self.reach + 1):
            now = touches[touches + ahead < len(owners)]
            now = now[owners[now] == owners[now + ahead]]
            steps = (visits.steps[now + ahead] - visits.steps[now]).astype(np.float32)
            now, steps = now[steps > 0], steps[steps > 0]
            rows.append(visits.items[now] - start)
            columns.append(visits.items[now + ahead])
            values.append(weights[owners[now]] / steps)
        shape = (end - start, visits.n_products)
        found = sp.coo_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=shape)
        summed = found.tocsr()
        totals = np.asarray(summed.sum(axis=1)).ravel()
        return (sp.diags(1 / np.maximum(totals, 1e-12)) @ summed).tocsr()
