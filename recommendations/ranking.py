"""Ranking with a trained model, pure: from what a person did to the products that belong to it, each with its cause.

No dense algebra: a request touches the sparse rows of its seeds only, so BLAS threads play no part while serving.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendations.contracts import Reason
from recommendations.estimators.interactions import DAY_US, KIND_WEIGHT, Kind
from recommendations.model import Model

MOST_SEEDS = 100
REASON_OF: dict[Kind, Reason] = {Kind.VIEW: Reason.VIEWED, Kind.ADD: Reason.ADDED, Kind.PURCHASE: Reason.BOUGHT}


class Touch(NamedTuple):
    """Something done with a product. `times` counts repetitions, already decayed where the reader did so."""

    product_id: str
    kind: Kind
    at_us: int
    times: float | None = None


class Seed(NamedTuple):
    """A product to start from: how much it counts, and why."""

    code: int
    weight: float
    reason: Reason


class Scored(NamedTuple):
    """A ranked product, and the seed that spoke for it most."""

    code: int
    score: float
    seed: Seed


def seeds_of(touches: Iterable[Touch], model: Model) -> list[Seed]:
    """A person's seeds, heaviest first, weighted as in training: log(1 + decayed interactions).

    The reason of a seed is its strongest touch. Age counts from the newest event the model has seen; later touches
    count in full.
    """
    weights: dict[int, float] = {}
    strongest: dict[int, float] = {}
    reasons: dict[int, Reason] = {}
    for touch in touches:
        code = model.codes.get(touch.product_id)
        if code is None:
            continue
        weight = float(KIND_WEIGHT[touch.kind]) * (fading(touch.at_us, model) if touch.times is None else touch.times)
        weights[code] = weights.get(code, 0.0) + weight
        if weight > strongest.get(code, -1.0):
            strongest[code], reasons[code] = weight, REASON_OF[touch.kind]
    ordered = sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_SEEDS]
    return [Seed(code, math.log1p(weight), reasons[code]) for code, weight in ordered]


def fading(at_us: int, model: Model) -> float:
    """What is left of an interaction's weight at the model's time."""
    return float(0.5 ** (max(model.trained_until_us - at_us, 0) / DAY_US / model.half_life_days))


def even_seeds(product_ids: Sequence[str], model: Model, reason: Reason) -> list[Seed]:
    """Products in front of the person, all of one weight."""
    codes = dict.fromkeys(model.codes[product_id] for product_id in product_ids if product_id in model.codes)
    return [Seed(code, 1.0, reason) for code in codes]


def related(model: Model, seeds: Sequence[Seed], allowed: NDArray[np.bool_], n: int) -> list[Scored]:
    """The `n` best allowed products with a positive score, best first; ties go to the lower code."""
    if not seeds:
        return []
    columns, values, owners = _entries(model, seeds)
    scores = np.bincount(columns, weights=values, minlength=len(model.products)).astype(np.float64)
    candidates = np.flatnonzero((scores > 0) & allowed)
    best = _top(scores, candidates, n)
    causes = _causes(best, columns, values, owners)
    return [Scored(int(code), float(scores[code]), seeds[causes[int(code)]]) for code in best]


def _entries(model: Model, seeds: Sequence[Seed]) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.int64]]:
    spans = [(int(model.indptr[seed.code]), int(model.indptr[seed.code + 1])) for seed in seeds]
    columns = np.concatenate([model.indices[start:end] for start, end in spans])
    owners = np.repeat(np.arange(len(seeds)), [end - start for start, end in spans])
    values = np.concatenate([model.data[start:end] for start, end in spans]) * np.array(
        [seed.weight for seed in seeds], dtype=np.float64
    ).take(owners)
    return columns, values, owners


def _top(scores: NDArray[np.float64], candidates: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    if len(candidates) > n:
        kth = np.partition(scores[candidates], len(candidates) - n)[len(candidates) - n]
        candidates = candidates[scores[candidates] >= kth]
    order = np.lexsort((candidates, -scores[candidates]))[:n]
    return candidates[order]


def _causes(
    best: NDArray[np.int64], columns: NDArray[np.int32], values: NDArray[np.float64], owners: NDArray[np.int64]
) -> dict[int, int]:
    """For each product, the index of the seed that contributed most."""
    mine = np.isin(columns, best)
    causes: dict[int, tuple[float, int]] = {}
    for column, value, owner in zip(columns[mine].tolist(), values[mine].tolist(), owners[mine].tolist(), strict=True):
        if column not in causes or value > causes[column][0]:
            causes[column] = (value, owner)
    return {column: owner for column, (_, owner) in causes.items()}
