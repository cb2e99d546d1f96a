"""What the rules of placements ask of products, as columns over the whole catalog. Pure.

One entry a product; rows are places in these columns. Names of categories and brands are told apart without case.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

NO_ROW: Final = -1
DAY_US: Final = 86_400_000_000
NEWNESS_HALF_LIFE_DAYS: Final = 30.0
MANY_PIECES: Final = 20.0  # a stock of so many counts half


@dataclass(frozen=True, slots=True, eq=False)
class Goods:
    """Columns of equal length, and what their codes mean.

    `price` NaN where unknown; `path` codes the steps from the root of the shop's tree to the product's category, which
    is `leaf[path]` (0: none); `brand` 0 for none; variants of one product share `family`; `margin` and `reduced` are
    shares of the price and the list price, `quantity` pieces, each 0 where unknown. `showable`: active, and told of by
    a feed or a server. `steps[name]` are the paths with a step of that name, `brands[name]` is its code.
    """

    price: NDArray[np.float64]
    path: NDArray[np.int32]
    brand: NDArray[np.int32]
    family: NDArray[np.int64]
    showable: NDArray[np.bool_]
    in_stock: NDArray[np.bool_]
    added_us: NDArray[np.int64]
    margin: NDArray[np.float32]
    quantity: NDArray[np.float32]
    reduced: NDArray[np.float32]
    leaf: NDArray[np.int32]
    steps: Mapping[str, NDArray[np.int32]]
    brands: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.path)

    def paths_of(self, names: Collection[str]) -> NDArray[np.bool_]:
        """Whether each path has a step of one of these names."""
        found = np.zeros(len(self.leaf), dtype=bool)
        for name in names:
            codes = self.steps.get(plain(name))
            if codes is not None:
                found[codes] = True
        return found

    def brands_of(self, names: Collection[str]) -> NDArray[np.bool_]:
        """Whether each brand code is one of these names'."""
        found = np.zeros(len(self.brands) + 1, dtype=bool)
        found[[self.brands[name] for name in map(plain, names) if name in self.brands]] = True
        return found

    def signal(self, by: str, value: str, rows: NDArray[np.int64], now_us: int) -> NDArray[np.float64]:
        """0..1 for each row: how much of what a boost looks at it has."""
        if by == "category":
            return self.paths_of([value])[self.path[rows]].astype(np.float64)
        if by == "brand":
            return self.brands_of([value])[self.brand[rows]].astype(np.float64)
        if by == "newness":
            age_days = np.maximum(now_us - self.added_us[rows], 0) / DAY_US
            return np.asarray(0.5 ** (age_days / NEWNESS_HALF_LIFE_DAYS))
        if by == "stock":
            pieces = np.maximum(self.quantity[rows], 0).astype(np.float64)
            return np.asarray(pieces / (pieces + MANY_PIECES))
        column = self.margin if by == "margin" else self.reduced
        return np.clip(column[rows].astype(np.float64), 0.0, 1.0)

    def likeness(self, row: int, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """0..1: how much each of `rows` is like `row`, by category and brand."""
        found = np.zeros(len(rows))
        if leaf := int(self.leaf[self.path[row]]):
            found += 0.7 * (self.leaf[self.path[rows]] == leaf)
        if brand := int(self.brand[row]):
            found += 0.3 * (self.brand[rows] == brand)
        return found


def plain(name: str) -> str:
    """A name of a category or brand as it is compared."""
    return name.strip().casefold()
