"""From what somebody did to what estimators are told of it. Pure; serving and evaluation both make contexts with it."""

import math
from collections.abc import Iterable
from typing import NamedTuple

from recommendations.estimators.facing import Touched
from recommendations.estimators.interactions import DAY_US, KIND_WEIGHT, Kind

MOST_PRODUCTS = 100
WEIGHT_OF: tuple[float, ...] = tuple(float(weight) for weight in KIND_WEIGHT)


class Did(NamedTuple):
    """One thing done with a product (its code). `times`: repetitions, already decayed; None: once, at `at_us`."""

    code: int
    kind: int
    at_us: int
    times: float | None = None


def history_of(done: Iterable[Did], until_us: int, half_life_days: float) -> tuple[Touched, ...]:
    """Each product once, heaviest first: log(1 + interactions, decayed to the model's time), the strongest kind and
    the latest time. Later ones than `until_us` count in full."""
    weights: dict[int, float] = {}
    kinds: dict[int, int] = {}
    latest: dict[int, int] = {}
    for code, kind, at_us, times in done:
        weight = WEIGHT_OF[kind] * (faded(at_us, until_us, half_life_days) if times is None else times)
        weights[code] = weights.get(code, 0.0) + weight
        kinds[code] = max(kinds.get(code, kind), kind)
        latest[code] = max(latest.get(code, at_us), at_us)
    ordered = sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_PRODUCTS]
    return tuple(Touched(code, math.log1p(weight), latest[code], kinds[code]) for code, weight in ordered)


def purchases_of(done: Iterable[Did], until_us: int, half_life_days: float) -> tuple[Touched, ...]:
    """Each product bought once: its decayed count (not its logarithm) and last purchase, most bought first."""
    counts: dict[int, float] = {}
    latest: dict[int, int] = {}
    for code, kind, at_us, times in done:
        if kind == Kind.PURCHASE:
            counts[code] = counts.get(code, 0.0) + (faded(at_us, until_us, half_life_days) if times is None else times)
            latest[code] = max(latest.get(code, at_us), at_us)
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Touched(code, count, latest[code], int(Kind.PURCHASE)) for code, count in ordered)


def session_of(done: Iterable[Did]) -> tuple[Touched, ...]:
    """The touches of one visit, oldest first, with repeats."""
    ordered = sorted(done, key=lambda one: one.at_us)
    return tuple(Touched(one.code, WEIGHT_OF[one.kind], one.at_us, one.kind) for one in ordered)


def faded(at_us: int, until_us: int, half_life_days: float) -> float:
    """What is left of an interaction's weight at the model's time."""
    return float(0.5 ** (max(until_us - at_us, 0) / DAY_US / half_life_days))
