"""Has what an arm brings changed? A generalized likelihood ratio over every split into before and after.

Whole days are compared with whole days, so that nights and days are no drift. The threshold holds however often one
looks (Besson et al. 2022, GLR of Bernoulli means): a chance of `ALARM` that an arm that never changes is ever reset.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

ALARM = 0.001
LEAST = 200  # exposures on each side: a reset for less throws away more than it finds
CHANGE = 0.2  # relative to before: less is not worth learning anew


@dataclass(frozen=True, slots=True)
class Day:
    """Twenty-four hours that begin at `at`: exposures whose window is over, and those rewarded."""

    at: datetime
    shown: int
    won: int


@dataclass(frozen=True, slots=True)
class Drift:
    """Since `since` the rate is `after`, and was `before`; `strength`: log-likelihood ratio."""

    since: datetime
    before: float
    after: float
    strength: float


def drift_of(days: Sequence[Day], *, only_down: bool = False) -> Drift | None:
    """The strongest change among whole days in order of time; None where none is beyond chance."""
    shown, won = sum(day.shown for day in days), sum(day.won for day in days)
    if shown < 2 * LEAST:
        return None
    threshold = math.log(3 * shown**1.5 / ALARM)
    found: Drift | None = None
    early_shown = early_won = 0
    for day, following in pairwise(days):
        early_shown, early_won = early_shown + day.shown, early_won + day.won
        one = _split(following.at, (early_shown, early_won), (shown - early_shown, won - early_won))
        if one is None or one.strength < threshold or (only_down and one.after > one.before):
            continue
        if found is None or one.strength > found.strength:
            found = one
    return found


def _split(since: datetime, early: tuple[int, int], late: tuple[int, int]) -> Drift | None:
    if min(early[0], late[0]) < LEAST:
        return None
    before, after = early[1] / early[0], late[1] / late[0]
    overall = (early[1] + late[1]) / (early[0] + late[0])
    if abs(after - before) < CHANGE * before or before == after:
        return None
    return Drift(since, before, after, early[0] * _apart(before, overall) + late[0] * _apart(after, overall))


def _apart(one: float, other: float) -> float:
    """Kullback-Leibler divergence of two rates, in nats."""
    return sum(p * math.log(p / q) for p, q in ((one, other), (1 - one, 1 - other)) if p > 0)
