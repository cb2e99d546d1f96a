"""Intervals as a picture without scripts: one scale for all variants of a metric, 0 always on it."""

from collections.abc import Sequence
from dataclasses import dataclass

from experiments.stats.results import Effect, MetricResult

WIDTH, INSET = 320, 10
WIDEST = 3.0
"""A relative effect beyond ±300 % is drawn at the edge: one variant nobody knows much of would flatten all others."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Where one interval stands on the picture, in its units. `mood`: better, worse or unsure."""

    low: float
    high: float
    point: float
    width: float
    mood: str


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
        return Interval(low, high, self.at(effect.value), round(max(high - low, 2.0), 1), mood)


def scale_of(effects: Sequence[Effect]) -> Scale:
    """One that holds all of them and 0, with a little air."""
    low = max(-WIDEST, min([0.0, *(one.low for one in effects)]))
    high = min(WIDEST, max([0.0, *(one.high for one in effects)]))
    air = (high - low) * 0.08 or 0.05
    return Scale(low - air, high + air)


def effects_of(metric: MetricResult) -> list[Effect]:
    """All relative effects of a metric."""
    return [one.relative for one in metric.variants if one.relative is not None]
