"""Taste: who somebody is, by everything they did: EASE where the catalog is small enough for it, else item kNN."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
import scipy.sparse as sp

from recommendations.estimators.ease import ease
from recommendations.estimators.facing import Arrays
from recommendations.estimators.interactions import Interactions
from recommendations.estimators.item_knn import bm25, heaviest_of_rows, item_knn, unit_rows
from recommendations.estimators.neighbors import Pairs
from recommendations.estimators.pairwise import Pairwise

Method = Literal["auto", "ease", "bm25", "cosine"]
METHODS: tuple[Method, ...] = ("auto", "ease", "bm25", "cosine")  # stored as places: only append


class Taste(Pairwise):
    """`method` auto takes EASE up to `ease_max_items` learnable products, else `large`; so does ease, since a recipe of
    when a shop was small must not take the memory of a large one. `method_` says which it was.

    EASE needs 4 bytes × learnable products² while it learns (.6 GB at 12,000), item kNN some hundred MB at any size.
    """

    name: ClassVar[str] = "taste"
    method_: Method

    def __init__(
        self,
        *,
        method: Method = "auto",
        large: Method = "bm25",
        ease_max_items: int = 12_000,
        l2: float = 200.0,
        top_k: int = 100,
        large_top_k: int = 50,
        half_life_days: float = 180.0,
        trend_half_life_days: float | None = 60.0,
        min_people: int = 5,
        most_seeds: int = 100,
        most_items: int = 500,
        k1: float = 1.2,
        b: float = 0.75,
    ) -> None:
        super().__init__(half_life_days, trend_half_life_days, min_people, most_seeds)
        self.method = method
        self.large = large
        self.ease_max_items = ease_max_items
        self.l2 = l2
        self.top_k = top_k
        self.large_top_k = large_top_k
        self.most_items = most_items
        self.k1 = k1
        self.b = b

    def _pairs(self, profiles: sp.csr_matrix) -> Pairs:
        self.method_ = self._choose(profiles.shape[1])
        if self.method_ == "ease":
            return ease(profiles, self.l2, self.top_k)
        items = heaviest_of_rows(profiles, self.most_items).T.tocsr()
        weighted = bm25(items, self.k1, self.b) if self.method_ == "bm25" else unit_rows(items)
        return item_knn(weighted, self.large_top_k)

    def settled(self, interactions: Interactions) -> Method:
        """The method a fit on these interactions takes: what is judged before must be what is served after."""
        n = len(interactions.products)
        pairs = np.unique(interactions.people.astype(np.int64) * n + interactions.items)
        return self._choose(int((np.bincount(pairs % n, minlength=n) >= self.min_people).sum()) if n else 0)

    def _choose(self, items: int) -> Method:
        if self.method not in ("auto", "ease"):
            return self.method
        return "ease" if items <= self.ease_max_items else self.large

    def arrays(self) -> Arrays:
        """The rows of `weights_` and the method's place in METHODS."""
        return {**super().arrays(), "method": np.array([METHODS.index(self.method_)], dtype=np.int8)}

    @classmethod
    def restore(cls, params: Mapping[str, Any], arrays: Arrays) -> Self:
        """From `params()` and `arrays()`."""
        fitted = super().restore(params, arrays)
        fitted.method_ = METHODS[int(arrays["method"][0])]
        return fitted
