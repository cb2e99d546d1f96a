"""How many people an experiment needs, for how long, and what it could find by when. Pure.

The calculator answers for the interval that decides: the always-valid one, looked at daily. A test with one look at the
end needs fewer people and is told beside it. Two-sided; with several variants the error is shared among them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, sqrt

from scipy import optimize, stats

from experiments.stats.intervals import Difference, half_width

MOST_PEOPLE = 10**10
WEEKS_TOLD = 12


class PlanError(ValueError):
    """What was asked cannot be computed: `field` names what is wrong, the message what it takes."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the calculator is asked.

    `mean` of a person and its standard `deviation` (for a share p: √(p (1 − p)), taken where it is None); `min_effect`
    relative; `shares` by variant of those who take part; `people_a_day` who take part on all sides together.
    """

    mean: float
    shares: Mapping[str, float]
    control: str
    min_effect: float = 0.05
    deviation: float | None = None
    alpha: float = 0.05
    power: float = 0.8
    people_a_day: float = 0.0
    within_days: int = 0


@dataclass(frozen=True, slots=True)
class Reach:
    """After so many weeks: people met, and the smallest relative effect that is found with the power asked."""

    week: int
    people: int
    effect: float


@dataclass(frozen=True, slots=True)
class Plan:
    """`people` on all sides together, `by_variant` of each; `once`: how many a single look at the end would need.

    `days`: whole weeks until they are met and the last one's window is over; None where nobody comes. `by_week`: what
    can be found by when.
    """

    people: int
    by_variant: Mapping[str, int]
    once: int
    days: int | None
    by_week: tuple[Reach, ...]


def plan(wanted: Wanted) -> Plan:
    """How many and how long; raises PlanError."""
    _check(wanted)
    people = _needed(wanted, always_valid=True)
    whole = sum(wanted.shares.values())
    days = None
    if wanted.people_a_day > 0:
        days = 7 * ceil((people / wanted.people_a_day + wanted.within_days) / 7)
    return Plan(
        people=people,
        by_variant={name: ceil(people * share / whole) for name, share in wanted.shares.items() if share > 0},
        once=_needed(wanted, always_valid=False),
        days=days,
        by_week=tuple(
            Reach(week, round(wanted.people_a_day * 7 * week), smallest_effect(wanted, wanted.people_a_day * 7 * week))
            for week in range(1, WEEKS_TOLD + 1)
            if wanted.people_a_day > 0
        ),
    )


def smallest_effect(wanted: Wanted, people: float, *, always_valid: bool = True) -> float:
    """The smallest relative effect that so many people show with the power asked, on the smallest variant."""
    _check(wanted)
    level = wanted.alpha / _comparisons(wanted)
    variance = _variance(wanted, people)
    needed = float(stats.norm.ppf(wanted.power)) * sqrt(variance)
    compared = people * (_share(wanted, wanted.control) + _smallest(wanted))
    if always_valid:
        told = Difference(0.0, variance, max(2, round(compared)), 0.0)
        return (half_width(told, wanted.alpha, level=level) + needed) / abs(wanted.mean)
    return (float(stats.norm.ppf(1 - level / 2)) * sqrt(variance) + needed) / abs(wanted.mean)


def _needed(wanted: Wanted, *, always_valid: bool) -> int:
    def missing(people: float) -> float:
        return smallest_effect(wanted, people, always_valid=always_valid) - wanted.min_effect

    if missing(MOST_PEOPLE) > 0:
        raise PlanError("min_effect", f"is too small: more than {MOST_PEOPLE:,} people would be needed")
    fewest = 2.0 / min(_share(wanted, wanted.control), _smallest(wanted))
    return ceil(fewest) if missing(fewest) <= 0 else ceil(optimize.brentq(missing, fewest, MOST_PEOPLE, xtol=0.5))


def _variance(wanted: Wanted, people: float) -> float:
    """Of the difference between the control and the smallest variant; a share varies as the one that is hoped for."""
    if wanted.deviation is not None:
        spreads = wanted.deviation**2, wanted.deviation**2
    else:
        hoped = min(wanted.mean * (1 + wanted.min_effect), (1 + wanted.mean) / 2)
        spreads = wanted.mean * (1 - wanted.mean), hoped * (1 - hoped)
    return (spreads[0] / _share(wanted, wanted.control) + spreads[1] / _smallest(wanted)) / people


def _share(wanted: Wanted, variant: str) -> float:
    return wanted.shares[variant] / sum(wanted.shares.values())


def _others(wanted: Wanted) -> list[str]:
    return [name for name, share in wanted.shares.items() if name != wanted.control and share > 0]


def _smallest(wanted: Wanted) -> float:
    return min(_share(wanted, name) for name in _others(wanted))


def _comparisons(wanted: Wanted) -> int:
    return len(_others(wanted))


def _check(wanted: Wanted) -> None:
    if wanted.deviation is None and not 0 < wanted.mean < 1:
        raise PlanError("mean", "a share must lie above 0 and below 1")
    if not wanted.mean:
        raise PlanError("mean", "must not be 0: a relative effect of nothing is nothing")
    if wanted.deviation is not None and wanted.deviation <= 0:
        raise PlanError("deviation", "must be above 0")
    if wanted.min_effect <= 0:
        raise PlanError("min_effect", "must be above 0")
    if not 0 < wanted.alpha < 0.5:
        raise PlanError("alpha", "must lie above 0 and below 0.5")
    if not 0.5 <= wanted.power < 1:
        raise PlanError("power", "must be at least 0.5 and below 1")
    if wanted.shares.get(wanted.control, 0) <= 0:
        raise PlanError("control", "must be a variant that people get")
    if not _others(wanted):
        raise PlanError("shares", "must have a variant beside the control that people get")
