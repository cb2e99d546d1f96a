"""How unevenly products share what is shown and what is bought: a curve over ranks, and its Gini. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TOPS = (0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)


@dataclass(frozen=True, slots=True)
class Curve:
    """`shares[n]`: what the TOPS[n] of products that have most hold of all. `gini`: 0 all alike, 1 one has all.

    `total` of what is counted, `holders`: products that have any, of `products`.
    """

    shares: tuple[float, ...]
    gini: float
    total: int
    holders: int
    products: int

    def share_of(self, top: float) -> float:
        """What the `top` share of products (one of TOPS) holds."""
        return self.shares[TOPS.index(top)]


def curve(counts: Sequence[int] | NDArray[np.int64], products: int) -> Curve | None:
    """Of the counts of those products that have any, among `products`; None where nothing was counted."""
    found = np.sort(np.asarray(counts, dtype=np.int64))[::-1]
    found = found[found > 0]
    products = max(products, len(found))
    total = int(found.sum())
    if not total:
        return None
    held = np.concatenate(([0], np.cumsum(found))) / total
    shares = tuple(float(np.interp(top * products, np.arange(len(held)), held)) for top in TOPS)
    return Curve(shares, _gini(found, products), total, len(found), products)


def top_label(top: float) -> str:
    """top 1 %."""
    return f"top {top * 100:g}\u00a0%" if top < 1 else "all"


def _gini(descending: NDArray[np.int64], products: int) -> float:
    """Of all products, those without any included."""
    if products < 2:
        return 0.0
    places = np.arange(1, len(descending) + 1)  # from the largest
    total = float(descending.sum())
    mean_rank = float((descending * places).sum()) / total
    # The Gini coefficient of n values, sorted down: (n + 1 − 2 Σ i·x_i / Σ x) / n.
    return float(max(0.0, (products + 1 - 2 * mean_rank) / products))
