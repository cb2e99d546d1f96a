"""Interactions: who viewed, added or bought what and when, as columns of equal length.

The one input of every estimator; people and products are codes into 0..n-1.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

DAY_US = 86_400_000_000


class Kind(IntEnum):
    """What was done; the order is that of strength."""

    VIEW = 0
    ADD = 1
    PURCHASE = 2


# How much one interaction says beside one purchase.
KIND_WEIGHT: NDArray[np.float32] = np.array([0.25, 0.5, 1.0], dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Interactions:
    """`people` and `items` are codes, `at_us` microseconds UTC, `kinds` values of Kind; `products` names the items."""

    people: NDArray[np.int32]
    items: NDArray[np.int32]
    at_us: NDArray[np.int64]
    kinds: NDArray[np.int8]
    products: tuple[str, ...]
    n_people: int

    def __post_init__(self) -> None:
        lengths = {len(self.people), len(self.items), len(self.at_us), len(self.kinds)}
        if len(lengths) != 1:
            raise ValueError(f"the columns must have one length, not {sorted(lengths)}")
        if len(self.items) and int(self.items.max()) >= len(self.products):
            raise ValueError("an item code has no product")
        if len(self.people) and int(self.people.max()) >= self.n_people:
            raise ValueError("a person code lies beyond n_people")

    def __len__(self) -> int:
        return len(self.items)

    @property
    def until_us(self) -> int:
        """The newest interaction, or 0 when there is none."""
        return int(self.at_us.max()) if len(self) else 0

    def where(self, mask: NDArray[np.bool_]) -> "Interactions":
        """The rows of a mask; the codes keep their meaning."""
        return Interactions(
            self.people[mask], self.items[mask], self.at_us[mask], self.kinds[mask], self.products, self.n_people
        )

    def purchases(self) -> "Interactions":
        """The bought rows only."""
        return self.where(self.kinds == Kind.PURCHASE)

    def decayed(self, half_life_days: float, now_us: int) -> NDArray[np.float32]:
        """A row's weight: its kind's, halved every `half_life_days` before `now_us` (later rows count in full)."""
        return KIND_WEIGHT[self.kinds] * decay(self.at_us, half_life_days, now_us)

    def matrix(self, weights: NDArray[np.float32]) -> sp.csr_matrix:
        """people × items, weights of equal cells summed."""
        shape = (self.n_people, len(self.products))
        return sp.csr_matrix((weights, (self.people, self.items)), shape=shape, dtype=np.float32)


def decay(at_us: NDArray[np.int64], half_life_days: float, now_us: int) -> NDArray[np.float32]:
    """0.5 ** (age / half-life) of each instant; 1 for instants after `now_us`."""
    age_days = np.maximum(now_us - at_us, 0) / DAY_US
    return np.power(0.5, age_days / half_life_days).astype(np.float32)
