"""What a treatment brought beyond its holdout: means of money or orders a person, and whether the split came out. Pure.

Reports are looked at again and again, so the interval of a difference of means is the always-valid one of experiments
(`experiments.stats.intervals`): whoever looks daily and stops at the first good day is wrong once in twenty at most.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from experiments.stats.intervals import Difference, half_width
from experiments.stats.splitting import ALARMING, sample_ratio

ALPHA = 0.05
FEWEST = 30
"""People on each side below which no interval is told: money of a few is mostly one big order."""


@dataclass(frozen=True, slots=True)
class Side:
    """People on one side and what they brought; those who brought nothing count in `heads` only."""

    heads: int
    total: float
    squares: float
    buyers: int

    @property
    def mean(self) -> float:
        """A person; 0 of nobody."""
        return self.total / self.heads if self.heads else 0.0

    @property
    def variance(self) -> float:
        """Of one person, unbiased; 0 of fewer than two."""
        if self.heads < 2:
            return 0.0
        return max(0.0, (self.squares - self.heads * self.mean**2) / (self.heads - 1))


@dataclass(frozen=True, slots=True)
class Lift:
    """What treating brought a person more than not: `difference` lies in [low, high] with 95 %, at every look."""

    treated: Side
    holdout: Side
    difference: float
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0

    @property
    def total(self) -> tuple[float, float, float]:
        """(difference, low, high) of all who were treated."""
        return tuple(each * self.treated.heads for each in (self.difference, self.low, self.high))  # type: ignore[return-value]  # three


def side(heads: int, amounts: Sequence[float]) -> Side:
    """`amounts` of those who brought something. Raises ValueError where they are more than `heads`."""
    if len(amounts) > heads:
        raise ValueError(f"{len(amounts)} amounts of {heads} people")
    return Side(heads, float(sum(amounts)), float(sum(one * one for one in amounts)), len(amounts))


def lift(treated: Side, holdout: Side) -> Lift | None:
    """None where a side has fewer than 30 people, or nobody on either side brought anything."""
    if min(treated.heads, holdout.heads) < FEWEST:
        return None
    parts = (treated.variance / treated.heads, holdout.variance / holdout.heads)
    error = sqrt(sum(parts))
    if not error:
        return None
    difference = treated.mean - holdout.mean
    told = Difference(difference, error**2, treated.heads + holdout.heads, 0.0)
    half = half_width(told, ALPHA)
    return Lift(treated, holdout, difference, difference - half, difference + half)


__all__ = ["ALARMING", "Lift", "Side", "lift", "sample_ratio", "side"]
