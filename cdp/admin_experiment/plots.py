"""Intervals as a picture without scripts: one scale for all variants of a metric, 0 always on it."""

from collections.abc import Sequence
from dataclasses import dataclass

from experiments.stats.results import Effect, VariantResult

WIDTH, INSET = 320, 10
WIDEST = 3.0
"""A relative effect beyond ±300 % is drawn at the edge: one variant nobody knows much of would flatten all others."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Where one interval stands on the picture, in its units. `mood`: better, worse or unsure; `once_…`: the one that
    holds for a single look."""

    low: float
    high: float
    point: float
    width: float
    mood: str
    once_low: float
    once_width: float


@dataclass(frozen=True, slots=True)
class Scale:
    """From `low` to `high` over the picture's width; `zero` is where no difference stands."""

    low: float
    high: float

    @property
    def zero(self) -> float:
        """Of no difference."""
        return self.at(0.0)

    def at(self, value: float) -> float:
        """Where a relative effect stands."""
        inside = min(max(value, self.low), self.high)
        return round(INSET + (inside - self.low) / (self.high - self.low) * (WIDTH - 2 * INSET), 1)

    def interval(self, effect: Effect, mood: str) -> Interval:
        """As it is drawn."""
        low, high = self.at(effect.low), self.at(effect.high)
        once_low, once_high = self.at(effect.fixed_low), self.at(effect.fixed_high)
        width, once_width = (round(max(each, 2.0), 1) for each in (high - low, once_high - once_low))
        return Interval(low, high, self.at(effect.value), width, mood, once_low, once_width)


def scale_of(effects: Sequence[Effect]) -> Scale:
    """One that holds all of them and 0, with a little air."""
    low = max(-WIDEST, min([0.0, *(one.low for one in effects)]))
    high = min(WIDEST, max([0.0, *(one.high for one in effects)]))
    air = (high - low) * 0.08 or 0.05
    return Scale(low - air, high + air)


def as_share(absolute: Effect | None, relative: Effect | None) -> Effect | None:
    """The absolute difference and its intervals as shares of the control's mean; None where that is 0 or unknown.

    So an interval leaves out 0 exactly where the difference is sure: the relative one also doubts the control's mean,
    and is far wider where that is small.
    """
    if absolute is None or relative is None or not absolute.value:
        return relative
    times = relative.value / absolute.value
    ends = (absolute.low, absolute.high, absolute.fixed_low, absolute.fixed_high)
    return Effect(relative.value, *(one * times for one in ends))


def effects_of(variants: Sequence[VariantResult]) -> list[Effect]:
    """All effects, as shares of the control's mean."""
    found = [as_share(one.absolute, one.relative) for one in variants]
    return [one for one in found if one is not None]
