"""Popularity: what is wanted now, by everybody, in a category, in a region. Every interaction loses half its weight in
a half-life. Sparse: of a million products only the wanted few thousand are kept.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from recommendations.estimators.facing import NO_CAUSE, Arrays, Candidates, Context, TrainingData, best
from recommendations.estimators.interactions import Interactions
from recommendations.estimators.neighbors import Neighbors

Group = tuple[NDArray[np.int64], NDArray[np.float64], float]  # codes, scores, the sum of all scores in the group


class Popularity:
    """Scores are shares of all that is wanted, the same for everybody with one category and region.

    Where a category or region is given, its own share of a product counts against the whole's as if `prior` purchases
    of today had been made there by everybody: few interactions change little, many change all. Kept are the
    `most` best products, and of each of the `most_groups` best supported categories and regions `most_of_group`.
    `half_life_days` None never forgets and counts people instead of interactions.
    """

    name: ClassVar[str] = "popularity"

    def __init__(
        self,
        half_life_days: float | None = 30.0,
        *,
        prior: float = 20.0,
        most: int = 5_000,
        most_of_group: int = 300,
        most_groups: int = 2_000,
    ) -> None:
        self.half_life_days = half_life_days
        self.prior = prior
        self.most = most
        self.most_of_group = most_of_group
        self.most_groups = most_groups

    def fit(self, data: TrainingData, now_us: int) -> Self:
        """Learns `whole_` (codes and scores, best first), `total_`, `categories_` and `regions_`."""
        people, items, weights = self._weighted(data.interactions, now_us)
        scores = np.bincount(items, weights=weights, minlength=len(data.interactions.products)).astype(np.float64)
        self.total_ = float(scores.sum())
        top = _best_of(scores, self.most)
        self._set_whole(top.astype(np.int32), scores[top])
        self.categories_ = self._groups(
            [article.category if article else "" for article in data.articles], items, items, weights
        )
        self.regions_ = self._groups(data.regions, people, items, weights)
        return self

    def _weighted(
        self, interactions: Interactions, now_us: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        if self.half_life_days is None:
            pairs = np.unique(np.column_stack([interactions.people, interactions.items]).astype(np.int64), axis=0)
            return pairs[:, 0], pairs[:, 1], np.ones(len(pairs))
        weights = interactions.decayed(self.half_life_days, now_us).astype(np.float64)
        return interactions.people.astype(np.int64), interactions.items.astype(np.int64), weights

    def _set_whole(self, codes: NDArray[np.int32], scores: NDArray[np.float64]) -> None:
        self.whole_ = (codes, scores)
        order = np.argsort(codes, kind="stable")
        self._by_code = (codes[order], scores[order])

    def _groups(
        self, names: Sequence[str], members: NDArray[np.int64], items: NDArray[np.int64], weights: NDArray[np.float64]
    ) -> "_Groups":
        """Of each group its best products. `names[member]` is the group of a row's member, "" for none; of many groups
        the best supported are kept."""
        labels, numbers = _numbered(names)
        if not labels or not len(items):
            return _Groups.none()
        rows = numbers[members]
        totals = np.bincount(rows + 1, weights=weights, minlength=len(labels) + 1)[1:].astype(np.float64)
        kept = np.sort(np.argsort(-totals, kind="stable")[: self.most_groups])
        place = np.full(len(labels) + 1, -1)
        place[kept] = np.arange(len(kept))
        rows = place[rows]  # -1 stays -1: the last place is nobody's
        shown = rows >= 0
        width = int(items.max()) + 1
        cells, cell = np.unique(rows[shown] * width + items[shown], return_inverse=True)
        scores = np.bincount(cell, weights=weights[shown])
        group, code = np.divmod(cells, width)
        order = np.lexsort((code, -scores, group))
        rank = np.arange(len(order)) - np.searchsorted(group[order], group[order])
        order = order[(rank < self.most_of_group) & (scores[order] > 0)]
        pairs = (group[order].astype(np.int32), code[order].astype(np.int32), scores[order].astype(np.float32))
        return _Groups(tuple(labels[at] for at in kept), totals[kept], Neighbors.from_pairs(pairs, len(kept)))

    def recommend(self, context: Context, n: int) -> Candidates:
        """The most wanted of all, lifted by the category's and the region's own taste where they are known."""
        groups = [group for group in (self.categories_.of(context.category), self.regions_.of(context.region)) if group]
        codes, scores = self.whole_
        if not groups or self.total_ <= 0:
            top = min(n, len(codes))
            return Candidates(codes[:top].astype(np.int64), scores[:top] / (self.total_ or 1.0), _no_causes(top))
        # A group never lowers a product below what it only lends, so nobody beyond the first n can come before them.
        found = np.unique(np.concatenate([codes[:n].astype(np.int64), *(group[0] for group in groups)]))
        shares = self._share(found, self._by_code, self.total_, floor=groups)
        lifted = shares.copy()
        for group in groups:
            lifted *= self._lift(found, shares, group)
        return best(Candidates(found, lifted, _no_causes(len(found))), n)

    def _share(
        self,
        found: NDArray[np.int64],
        ranked: tuple[NDArray[np.int32], NDArray[np.float64]],
        total: float,
        floor: Sequence[Group],
    ) -> NDArray[np.float64]:
        """Of all that is wanted. A product too rare to be kept for the whole has at least its group's part of it."""
        scores = _looked_up(found, *ranked)
        for codes, group_scores, _ in floor:
            scores = np.maximum(scores, _looked_up(found, codes, group_scores))
        return scores / total

    def _lift(self, found: NDArray[np.int64], shares: NDArray[np.float64], group: Group) -> NDArray[np.float64]:
        """The group's share of each product, smoothed by the whole's, over the whole's."""
        codes, scores, total = group
        own = (_looked_up(found, codes, scores) + self.prior * shares) / (total + self.prior)
        return np.asarray(own / np.maximum(shares, 1e-300))

    def supported(self, *, category: str = "", region: str = "") -> bool:
        """Whether a category or region has more of its own than is lent to it (`prior`): then an answer is its."""
        asked = (self.categories_.of(category), self.regions_.of(region))
        return any(group is not None and group[2] >= self.prior for group in asked)

    def arrays(self) -> Arrays:
        """The whole's products and scores, and those of the groups with their names."""
        codes, scores = self.whole_
        return {
            "codes": codes,
            "scores": scores,
            "total": np.array([self.total_]),
            **self.categories_.arrays("category_"),
            **self.regions_.arrays("region_"),
        }

    @classmethod
    def restore(cls, params: Mapping[str, Any], arrays: Arrays) -> Self:
        """From `params()` and `arrays()`."""
        fitted = cls(**params)
        fitted.total_ = float(arrays["total"][0])
        fitted._set_whole(np.asarray(arrays["codes"]), np.asarray(arrays["scores"]))
        fitted.categories_ = _Groups.restore(arrays, "category_")
        fitted.regions_ = _Groups.restore(arrays, "region_")
        return fitted

    def params(self) -> dict[str, Any]:
        """The parameters of `__init__`."""
        return {
            name: getattr(self, name) for name in ("half_life_days", "prior", "most", "most_of_group", "most_groups")
        }


class _Groups:
    """The best products of each named group, and the sum of all its scores."""

    def __init__(self, names: tuple[str, ...], totals: NDArray[np.float64], rows: Neighbors) -> None:
        self.names, self.totals, self.rows = names, totals, rows
        self.places = {name: place for place, name in enumerate(names)}

    @classmethod
    def none(cls) -> Self:
        """No groups."""
        empty = Neighbors(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
        return cls((), np.zeros(0), empty)

    def of(self, name: str) -> Group | None:
        """A group by name: its codes, ascending."""
        place = self.places.get(name)
        if place is None:
            return None
        span = slice(int(self.rows.indptr[place]), int(self.rows.indptr[place + 1]))
        codes, scores = self.rows.indices[span].astype(np.int64), self.rows.data[span].astype(np.float64)
        return codes, scores, float(self.totals[place])

    def arrays(self, prefix: str) -> Arrays:
        names = np.array([name.encode() for name in self.names] or [b""], dtype=np.bytes_)[: len(self.names)]
        return {prefix + "names": names, prefix + "totals": self.totals, **self.rows.arrays(prefix)}

    @classmethod
    def restore(cls, arrays: Arrays, prefix: str) -> Self:
        names = tuple(name.decode() for name in arrays[prefix + "names"].tolist())
        return cls(names, np.asarray(arrays[prefix + "totals"]), Neighbors.restore(arrays, prefix))


def _numbered(names: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
    """The different names but "" in order of appearance, and the number of each of `names`, -1 for ""."""
    places: dict[str, int] = {}
    numbers = [places.setdefault(name, len(places)) if name else -1 for name in names]
    return list(places), np.array(numbers, dtype=np.int64)


def _looked_up(found: NDArray[np.int64], codes: NDArray[Any], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The score of each found code, 0 where `codes` (ascending) have it not."""
    if not len(codes):
        return np.zeros(len(found))
    at = np.minimum(np.searchsorted(codes, found), len(codes) - 1)
    return np.where(codes[at] == found, scores[at], 0.0)


def _best_of(scores: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    order = np.argsort(-scores, kind="stable")[:most]
    return order[scores[order] > 0]


def _no_causes(n: int) -> NDArray[np.int64]:
    return np.full(n, NO_CAUSE, dtype=np.int64)
