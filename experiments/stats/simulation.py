"""What daily looks do to experiments in which nothing is different (A/A), by both kinds of interval. Pure, seeded.

Every simulated person is drawn: whether they do it, on which day of their window, and what they spend. Values are
counted as results count them: everybody met so far, with what they did so far.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from experiments.stats.intervals import TUNING, rho

Numbers = NDArray[np.float64]
CONVERSION, REVENUE = "conversion", "revenue"
WINDOW_DAYS = 7
DECAY = 0.6
"""Of those who will do it, this share of the day before does it on each further day of the window."""
AMOUNT, SPREAD = 3.6, 0.8
"""Of the logarithm of what is spent."""


@dataclass(frozen=True, slots=True)
class DayOfAA:
    """The share of experiments that had called a difference by the end of this day, at any look until then."""

    day: int
    always_valid: float
    naive: float


@dataclass(frozen=True, slots=True)
class AA:
    """False positives among `simulations` experiments of `days` days with a look a day, in which nothing differed.

    `always_valid`: called by the interval results use; `naive`: by a fixed interval looked at daily; `once`: by a fixed
    interval looked at on the last day alone.
    """

    kind: str
    simulations: int
    days: int
    people_a_day: int
    alpha: float
    always_valid: float
    naive: float
    once: float
    by_day: tuple[DayOfAA, ...]


def simulate_aa(
    *,
    kind: str = CONVERSION,
    simulations: int = 2_000,
    days: int = 28,
    people_a_day: int = 400,
    rate: float = 0.05,
    alpha: float = 0.05,
    seed: int = 1,
    lift: float = 0.0,
) -> AA:
    """`people_a_day`: on both sides together. With a `lift` (relative) the shares tell power instead."""
    draw = np.random.default_rng(seed)
    each = max(1, people_a_day // 2)
    people = each * np.arange(1, days + 1, dtype=np.float64)
    sides = [_side(draw, kind, simulations, days, each, rate * grown) for grown in (1.0, 1.0 + lift)]
    told = _called(people, sides[0], sides[1], kind, alpha)
    ever = [np.logical_or.accumulate(one, axis=1) for one in told]
    by_day = tuple(
        DayOfAA(day + 1, float(ever[0][:, day].mean()), float(ever[1][:, day].mean())) for day in range(days)
    )
    return AA(
        kind=kind,
        simulations=simulations,
        days=days,
        people_a_day=each * 2,
        alpha=alpha,
        always_valid=by_day[-1].always_valid,
        naive=by_day[-1].naive,
        once=float(told[1][:, -1].mean()),
        by_day=by_day,
    )


def lifetime_errors(
    *, alpha: float = 0.05, simulations: int = 2_000, people: float = 1e9, looks: int = 1_500, seed: int = 1
) -> float:
    """The share of A/A experiments that the always-valid interval ever calls when looked at `looks` times between the
    second person and the last, ever further apart.

    It guards looks without end: over some weeks only a part of `alpha` is spent, and all of it in the limit.
    """
    met = np.geomspace(2, people, looks)
    steps = np.sqrt(np.diff(np.concatenate(([0.0], met))))
    scores = np.cumsum(np.random.default_rng(seed).normal(size=(simulations, looks)) * steps, axis=1) / np.sqrt(met)
    return float((np.abs(scores) > _edge(met, alpha)).any(axis=1).mean())


def _edge(people: Numbers, alpha: float) -> Numbers:
    """How many standard errors the always-valid interval is wide, to each side."""
    grown = people * rho(alpha, TUNING) ** 2
    return np.asarray(np.sqrt(2 * (grown + 1) / grown * np.log(np.sqrt(grown + 1) / alpha)), dtype=np.float64)


def _side(
    draw: np.random.Generator, kind: str, simulations: int, days: int, each: int, rate: float
) -> tuple[Numbers, Numbers]:
    """(Σy, Σy²) at the end of each day of one side: simulations × days."""
    lags = DECAY ** np.arange(WINDOW_DAYS)
    did = draw.binomial(each, rate, size=(simulations, days))
    on = draw.multinomial(did, lags / lags.sum())  # simulations × days met × days after
    count, total, squares = (np.zeros((simulations, days)) for _ in range(3))
    for after in range(min(WINDOW_DAYS, days)):
        met = on[:, : days - after, after]
        count[:, after:] += met
        if kind == REVENUE:
            spent = _amounts(draw, met)
            total[:, after:] += spent[0]
            squares[:, after:] += spent[1]
    grown = (count, count) if kind == CONVERSION else (total, squares)
    return np.cumsum(grown[0], axis=1), np.cumsum(grown[1], axis=1)


def _amounts(draw: np.random.Generator, buyers: NDArray[np.int64]) -> tuple[Numbers, Numbers]:
    """Sums and sums of squares of what so many buyers spend, cell by cell."""
    spent = draw.lognormal(AMOUNT, SPREAD, size=int(buyers.sum()))
    edges = np.concatenate(([0], np.cumsum(buyers.ravel())))
    sums = [np.concatenate(([0.0], np.cumsum(one)))[edges] for one in (spent, spent * spent)]
    return np.diff(sums[0]).reshape(buyers.shape), np.diff(sums[1]).reshape(buyers.shape)


def _called(
    people: Numbers, a: tuple[Numbers, Numbers], b: tuple[Numbers, Numbers], kind: str, alpha: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether 0 lay outside, by experiment and day: of the always-valid and of the fixed interval."""
    means = [one[0] / people for one in (a, b)]
    if kind == CONVERSION:
        variances = [mean * (1 - mean) for mean in means]
    else:
        variances = [(one[1] - people * mean**2) / (people - 1) for one, mean in zip((a, b), means, strict=True)]
    parts = [variance / people for variance in variances]
    error = np.sqrt(parts[0] + parts[1])
    known = (variances[0] > 0) & (variances[1] > 0)
    score = np.divide(np.abs(means[1] - means[0]), error, out=np.zeros_like(error), where=known)
    shape = (parts[0] ** 2 + parts[1] ** 2) / (people - 1)
    freedom = np.divide((parts[0] + parts[1]) ** 2, shape, out=np.ones_like(error), where=known)
    return score > _edge(2 * people, alpha), score > stats.t.ppf(1 - alpha / 2, freedom)
