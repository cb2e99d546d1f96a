"""Thompson sampling, played exactly: the chance that an arm is the best one is computed by quadrature, and the arm is
drawn from these chances. To draw from every posterior and take the highest plays alike, but nobody would know with
which probability it did.

How many are rewarded: Beta(1 + won, 1 + lost). Money: the mean of a normal of unknown spread, i.e. Student's t, around
a weak prior taken from all arms together. Arms are taken as independent.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
from scipy import special

from decisions.bandits.features import Matrix


class Counted(Protocol):
    """What is known of an arm (decisions.bandits.state.ArmCount)."""

    @property
    def shown(self) -> int: ...
    @property
    def won(self) -> int: ...
    @property
    def value(self) -> float: ...
    @property
    def squares(self) -> float: ...


class Posterior(Protocol):
    """A distribution of an arm's mean reward."""

    def below(self, x: Matrix) -> Matrix:
        """P(mean <= x)."""

    def quantile(self, share: Matrix) -> Matrix:
        """Its inverse."""


class Beta:
    """Of a rate, after `won` of `shown`."""

    def __init__(self, shown: int, won: int) -> None:
        self.a, self.b = 1.0 + won, 1.0 + shown - won

    def below(self, x: Matrix) -> Matrix:
        """P(rate <= x)."""
        return np.asarray(special.betainc(self.a, self.b, np.clip(x, 0.0, 1.0)))

    def quantile(self, share: Matrix) -> Matrix:
        """Its inverse."""
        return np.asarray(special.betaincinv(self.a, self.b, share))


class Mean:
    """Of the mean of a normal with normal-inverse-gamma prior (`center`, one observation; `spread`, half of one)."""

    def __init__(self, shown: int, value: float, squares: float, center: float, spread: float) -> None:
        mean = value / shown if shown else center
        within = max(squares - shown * mean * mean, 0.0)
        kappa, alpha = 1.0 + shown, 1.0 + shown / 2
        beta = spread + within / 2 + shown * (mean - center) ** 2 / (2 * kappa)
        self.center = (center + value) / kappa
        self.degrees = 2 * alpha
        self.scale = float(np.sqrt(beta / (alpha * kappa)))

    def below(self, x: Matrix) -> Matrix:
        """P(mean <= x)."""
        return np.asarray(special.stdtr(self.degrees, (x - self.center) / self.scale))

    def quantile(self, share: Matrix) -> Matrix:
        """Its inverse."""
        return np.asarray(self.center + self.scale * special.stdtrit(self.degrees, share))


POINTS = 240  # quantiles an arm; a finer grid changes no probability by 1e-4
TAILS = 1e-7


def probabilities(counts: Mapping[str, Counted], *, is_value: bool) -> dict[str, float]:
    """{arm: chance that its mean reward is the highest}, summing to 1; all alike where nothing was seen."""
    if not any(count.shown for count in counts.values()):
        return dict.fromkeys(counts, 1 / len(counts))
    chances = best_of(posteriors(counts, is_value=is_value))
    return dict(zip(counts, chances.tolist(), strict=True))


def posteriors(counts: Mapping[str, Counted], *, is_value: bool) -> list[Posterior]:
    """One an arm, in their order."""
    if not is_value:
        return [Beta(count.shown, count.won) for count in counts.values()]
    shown = sum(count.shown for count in counts.values())
    center = sum(count.value for count in counts.values()) / max(shown, 1)
    spread = sum(count.squares for count in counts.values()) / max(shown, 1) - center * center
    rounded = spread if spread > 1e-12 else 1.0
    return [Mean(count.shown, count.value, count.squares, center, rounded) for count in counts.values()]


def interval(posterior: Posterior, share: float = 0.95) -> tuple[float, float]:
    """The middle `share` of a posterior."""
    low, high = posterior.quantile(np.array([(1 - share) / 2, (1 + share) / 2]))
    return float(low), float(high)


def best_of(found: Sequence[Posterior]) -> Matrix:
    """P(each is the highest), summing to 1: ∫ f_k ∏ F_j over the union of every arm's quantiles."""
    shares = np.concatenate([[TAILS, 1e-5, 1e-4], (np.arange(POINTS) + 0.5) / POINTS, [1 - 1e-4, 1 - 1e-5, 1 - TAILS]])
    grid = np.unique(np.concatenate([one.quantile(shares) for one in found]))
    below = np.stack([_ends(one.below)(grid) for one in found])
    chances = np.empty(len(found))
    for place in range(len(found)):
        others = np.prod(np.delete(below, place, axis=0), axis=0)
        chances[place] = np.sum(np.diff(below[place]) * (others[1:] + others[:-1]) / 2)
    chances = np.maximum(chances, 0.0)
    shares_of_all: Matrix = chances / chances.sum()
    return shares_of_all


def _ends(below: Callable[[Matrix], Matrix]) -> Callable[[Matrix], Matrix]:
    """With what lies outside the grid added to its ends."""
    return lambda grid: np.concatenate([[0.0], below(grid), [1.0]])
