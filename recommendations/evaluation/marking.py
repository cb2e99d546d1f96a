"""Marks of ranked answers to cases: means with intervals, and how answers spread over the catalog. Pure.

A case is one question with a set of right answers; `group` says whose it is: intervals are by groups, since the
questions of one person hang together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

K = 20
REPETITIONS = 500
LEVEL = (2.5, 97.5)
SEED = 7
DISCOUNTS = 1 / np.log2(np.arange(2, K + 2))
IDEAL = np.concatenate([[0.0], np.cumsum(DISCOUNTS)])


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """One ranker's marks by case (equal lengths) and its answers: cases × K codes, -1 where it had no more."""

    ndcg: NDArray[np.float64]
    recall: NDArray[np.float64]
    hit_rate: NDArray[np.float64]
    mrr: NDArray[np.float64]
    tops: NDArray[np.int64]

    def of(self, mask: NDArray[np.bool_]) -> "Scored":
        """The marks of some cases."""
        return Scored(self.ndcg[mask], self.recall[mask], self.hit_rate[mask], self.mrr[mask], self.tops[mask])

    def mark(self, name: str) -> NDArray[np.float64]:
        """One mark by case."""
        values: NDArray[np.float64] = getattr(self, name)
        return values


def score(tops: NDArray[np.int64], truths: Sequence[NDArray[np.int64]]) -> Scored:
    """Marks of answers (cases × K codes, best first, -1 for none) against the right codes of each case."""
    hits = np.zeros(tops.shape, dtype=bool)
    for row, (top, truth) in enumerate(zip(tops.tolist(), truths, strict=True)):
        right = set(truth.tolist())
        hits[row] = [code in right for code in top]
    sizes = np.minimum([len(truth) for truth in truths], K).astype(np.int64)
    wanted = np.maximum(sizes, 1)
    found = hits.any(axis=1) if len(hits) else np.zeros(0, bool)
    first = np.where(found, 1 / (hits.argmax(axis=1) + 1), 0.0) if len(hits) else np.zeros(0)
    return Scored(
        ndcg=(hits * DISCOUNTS[: tops.shape[1]]).sum(axis=1) / IDEAL[wanted],
        recall=hits.sum(axis=1) / wanted,
        hit_rate=np.asarray(found, dtype=np.float64),
        mrr=first,
        tops=tops,
    )


def padded(codes: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Answers of different lengths as cases × K."""
    tops = np.full((len(codes), K), -1, dtype=np.int64)
    for row, found in enumerate(codes):
        tops[row, : len(found)] = found[:K]
    return tops


def summary(
    scored: Scored, groups: NDArray[np.int64], *, products: int, known_by: NDArray[np.float64]
) -> dict[str, float]:
    """The marks as `recommendations.training.metrics` describes them. `known_by[code]`: share of people who know it."""
    marks: dict[str, float] = {}
    for name in ("ndcg", "recall", "hit_rate", "mrr"):
        values = scored.mark(name)
        low, high = interval(values, groups)
        marks |= {name: float(values.mean()), f"{name}_low": low, f"{name}_high": high}
    shown = scored.tops[scored.tops >= 0]
    marks["coverage"] = len(np.unique(shown)) / max(products, 1)
    marks["novelty"] = float(-np.log2(np.maximum(known_by[shown], 1e-9)).mean()) if len(shown) else 0.0
    marks["gini"] = gini(np.bincount(shown, minlength=products)) if len(shown) else 0.0
    return {name: round(value, 5) for name, value in marks.items()} | {"cases": len(groups)}


def interval(values: NDArray[np.float64], groups: NDArray[np.int64], seed: int = SEED) -> tuple[float, float]:
    """95 % of means when whole groups are drawn anew (each counts Poisson(1) times)."""
    if not len(values):
        return 0.0, 0.0
    _, places = np.unique(groups, return_inverse=True)
    sums, sizes = np.bincount(places, weights=values), np.bincount(places).astype(np.float64)
    if len(sums) == 1:
        return float(values.mean()), float(values.mean())
    times = _times(len(sums), seed)
    low, high = np.percentile((times @ sums) / np.maximum(times @ sizes, 1e-12), LEVEL)
    return float(low), float(high)


@lru_cache(maxsize=2)  # a table asks for the same dozens of times: by ranker and mark
def _times(groups: int, seed: int) -> NDArray[np.float64]:
    """How often each group is drawn: repetitions × groups."""
    drawn = np.random.default_rng(seed).poisson(1.0, (REPETITIONS, groups)).astype(np.float64)
    drawn.flags.writeable = False
    return drawn


def gini(counts: NDArray[np.int64]) -> float:
    """0: every product is shown as often as any other; towards 1: one is shown alone."""
    ordered = np.sort(counts).astype(np.float64)
    total = ordered.sum()
    if not total:
        return 0.0
    n = len(ordered)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * total))
