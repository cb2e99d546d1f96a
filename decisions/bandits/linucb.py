"""LinUCB with a model an arm (Li et al. 2010, "disjoint"): ridge regression of the reward on the features, and the arm
with the highest upper bound is played.

The bound's width is in standard deviations of the reward: `bonus` means the same for clicks and for money.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from decisions.bandits.features import Column, Matrix

RIDGE = 1.0


@dataclass(frozen=True)
class LinearModel:
    """`theta`: (arms, columns); `inverse`: (arms, columns, columns), of XᵀX + ridge; `width`: factor of the bound."""

    columns: tuple[Column, ...]
    arms: tuple[str, ...]
    theta: Matrix
    inverse: Matrix
    width: float

    def bounds(self, rows: Matrix) -> Matrix:
        """Upper bounds of the reward, (rows, arms), for feature vectors (rows, columns)."""
        spread = np.einsum("nd,ade,ne->na", rows, self.inverse, rows, optimize=True)
        return np.asarray(rows @ self.theta.T + self.width * np.sqrt(np.maximum(spread, 0.0)))

    def means(self, rows: Matrix) -> Matrix:
        """Expected rewards, (rows, arms)."""
        return rows @ self.theta.T


@dataclass(frozen=True)
class Cells:
    """Rows of the log with equal arm and features, counted together: `arm` (n,) places in `arms`, `x` (n, columns),
    how often each `shown`, sums of rewards in `total` and of their squares in `squares` (n,)."""

    arm: "np.typing.NDArray[np.int64]"
    x: Matrix
    shown: Matrix
    total: Matrix
    squares: Matrix


def fit(columns: tuple[Column, ...], arms: Sequence[str], cells: Cells, bonus: float) -> LinearModel:
    """The model of these cells; an arm without any has expectation 0 and the widest bound."""
    size = len(columns)
    theta = np.zeros((len(arms), size))
    inverse = np.zeros((len(arms), size, size))
    for place in range(len(arms)):
        mine = cells.arm == place
        x, shown = cells.x[mine], cells.shown[mine]
        inverse[place] = np.linalg.inv(RIDGE * np.eye(size) + (x * shown[:, None]).T @ x)
        theta[place] = inverse[place] @ (x.T @ cells.total[mine])
    return LinearModel(tuple(columns), tuple(arms), theta, inverse, bonus * _deviation(cells))


def greedy(bounds: Matrix) -> Matrix:
    """Probabilities (rows, arms) of playing the highest bound; equal bounds share."""
    best = bounds >= bounds.max(axis=1, keepdims=True) - 1e-12
    shares: Matrix = best / best.sum(axis=1, keepdims=True)
    return shares


def _deviation(cells: Cells) -> float:
    many = cells.shown.sum()
    if not many:
        return 1.0
    mean = cells.total.sum() / many
    return float(np.sqrt(max(cells.squares.sum() / many - mean * mean, 0.0))) or 1.0
