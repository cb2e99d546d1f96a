"""Two shares compared: how much more of one group did something, with a 95 % interval. Pure.

The interval is Newcombe's (1998, method 10) of two Wilson intervals: it holds for small groups and shares near 0 or 1,
where the textbook's normal interval does not. It takes its units for independent of each other. These figures are
looked at every day, so it is as wide as the always-valid interval of experiments (`experiments.stats.intervals`).
"""

from dataclasses import dataclass
from math import sqrt

from experiments.stats.intervals import multiplier

ALPHA = 0.05
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Difference:
    """`first` and `second` are shares, 0 to 1; `difference` = first - second lies in [low, high] with 95 %, at every
    look."""

    first: float
    second: float
    difference: float
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0

    @property
    def lift(self) -> float | None:
        """The difference as a part of the second share; None where that is 0."""
        return self.difference / self.second if self.second else None


def wilson(hits: int, of: int, z: float = Z95) -> tuple[float, float]:
    """The interval of a share, 95 % unless `z` says otherwise; (0, 1) of nothing. Raises ValueError unless
    0 <= hits <= of."""
    if not 0 <= hits <= of:
        raise ValueError(f"{hits} of {of} is no share")
    if not of:
        return 0.0, 1.0
    share, square = hits / of, z * z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = z / (1 + square / of) * sqrt(share * (1 - share) / of + square / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def difference(
    first_hits: int, first_of: int, second_hits: int, second_of: int, *, z: float | None = None
) -> Difference | None:
    """The first group's share against the second's; None where one of them is empty. `z`: for another interval."""
    if not first_of or not second_of:
        return None
    wide = multiplier(first_of + second_of, ALPHA) if z is None else z
    first, second = first_hits / first_of, second_hits / second_of
    (low_1, high_1), (low_2, high_2) = wilson(first_hits, first_of, wide), wilson(second_hits, second_of, wide)
    between = first - second
    low = between - sqrt((first - low_1) ** 2 + (high_2 - second) ** 2)
    high = between + sqrt((high_1 - first) ** 2 + (second - low_2) ** 2)
    return Difference(first, second, between, max(-1.0, low), min(1.0, high))
