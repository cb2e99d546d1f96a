"""How much each part counts in a task's blend, learned on validation cases. Pure and seeded.

Coordinate ascent over part weights, from the defaults and from each part alone. A weight stays only if the blend is
better with it by more than noise: the paired difference by groups exceeds two standard errors. With fewer than
FEWEST cases the defaults stand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.blending import on_one_scale
from recommendations.estimators.facing import Candidates, best
from recommendations.evaluation.marking import DISCOUNTS, IDEAL, K
from recommendations.training.asking import Asked

FEWEST = 60
STEPS = (0.0, 0.05, 0.12, 0.3, 0.7, 1.5, 4.0)
ROUNDS = 3
DEEPEST = 100  # candidates of one part and case that weights are learned on
TIE = 1e-7
NOISE = 2.0  # standard errors; the best of many tried is better by one of them without being better


@dataclass(frozen=True, slots=True)
class Learned:
    """The weights (sum 1) of a task, and how good they were beside the defaults by `mark` on `cases`."""

    weights: dict[str, float]
    learned: bool
    mark: str
    value: float
    default: float
    cases: int

    def as_json(self) -> dict[str, object]:
        """As in `recommendations.training.metrics`, without the weights."""
        return {
            "learned": self.learned,
            "mark": self.mark,
            "value": round(self.value, 5),
            "default": round(self.default, 5),
            "cases": self.cases,
        }


def learn(asked: Asked, default: Mapping[str, float], mark: str) -> Learned:
    """The best blend of the parts asked for one task, by the mean of `mark` (ndcg or mrr at 20)."""
    parts = tuple(part for part in asked.found if any(map(len, asked.found[part])))
    start = np.array([default.get(part, 0.0) for part in parts])
    cases = len(asked.cases)
    if cases < FEWEST or len(parts) < 2 or not start.sum():
        return Learned(dict(default), False, mark, 0.0, 0.0, cases)
    board = Board.of(_shallow(asked, parts), parts)
    base = board.marks(start, mark)
    chosen, marks = start, base
    alone = max(np.eye(len(parts)), key=lambda one: float(board.marks(one, mark).mean()))
    for first in (start, alone):
        climbed, reached = _climb(board, first, mark)
        if reached.mean() > marks.mean():
            chosen, marks = climbed, reached
    chosen, marks = _pruned(board, chosen, marks, mark)
    if not is_better(marks, base, board.groups):
        return Learned(dict(default), False, mark, float(base.mean()), float(base.mean()), cases)
    weights = {part: round(float(w), 4) for part, w in zip(parts, chosen / chosen.sum(), strict=True) if w > 0}
    return Learned(weights, True, mark, float(marks.mean()), float(base.mean()), cases)


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """All candidates of all cases side by side: `given` (parts × cases × places, on one scale, 0 for none); the right
    ones as pairs of `owner` (case) and `place`; how many are right, and the group, of each case."""

    given: NDArray[np.float32]
    owner: NDArray[np.int64]
    place: NDArray[np.int64]
    sizes: NDArray[np.int64]
    groups: NDArray[np.int64]

    @classmethod
    def of(cls, asked: Asked, parts: Sequence[str]) -> "Board":
        """The candidates of the parts, excluded ones left out."""
        codes = [_codes(asked, parts, at) for at in range(len(asked.cases))]
        given = np.zeros((len(parts), len(codes), max(map(len, codes), default=0)), dtype=np.float32)
        hits = []
        for at, (case, code) in enumerate(zip(asked.cases, codes, strict=True)):
            for row, part in enumerate(parts):
                one = asked.found[part][at]
                place = np.searchsorted(code, one.codes)
                inside = place < len(code)
                inside[inside] = code[place[inside]] == one.codes[inside]
                given[row, at, place[inside]] = on_one_scale(one)[inside]
            hits.append(np.flatnonzero(np.isin(code, case.truth)))
        return cls(
            given=given,
            owner=np.repeat(np.arange(len(codes)), [len(hit) for hit in hits]),
            place=np.concatenate(hits).astype(np.int64),
            sizes=np.array([len(case.truth) for case in asked.cases], dtype=np.int64),
            groups=np.array([case.group for case in asked.cases], dtype=np.int64),
        )

    def marks(self, weights: NDArray[np.float64], mark: str) -> NDArray[np.float64]:
        """By case. Only right ones are ranked: by how many candidates of their case stand above them."""
        scores = np.tensordot(weights.astype(np.float32), self.given, axes=1)
        scores -= np.arange(scores.shape[1], dtype=np.float32) * TIE  # equal scores: the lower code first
        own = scores[self.owner, self.place]
        rank = (scores[self.owner] > own[:, None]).sum(axis=1)
        seen = (rank < K) & (own > 0)
        owner, rank = self.owner[seen], rank[seen]
        if mark == "mrr":
            best = np.zeros(len(self.sizes))
            np.maximum.at(best, owner, 1.0 / (rank + 1))
            return best
        gains = np.bincount(owner, weights=DISCOUNTS[rank], minlength=len(self.sizes))
        return np.asarray(gains / IDEAL[np.minimum(np.maximum(self.sizes, 1), K)])


def _shallow(asked: Asked, parts: Sequence[str]) -> Asked:
    """The best candidates only: what stands deeper moves no answer of twenty."""

    def cut(one: Candidates, excluded: int) -> Candidates:
        return best(one, DEEPEST + excluded)

    sizes = [len(case.excluded) for case in asked.cases]
    found = {part: [cut(one, n) for one, n in zip(asked.found[part], sizes, strict=True)] for part in parts}
    return Asked(asked.cases, found)


def _codes(asked: Asked, parts: Sequence[str], at: int) -> NDArray[np.int64]:
    """Every candidate of a case once, excluded ones left out."""
    codes = np.unique(np.concatenate([asked.found[part][at].codes for part in parts]))
    excluded = asked.cases[at].excluded
    return codes[~np.isin(codes, list(excluded))] if excluded else codes


def _climb(board: Board, start: NDArray[np.float64], mark: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    weights, marks = start.copy(), board.marks(start, mark)
    for _ in range(ROUNDS):
        before = marks.mean()
        for part in range(len(weights)):
            for step in STEPS:
                trial = weights.copy()
                trial[part] = step * max(weights.sum() - weights[part], 1e-9)
                if not trial.sum() or np.allclose(trial, weights):
                    continue
                reached = board.marks(trial, mark)
                if reached.mean() > marks.mean():
                    weights, marks = trial / trial.sum(), reached
        if marks.mean() <= before * 1.001:
            break
    return weights, marks


def _pruned(
    board: Board, weights: NDArray[np.float64], marks: NDArray[np.float64], mark: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Without the parts that do not help by more than noise, the lightest first."""
    for part in np.argsort(weights):
        trial = weights.copy()
        trial[part] = 0.0
        if not weights[part] or not trial.sum():
            continue
        reached = board.marks(trial, mark)
        if not is_better(marks, reached, board.groups):
            weights, marks = trial / trial.sum(), reached
    return weights, marks


def is_better(ours: NDArray[np.float64], theirs: NDArray[np.float64], groups: NDArray[np.int64]) -> bool:
    """Whether the paired difference exceeds NOISE standard errors, by groups."""
    _, places = np.unique(groups, return_inverse=True)
    sums = np.bincount(places, weights=ours - theirs)
    if len(sums) < 2:
        return bool(sums.sum() > 0)
    return bool(sums.mean() > NOISE * sums.std(ddof=1) / np.sqrt(len(sums)))
