"""What goes together: products of one order (bought together), products of one visit (viewed together).

Support is symmetric: in how many baskets both are. Strength is support over the geometric mean of how often each is
there, shrunk where support is small: what everybody takes does not go with everything, and two products that met twice
are no rule. Pairs that met no more often than chance are none, unless a product has no others: in a small shop where
every order holds the same two, each goes with the other.

Answers for: a `product` in front and a `cart`, each alike, and the newest products of the present visit where there is
neither. The seeds themselves are not given back.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from recommendations.estimators import neighbors
from recommendations.estimators.facing import Arrays, Candidates, Context, TrainingData, best
from recommendations.estimators.interactions import Interactions, Kind
from recommendations.estimators.neighbors import Neighbors
from recommendations.estimators.seeds import seeds_of, without
from recommendations.estimators.visits import spans, visits_of

MOST_BASKETS = 1_000_000
LARGEST = 100  # products of one basket that count: one wholesale order must not cost the square of the catalog


class Together:
    """`min_support` baskets hold both; `shrink` of `support / (support + shrink)`; at most `top_k` a product."""

    name: ClassVar[str]
    pairs_: Neighbors

    def __init__(
        self,
        *,
        top_k: int = 100,
        min_support: int = 2,
        shrink: float = 2.0,
        popularity_power: float = 0.5,
        most_seeds: int = 5,
        fading: float = 0.6,
        most_baskets: int = MOST_BASKETS,
    ) -> None:
        self.top_k = top_k
        self.min_support = min_support
        self.shrink = shrink
        self.popularity_power = popularity_power
        self.most_seeds = most_seeds
        self.fading = fading
        self.most_baskets = most_baskets

    def fit(self, data: TrainingData, now_us: int) -> Self:
        """Learns `pairs_` (products × products)."""
        baskets = self._baskets(data.interactions)
        pairs = neighbors.nearest(self._blocks(baskets), self.top_k)
        self.pairs_ = Neighbors.from_pairs(pairs, baskets.shape[1])
        return self

    def _baskets(self, interactions: Interactions) -> sp.csr_matrix:
        raise NotImplementedError

    def recommend(self, context: Context, n: int) -> Candidates:
        """What goes with the seeds; the cause is the seed it goes with best."""
        codes, weights = seeds_of(context, self.most_seeds, self.fading)
        return best(without(self.pairs_.fold(codes, weights), codes), n)

    def arrays(self) -> Arrays:
        """The pairs."""
        return self.pairs_.arrays()

    @classmethod
    def restore(cls, params: Mapping[str, Any], arrays: Arrays) -> Self:
        """From `params()` and `arrays()`."""
        fitted = cls(**params)
        fitted.pairs_ = Neighbors.restore(arrays)
        return fitted

    def params(self) -> dict[str, Any]:
        """The parameters of `__init__`."""
        return {name: value for name, value in vars(self).items() if not name.endswith("_")}

    def _blocks(self, baskets: sp.csr_matrix) -> Iterator[tuple[int, sp.csr_matrix]]:
        """Rows of strengths, some products at a time."""
        often = np.bincount(baskets.indices, minlength=baskets.shape[1]).astype(np.float64)
        for start, support in neighbors.products_of(baskets.T.tocsr(), baskets):
            yield start, self._strengths(support, start, often, baskets.shape[0])

    def _strengths(self, support: sp.csr_matrix, start: int, often: NDArray[np.float64], baskets: int) -> sp.csr_matrix:
        rows = np.repeat(np.arange(support.shape[0]), np.diff(support.indptr)) + start
        met, ours, theirs = support.data.astype(np.float64), often[rows], often[support.indices]
        by_size = ours ** (1 - self.popularity_power) * theirs**self.popularity_power
        strength = met / by_size * (met / (met + self.shrink))
        counts = (met >= self.min_support) & (rows != support.indices)
        is_rule = counts & (met * baskets > ours * theirs)
        has_rules = np.bincount(rows[is_rule] - start, minlength=support.shape[0]) > 0
        by_chance = ours * theirs / max(baskets, 1)
        is_usual = counts & (met + np.sqrt(by_chance) >= by_chance)
        strength[~(is_rule | (is_usual & ~has_rules[rows - start]))] = 0.0
        return sp.csr_matrix((strength.astype(np.float32), support.indices, support.indptr), shape=support.shape)


class BoughtTogether(Together):
    """Products of one order: bought by one person at one instant."""

    name: ClassVar[str] = "bought_together"

    def _baskets(self, interactions: Interactions) -> sp.csr_matrix:
        bought = interactions.purchases()
        order = np.lexsort((bought.items, bought.at_us, bought.people))
        people, at_us, items = bought.people[order], bought.at_us[order], bought.items[order]
        begins = np.ones(len(order), dtype=np.bool_)
        begins[1:] = (people[1:] != people[:-1]) | (at_us[1:] != at_us[:-1])
        basket = np.cumsum(begins) - 1
        newest = np.argsort(-at_us[begins], kind="stable")[: self.most_baskets]
        chosen = np.zeros(int(begins.sum()), dtype=np.bool_)
        chosen[newest] = True
        kept = chosen[basket]
        return _packed((np.cumsum(chosen) - 1)[basket[kept]], items[kept], len(newest), len(bought.products))


class ViewedTogether(Together):
    """Products of one visit, looked at or added to the cart."""

    name: ClassVar[str] = "viewed_together"

    def _baskets(self, interactions: Interactions) -> sp.csr_matrix:
        looked = interactions.where(interactions.kinds != Kind.PURCHASE)
        visits = visits_of(looked, newest=self.most_baskets)
        return _packed(visits.owners, visits.items, len(visits), visits.n_products)


def _packed(basket: NDArray[np.int64], items: NDArray[np.int32], n_baskets: int, n_products: int) -> sp.csr_matrix:
    """baskets × products, 1 where it is there; of larger baskets LARGEST products, evenly picked."""
    shape = (n_baskets, n_products)
    whole = sp.csr_matrix((np.ones(len(items), np.float32), (basket, items)), shape=shape)
    whole.sum_duplicates()
    lengths = np.diff(whole.indptr)
    taken = np.minimum(lengths, LARGEST)
    ranks = spans(np.zeros(n_baskets, np.int64), taken.astype(np.int64))
    each = np.repeat(np.arange(n_baskets), taken)
    indices = whole.indices[whole.indptr[:-1][each] + ranks * lengths[each] // np.maximum(taken[each], 1)]
    indptr = np.concatenate([[0], np.cumsum(taken)])
    return sp.csr_matrix((np.ones(len(indices), np.float32), indices, indptr), shape=shape)
