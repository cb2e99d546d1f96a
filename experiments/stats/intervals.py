"""Intervals and p-values of a difference between two means. Pure.

*Always valid*: the asymptotic confidence sequence of Waudby-Smith et al. (arXiv 2103.06476, eq. 9), as GrowthBook's
sequential test has it, tightest where 5,000 people were met. It holds at every look together: whoever looks every day
and stops when 0 falls out is wrong in `alpha` of the cases at most. *Fixed*: Welch's, for one look at the end.
"""

from dataclasses import dataclass
from math import exp, log, sqrt

from scipy import stats

from experiments.stats.results import Effect
from experiments.stats.sums import Estimate

TUNING = 5_000
"""People at whom the always-valid interval is tightest (GrowthBook's default)."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A variant less its control: `value` with the variance of that estimate, from `people` on both sides.

    `freedom`: Welch's degrees. `is_relative`: as a fraction of the control's mean.
    """

    value: float
    variance: float
    people: int
    freedom: float
    is_relative: bool = False

    @property
    def error(self) -> float:
        """The standard error of `value`."""
        return sqrt(self.variance)


def difference(control: Estimate, variant: Estimate) -> Difference | None:
    """In the unit of the metric. None where neither side varies or one has fewer than two people."""
    if min(control.n, variant.n) < 2 or control.variance <= 0 or variant.variance <= 0:
        return None
    variance = control.variance / control.n + variant.variance / variant.n
    return Difference(variant.mean - control.mean, variance, control.n + variant.n, _freedom(control, variant))


def relative_difference(control: Estimate, variant: Estimate) -> Difference | None:
    """As a fraction of the control's mean, by the delta method; None where that is 0, or as for `difference`."""
    plain = difference(control, variant)
    base = control.plain_mean
    if plain is None or not base:
        return None
    variance = variant.variance / (base**2 * variant.n) + control.variance * variant.plain_mean**2 / (
        base**4 * control.n
    )
    return Difference(plain.value / base, variance, plain.people, plain.freedom, is_relative=True)


def rho(alpha: float, tuning: float = TUNING) -> float:
    """The mixture's parameter that makes the interval tightest at `tuning` people (eq. 161)."""
    return sqrt((-2 * log(alpha) + log(-2 * log(alpha) + 1)) / tuning)


def multiplier(people: float, alpha: float, *, level: float | None = None, tuning: float = TUNING) -> float:
    """How many standard errors the always-valid interval reaches to each side, of so many people on both sides.

    `level`: the error allowed here where `alpha` is shared among several. A fixed interval takes 1.96 for 5 %.
    """
    grown = people * rho(alpha, tuning) ** 2
    return sqrt(2 * (grown + 1) / grown * log(sqrt(grown + 1) / (level or alpha)))


def half_width(found: Difference, alpha: float, *, level: float | None = None, tuning: float = TUNING) -> float:
    """Of the always-valid interval."""
    return multiplier(found.people, alpha, level=level, tuning=tuning) * found.error


def always_valid_p(found: Difference, alpha: float, *, tuning: float = TUNING) -> float:
    """At most `level` exactly where the always-valid interval at that level leaves out 0 (eq. 155); never above 1."""
    mixture = rho(alpha, tuning) ** 2
    grown = found.people * mixture + 1
    evidence = mixture * found.value**2 * found.people / (2 * grown * found.variance) - log(grown) / 2
    return min(1.0, exp(-min(evidence, 700.0)))


def fixed_half_width(found: Difference, alpha: float) -> float:
    """Of Welch's interval, for one look."""
    return float(stats.t.ppf(1 - alpha / 2, found.freedom)) * found.error


def fixed_p(found: Difference) -> float:
    """Welch's, two-sided, for one look."""
    return float(2 * stats.t.sf(abs(found.value) / found.error, found.freedom))


def chance_above(found: Difference) -> float:
    """That the true difference is above 0, knowing nothing beforehand (normal): of one look."""
    return float(stats.norm.cdf(found.value / found.error))


def effect(found: Difference, alpha: float, *, level: float | None = None, tuning: float = TUNING) -> Effect:
    """The value with both intervals."""
    wide, narrow = half_width(found, alpha, level=level, tuning=tuning), fixed_half_width(found, level or alpha)
    return Effect(found.value, found.value - wide, found.value + wide, found.value - narrow, found.value + narrow)


def _freedom(control: Estimate, variant: Estimate) -> float:
    """Welch and Satterthwaite's."""
    parts = control.variance / control.n, variant.variance / variant.n
    return float(sum(parts) ** 2 / (parts[0] ** 2 / (control.n - 1) + parts[1] ** 2 / (variant.n - 1)))
