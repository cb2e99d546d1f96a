"""The log of a policy as columns: what was played with which probability, and what it brought."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from decisions.bandits.features import Features, Matrix

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Log:
    """`action` (n,): place of the arm played; `propensity` (n,): its chance then; `chances` (n, arms): every arm's, NaN
    where they were not logged; `reward` (n,); `units` (n,): rows of one person share a number; `features`: n mappings.
    """

    arms: tuple[str, ...]
    action: Numbers
    propensity: Matrix
    chances: Matrix
    reward: Matrix
    units: Numbers
    features: Sequence[Features]

    def __len__(self) -> int:
        return len(self.action)

    def only(self, rows: npt.NDArray[np.bool_]) -> "Log":
        """These rows."""
        kept = [one for one, is_in in zip(self.features, rows.tolist(), strict=True) if is_in]
        return Log(
            self.arms,
            self.action[rows],
            self.propensity[rows],
            self.chances[rows],
            self.reward[rows],
            self.units[rows],
            kept,
        )
