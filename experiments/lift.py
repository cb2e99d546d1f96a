"""What a treatment brought beyond its holdout: means of money or orders a person, and whether the split came out. Pure.

The interval of a difference of means is Welch's (unequal variances and sizes). It is a 95 % interval for one look at
the end: whoever looks every day and stops at the first good one is wrong more often than one in twenty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

from scipy import stats

LEVEL = 0.95
FEWEST = 30
"""People on each side below which no interval is told: money of a few is mostly one big order."""
ALARMING = 0.001
"""A split as uneven as this comes by chance once in a thousand: something else sorts people into the sides."""


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
    """What treating brought a person more than not: `difference` lies in [low, high] with 95 %."""

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
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / (treated.heads - 1) + parts[1] ** 2 / (holdout.heads - 1))
    half = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * error
    difference = treated.mean - holdout.mean
    return Lift(treated, holdout, difference, difference - half, difference + half)


def sample_ratio(heads: Mapping[str, int], shares: Mapping[str, Decimal | float]) -> float | None:
    """How likely a split at least this uneven comes by chance (chi-square), given the shares asked for.

    None where there is nothing to tell: fewer than two variants with a share, or nobody.
    """
    asked = {name: float(share) for name, share in shares.items() if share > 0}
    total = sum(heads.get(name, 0) for name in asked)
    if len(asked) < 2 or not total:
        return None
    expected = [total * share / sum(asked.values()) for share in asked.values()]
    return float(stats.chisquare([heads.get(name, 0) for name in asked], expected).pvalue)
