"""Offline evaluation on a time split: learn from what was before the cut, ask for what people bought after it.

Pure. Two slices: `all` (every later purchase counts) and `new` (only products the person had not bought before the cut;
those already bought are not recommended either). Recall divides by min(k, |truth|). People without truth do not count;
of more than MOST_PEOPLE with truth every n-th is asked.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from recommendations.estimators import Interactions
from recommendations.estimators.interactions import DAY_US

K = 20
CELLS = 10_000_000  # people × products held as dense scores at once
MOST_PEOPLE = 5_000

Slice = Literal["all", "new"]
Ranker = Callable[[NDArray[np.int64]], NDArray[np.float32]]  # people → people × products


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over `people` at K; `coverage` is the share of products recommended to anybody."""

    ndcg: float
    recall: float
    hit_rate: float
    mrr: float
    coverage: float
    people: int

    def as_json(self) -> dict[str, float]:
        """Rounded for the run's row."""
        return {name: round(value, 5) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Split:
    """`train` lies wholly before `cut_us`, `test` (purchases only) at or after it."""

    train: Interactions
    test: Interactions
    cut_us: int


def time_split(interactions: Interactions, days: float = 90.0, share: float = 0.2) -> Split:
    """Cuts off the last `days`, or the last `share` of the history where that is shorter."""
    if not len(interactions):
        return Split(interactions, interactions, 0)
    first, last = int(interactions.at_us.min()), interactions.until_us
    return split_at(interactions, last - int(min(days * DAY_US, share * (last - first))))


def split_at(interactions: Interactions, cut_us: int) -> Split:
    """Train strictly before the cut, test from the cut on."""
    before = interactions.at_us < cut_us
    return Split(interactions.where(before), interactions.where(~before).purchases(), cut_us)


@dataclass(frozen=True, slots=True, eq=False)
class Exam:
    """The questions of a split: `owned` and `truth` are people × products, 1 where bought before / after the cut."""

    owned: sp.csr_matrix
    truth: sp.csr_matrix

    @classmethod
    def of(cls, split: Split) -> "Exam":
        """Truth is limited to products and people known before the cut: nobody can answer for others."""
        owned = _binary(split.train.purchases())
        truth = _binary(split.test)
        known_items = np.isin(np.arange(truth.shape[1]), split.train.items)
        known_people = np.diff(owned.indptr) > 0
        truth = sp.diags(known_people.astype(np.float32)) @ truth @ sp.diags(known_items.astype(np.float32))
        truth = truth.tocsr()
        truth.eliminate_zeros()
        return cls(owned, truth)

    def mark(self, ranker: Ranker, where: Slice) -> Quality | None:
        """The ranker's quality, or None where nobody has truth."""
        truth = self.truth if where == "all" else (self.truth - self.truth.multiply(self.owned)).tocsr()
        truth.eliminate_zeros()
        people = np.flatnonzero(np.diff(truth.indptr))
        if not len(people):
            return None
        people = people[:: -(-len(people) // MOST_PEOPLE)]
        step = max(1, CELLS // truth.shape[1])
        parts = [self._chunk(ranker, truth, people[at : at + step], where) for at in range(0, len(people), step)]
        hits, sizes, tops = (np.concatenate(column) for column in zip(*parts, strict=True))
        return summary(hits, sizes, tops, products=truth.shape[1])

    def _chunk(
        self, ranker: Ranker, truth: sp.csr_matrix, people: NDArray[np.int64], where: Slice
    ) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
        scores = np.array(ranker(people), dtype=np.float32)
        if where == "new":
            scores[(self.owned[people] > 0).toarray()] = -np.inf
        wanted = (truth[people] > 0).toarray()
        top = best_columns(scores, K)
        return np.take_along_axis(wanted, top, axis=1), wanted.sum(axis=1), top


def best_columns(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """The `k` best columns of each row, best first; equal scores in column order."""
    k = min(k, scores.shape[1])
    best = np.sort(np.argpartition(-scores, k - 1, axis=1)[:, :k], axis=1)
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)


def summary(hit: NDArray[np.bool_], size: NDArray[np.int64], top: NDArray[np.int64], *, products: int) -> Quality:
    """Quality of ranked hits (people × at most K), truth sizes (people) and the products recommended at each rank."""
    k = hit.shape[1]
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(2, K + 2)))])[np.minimum(size, K)]
    first = np.where(hit.any(axis=1), 1 / (hit.argmax(axis=1) + 1), 0.0)
    return Quality(
        ndcg=float(((hit * discounts).sum(axis=1) / ideal).mean()),
        recall=float((hit.sum(axis=1) / np.minimum(size, K)).mean()),
        hit_rate=float(hit.any(axis=1).mean()),
        mrr=float(first.mean()),
        coverage=len(np.unique(top)) / products,
        people=len(size),
    )


def compare(split: Split, rankers: Mapping[str, Ranker]) -> dict[str, dict[str, dict[str, float]]]:
    """{slice: {ranker: metrics}}; a slice nobody has truth in is left out."""
    exam = Exam.of(split)
    slices: tuple[Slice, ...] = ("all", "new")
    marks = {where: {name: exam.mark(ranker, where) for name, ranker in rankers.items()} for where in slices}
    return {
        where: {name: quality.as_json() for name, quality in row.items() if quality}
        for where, row in marks.items()
        if any(row.values())
    }


def _binary(interactions: Interactions) -> sp.csr_matrix:
    matrix = interactions.matrix(np.ones(len(interactions), dtype=np.float32))
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix
