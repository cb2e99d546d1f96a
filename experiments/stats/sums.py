"""What is known of one variant on one metric, as sums: they add up over people, days and machines. Pure.

`y` is a person's value. `x` is what they did before (for regression adjustment) or their part of the denominator (of a
ratio). An `Estimate` is what the sums come to: the mean and the variance of one person about it.
"""

from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True, slots=True)
class Sums:
    """Of `n` people: Σy, Σy², Σx, Σx², Σxy; `doers` of them have a value that is not 0."""

    n: int
    y: float
    yy: float
    x: float = 0.0
    xx: float = 0.0
    xy: float = 0.0
    doers: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.n + other.n,
            self.y + other.y,
            self.yy + other.yy,
            self.x + other.x,
            self.xx + other.xx,
            self.xy + other.xy,
            self.doers + other.doers,
        )

    @property
    def variance_y(self) -> float:
        """Of one person's value, unbiased; 0 of fewer than two people."""
        return _covariance(self.n, self.y, self.y, self.yy)

    @property
    def variance_x(self) -> float:
        """Of one person's `x`, unbiased."""
        return _covariance(self.n, self.x, self.x, self.xx)

    @property
    def covariance(self) -> float:
        """Of `x` and `y`, unbiased."""
        return _covariance(self.n, self.x, self.y, self.xy)


NOTHING = Sums(0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over `n` people with the variance of one of them. `plain_mean`: without regression adjustment."""

    n: int
    mean: float
    variance: float
    plain_mean: float

    @property
    def error(self) -> float:
        """The standard error of the mean."""
        return sqrt(self.variance / self.n) if self.n else 0.0


def mean(sums: Sums) -> Estimate:
    """Of values of any kind."""
    average = sums.y / sums.n if sums.n else 0.0
    return Estimate(sums.n, average, max(0.0, sums.variance_y), average)


def proportion(sums: Sums) -> Estimate:
    """Of values that are 0 or 1."""
    share = sums.y / sums.n if sums.n else 0.0
    return Estimate(sums.n, share, max(0.0, share * (1 - share)), share)


def ratio(sums: Sums) -> Estimate:
    """Σy / Σx, with its variance by the delta method: people are drawn, not events. 0 where Σx is 0."""
    if not sums.x or sums.n < 2:
        return Estimate(sums.n, 0.0, 0.0, 0.0)
    top, bottom = sums.y / sums.n, sums.x / sums.n
    variance = (
        sums.variance_y / bottom**2
        - 2 * sums.covariance * top / bottom**3
        + top**2 * sums.variance_x / bottom**4
    )  # fmt: skip
    return Estimate(sums.n, top / bottom, max(0.0, variance), top / bottom)


def adjusted(control: Sums, variant: Sums, *, is_share: bool = False) -> tuple[Estimate, Estimate] | None:
    """Both with the part of `y` taken out that `x` tells beforehand (CUPED): one slope over both sides.

    None where `x` or `y` never varies: then there is nothing to take out. `is_share`: both are 0 or 1.
    """
    both = control + variant
    spread_x, spread_y = _variances(both, is_share)
    if not spread_x or not spread_y:
        return None
    slope = both.covariance / spread_x
    if not slope:
        return None
    return _less(control, slope, is_share), _less(variant, slope, is_share)


def variance_removed(sums: Sums) -> float:
    """The share of the variance of `y` that `x` tells: the square of their correlation, 0 to 1."""
    spread = sums.variance_x * sums.variance_y
    return min(1.0, sums.covariance**2 / spread) if spread > 0 else 0.0


def _less(sums: Sums, slope: float, is_share: bool) -> Estimate:
    spread_x, spread_y = _variances(sums, is_share)
    variance = spread_y + slope**2 * spread_x - 2 * slope * sums.covariance
    plain = sums.y / sums.n if sums.n else 0.0
    before = sums.x / sums.n if sums.n else 0.0
    return Estimate(sums.n, plain - slope * before, max(0.0, variance), plain)


def _variances(sums: Sums, is_share: bool) -> tuple[float, float]:
    """Of `x` and of `y`."""
    if not is_share or not sums.n:
        return sums.variance_x, sums.variance_y
    shares = sums.x / sums.n, sums.y / sums.n
    return shares[0] * (1 - shares[0]), shares[1] * (1 - shares[1])


def _covariance(n: int, a: float, b: float, products: float) -> float:
    return (products - a * b / n) / (n - 1) if n > 1 else 0.0
