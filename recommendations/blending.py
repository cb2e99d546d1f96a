"""Blending: what several parts of a model find, on one scale, weighted into one ranking. Pure, sparse.

Serving, evaluation and benches ask through `ask`, so that what is measured is what is served. One scale: a part's
scores are divided by its best score for this very context, so a weight says how much a part's best counts.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendations.estimators.facing import NO_CAUSE, Candidates, Context
from recommendations.model import Model

DEPTH = 200  # candidates asked of each part at least, so that products found by several meet
FEW = 8
DEEPER = 20  # times as many are asked where rules leave fewer than wanted

Found = tuple[str, float, Candidates]  # part, weight, what it found


class Blended(NamedTuple):
    """Best first: `codes`, `scores` in (0, 1], `causes` (a code or NO_CAUSE) of the part with the greatest share,
    and `shares`: codes × parts, what each of `parts` gave of the score, rows sum to 1."""

    codes: NDArray[np.int64]
    scores: NDArray[np.float64]
    causes: NDArray[np.int64]
    parts: tuple[str, ...]
    shares: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.codes)

    def share_of(self, place: int) -> dict[str, float]:
        """The parts that moved the product at a place, greatest first."""
        row = self.shares[place]
        return {self.parts[at]: float(row[at]) for at in np.argsort(-row, kind="stable") if row[at] > 0}


def ask(
    model: Model,
    task: str,
    context: Context,
    n: int,
    *,
    allowed: NDArray[np.bool_] | None = None,
    excluded: Collection[int] = (),
) -> Blended:
    """The `n` best products of a task's blend. `allowed[code]`: may stand in the answer; `excluded`: codes that may
    not. Fewer where the parts know no more; none for a task the model has no blend of."""
    blend_of_task, context = model.blends.get(task, {}), told(task, context)
    weights = [(name, weight) for name, weight in blend_of_task.items() if weight > 0 and not _is_filler(task, name)]
    depth = max(DEPTH, 5 * n)
    found = [(name, weight, model.parts[name].recommend(context, depth)) for name, weight in weights]
    blended = blend(found, n, allowed=allowed, excluded=excluded)
    if len(blended) >= n or (allowed is None and len(excluded) < depth - n):
        return blended
    cut = [name for name, _, candidates in found if len(candidates) >= depth]
    if not cut:
        return blended
    deeper = [
        (name, weight, model.parts[name].recommend(context, depth * DEEPER) if name in cut else candidates)
        for name, weight, candidates in found
    ]
    return blend(deeper, n, allowed=allowed, excluded=excluded)


def _is_filler(task: str, part: str) -> bool:
    """What is wanted by all completes no cart: it follows, as a fallback, what goes with the cart."""
    return task == "cart" and part == "popularity"


def told(task: str, context: Context) -> Context:
    """What a task's parts are told: what is like the product in front is not what somebody likes; what completes a cart
    goes with what lies in it, not with what else was looked at or bought."""
    if task == "product":
        return replace(context, history=(), purchases=())
    return replace(context, history=(), purchases=(), session=()) if task == "cart" else context


def blend(
    found: Sequence[Found],
    n: int,
    *,
    allowed: NDArray[np.bool_] | None = None,
    excluded: Collection[int] = (),
) -> Blended:
    """The `n` best of what the parts found; equal scores in the order of codes."""
    parts = tuple(name for name, _, _ in found)
    heard = [(place, weight, one) for place, (_, weight, one) in enumerate(found) if len(one) and weight > 0]
    if not heard:
        return _nothing(parts)
    codes, given, causes = _laid_out(heard, len(parts))
    scores = given.sum(axis=1)
    kept = _kept(codes, scores, allowed, excluded)
    codes, given, causes, scores = codes[kept], given[kept], causes[kept], scores[kept]
    top = np.lexsort((codes, -scores))[:n] if len(codes) <= n else _top(codes, scores, n)
    codes, given, causes, scores = codes[top], given[top], causes[top], scores[top]
    strongest = given.argmax(axis=1)
    return Blended(codes, scores, causes[np.arange(len(codes)), strongest], parts, given / scores[:, None])


def on_one_scale(candidates: Candidates) -> NDArray[np.float64]:
    """The scores of one part for one context as shares of its best."""
    best = float(candidates.scores.max(initial=0.0))
    return np.asarray(candidates.scores / best) if best > 0 else np.zeros(len(candidates))


def _laid_out(
    heard: Sequence[tuple[int, float, Candidates]], width: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Every candidate once, with what each part gave (codes × parts) and each part's cause."""
    if len(heard) == 1:
        codes, rows = heard[0][2].codes, None
        length = len(codes)
    else:
        codes, rows = np.unique(np.concatenate([one.codes for _, _, one in heard]), return_inverse=True)
        length = len(codes)
    given = np.zeros((length, width))
    causes = np.full((length, width), NO_CAUSE, dtype=np.int64)
    at = 0
    for place, weight, one in heard:
        row = slice(None) if rows is None else rows[at : at + len(one)]
        given[row, place] = weight * on_one_scale(one)
        causes[row, place] = one.causes
        at += len(one)
    return codes, given, causes


def _kept(
    codes: NDArray[np.int64],
    scores: NDArray[np.float64],
    allowed: NDArray[np.bool_] | None,
    excluded: Collection[int],
) -> NDArray[np.bool_]:
    kept = scores > 0
    if allowed is not None:
        kept &= allowed[codes]
    if 0 < len(excluded) <= FEW:  # a comparison each is quicker than a set
        for code in excluded:
            kept &= codes != code
    elif excluded:
        kept &= ~np.isin(codes, np.fromiter(excluded, np.int64, len(excluded)))
    return kept


def _top(codes: NDArray[np.int64], scores: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    kth = np.partition(scores, len(scores) - n)[len(scores) - n]
    places = np.flatnonzero(scores >= kth)
    return places[np.lexsort((codes[places], -scores[places]))[:n]]


def _nothing(parts: tuple[str, ...]) -> Blended:
    none = np.zeros(0, np.int64)
    return Blended(none, np.zeros(0), none.copy(), parts, np.zeros((0, len(parts))))
