"""Values of a target policy from another's log: IPS, SNIPS and doubly robust, each with an interval and the effective
sample size.

`target` (n, arms): the chances the candidate would have played with, row by row. Rows of one person count as one draw
when the interval is computed. `model` (n, arms): expected rewards, learned from other rows (`judging` crosses them).
"""

import math
from dataclasses import dataclass

import numpy as np

from decisions.bandits.features import Matrix
from decisions.evaluation.logs import Log, Numbers

Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Estimate:
    """A reward a decision, with its 95 % interval."""

    value: float
    low: float
    high: float


def running(log: Log) -> Estimate:
    """What the policy that wrote the log brought."""
    return _mean(log.reward, log.units)


def weights(log: Log, target: Matrix) -> Matrix:
    """How much each row stands for under the target, (n,)."""
    found: Matrix = target[np.arange(len(log)), log.action] / log.propensity
    return found


def effective(weight: Matrix) -> float:
    """How many rows of the candidate's own the log is worth (Kish)."""
    squares = float(np.sum(weight**2))
    return float(np.sum(weight)) ** 2 / squares if squares else 0.0


def ips(log: Log, target: Matrix) -> Estimate:
    """Inverse propensity scores: unbiased, and wide."""
    return _mean(weights(log, target) * log.reward, log.units)


def snips(log: Log, target: Matrix) -> Estimate:
    """Self-normalized: a little bias for a narrower interval, and never outside the rewards there were."""
    weight = weights(log, target)
    total = float(weight.mean())
    if total <= 0:
        return Estimate(math.nan, math.nan, math.nan)
    value = float((weight * log.reward).mean()) / total
    return _around(value, weight * (log.reward - value) / total, log.units)


def doubly_robust(log: Log, target: Matrix, model: Matrix) -> Estimate:
    """What the model expects, mended by what it got wrong: unbiased if propensities or model are right."""
    return _mean(robust_scores(log, target, model), log.units)


def robust_scores(log: Log, target: Matrix, model: Matrix) -> Matrix:
    """One number a row (n,), whose mean is the doubly robust value."""
    expected = model[np.arange(len(log)), log.action]
    found: Matrix = np.sum(target * model, axis=1) + weights(log, target) * (log.reward - expected)
    return found


def gain(log: Log, target: Matrix, model: Matrix) -> Estimate:
    """The candidate's doubly robust value less what the running policy brought, on the same rows."""
    return _mean(robust_scores(log, target, model) - log.reward, log.units)


def _mean(scores: Matrix, units: Numbers) -> Estimate:
    value = float(scores.mean())
    return _around(value, scores - value, units)


def _around(value: float, influence: Matrix, units: Numbers) -> Estimate:
    """Interval from influences that sum to about zero, summed by person first."""
    many = len(influence)
    _, codes = np.unique(units, return_inverse=True)
    sums = np.bincount(codes, weights=influence)
    groups = len(sums)
    spread = math.sqrt(float(np.sum(sums**2)) * (groups / max(groups - 1, 1))) / many
    return Estimate(value, value - Z * spread, value + Z * spread)
