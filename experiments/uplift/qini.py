"""Qini and uplift curves of a ranking, and what they are worth.

People stand in the order of a score, the highest first; equal scores are one step. After the first k of n people, with
t treated of them and c not, of whom Y_t and Y_c came:

- the Qini curve is (Y_t − Y_c · t / c) / T, T = all treated: what targeting the first k/n brings, per treated head;
- the Qini coefficient is the area between it and the straight line to its end (targeting at random);
- the uplift curve is (Y_t / t − Y_c / c) · k / n, and AUUC the area under it.

All are per head: of a truth, in shares (× 100 = percent); of money, in money.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.uplift.frame import Numbers, Truths

Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """`share` of people targeted, from 0 to 1; `qini` and `uplift` there; `coefficient` and `auuc` are areas."""

    share: Numbers
    qini: Numbers
    uplift: Numbers
    coefficient: float
    auuc: float

    def at(self, shares: Numbers) -> Numbers:
        """The Qini curve at these shares."""
        return np.asarray(np.interp(shares, self.share, self.qini), dtype=np.float64)


def curve(score: Numbers, treated: Truths, outcome: Numbers, weight: Numbers | None = None) -> Curve:
    """The curves of a ranking; `weight` counts a row so many times."""
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(order) - 1)
    return _curve(order, ends, treated, outcome, np.ones(len(score)) if weight is None else weight)


def drawn(score: Numbers, treated: Truths, outcome: Numbers, *, draws: int, seed: int) -> Numbers:
    """The Qini coefficient of each drawing of people; the same seed draws the same people for every score."""
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(order) - 1)
    random = np.random.default_rng(seed)
    return np.array(
        [_curve(order, ends, treated, outcome, random.poisson(1.0, len(score)).astype(np.float64)).coefficient
         for _ in range(draws)]
    )  # fmt: skip


def _curve(order: Places, ends: Places, treated: Truths, outcome: Numbers, weight: Numbers) -> Curve:
    sorted_weight, is_treated, came = weight[order], treated[order], outcome[order] * weight[order]
    with_, without = np.where(is_treated, sorted_weight, 0.0), np.where(is_treated, 0.0, sorted_weight)
    heads_t, heads_c = (np.cumsum(each)[ends] for each in (with_, without))
    came_t, came_c = (np.cumsum(np.where(side, came, 0.0))[ends] for side in (is_treated, ~is_treated))
    everybody, all_treated = heads_t[-1] + heads_c[-1], max(heads_t[-1], 1.0)
    share = (heads_t + heads_c) / max(everybody, 1.0)
    rate_c = np.divide(came_c, heads_c, out=np.zeros_like(came_c), where=heads_c > 0)
    rate_t = np.divide(came_t, heads_t, out=np.zeros_like(came_t), where=heads_t > 0)
    qini, uplift = (came_t - rate_c * heads_t) / all_treated, (rate_t - rate_c) * share
    share, qini, uplift = (np.concatenate([[0.0], each]) for each in (share, qini, uplift))
    area = float(np.trapezoid(qini, share) - qini[-1] / 2)
    return Curve(share, qini, uplift, area, float(np.trapezoid(uplift, share)))
