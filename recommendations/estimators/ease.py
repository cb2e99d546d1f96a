"""EASE: a ridge regression of every product on all others (Steck 2019), for catalogs whose square fits into memory."""

from typing import ClassVar

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from recommendations.estimators.neighbors import Pairs, no_pairs, strongest
from recommendations.estimators.pairwise import Pairwise

BLOCK = 512


class Ease(Pairwise):
    """Learning takes 8 bytes × learnable products² and their cube in time: 1.2 GB at 12,000. `l2` is λ."""

    name: ClassVar[str] = "ease"

    def __init__(
        self,
        *,
        l2: float = 200.0,
        top_k: int = 100,
        half_life_days: float = 180.0,
        trend_half_life_days: float | None = 60.0,
        min_people: int = 5,
        most_seeds: int = 100,
    ) -> None:
        super().__init__(half_life_days, trend_half_life_days, min_people, most_seeds)
        self.l2 = l2
        self.top_k = top_k

    def _pairs(self, profiles: sp.csr_matrix) -> Pairs:
        return ease(profiles, self.l2, self.top_k)


def ease(profiles: sp.csr_matrix, l2: float, top_k: int) -> Pairs:
    """The `top_k` weights of largest magnitude a row, of people × products. Raises ArithmeticError at an l2 of 0."""
    items = profiles.shape[1]
    if not items:
        return no_pairs()
    inverse = _inverse_in_place(_gram(profiles, l2))
    diagonal = inverse.diagonal().copy()
    blocks = (_without_self(_symmetric_rows(inverse, start) / -diagonal, start) for start in range(0, items, BLOCK))
    return strongest(blocks, top_k)


def _gram(profiles: sp.csr_matrix, l2: float) -> NDArray[np.float64]:
    """profilesᵀ profiles + l2, in blocks: a sparse one of all pairs would take more memory than the dense one."""
    items = profiles.shape[1]
    columns = profiles.T.tocsr().astype(np.float64)
    gram = np.empty((items, items), order="F")
    for start in range(0, items, BLOCK):
        block = columns[start : start + BLOCK]
        gram[:, start : start + BLOCK] = (columns @ block.T.tocsr()).toarray()
    gram[np.diag_indices(items)] += l2
    return gram


def _inverse_in_place(gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """The lower triangle of the inverse of a positive definite matrix (Cholesky), in the memory of its argument."""
    factor, failed = scipy.linalg.lapack.dpotrf(gram, lower=1, overwrite_a=1)
    if failed:
        raise ArithmeticError("the co-occurrence matrix is not positive definite: l2 must be above 0")
    lower, _ = scipy.linalg.lapack.dpotri(factor, lower=1, overwrite_c=1)
    return np.asarray(lower)


def _symmetric_rows(lower: NDArray[np.float64], start: int) -> NDArray[np.float64]:
    """BLOCK whole rows from `start` of the symmetric matrix whose lower triangle is given."""
    end = min(start + BLOCK, len(lower))
    rows = lower[start:end].copy()
    corner = np.tril(rows[:, start:end])
    rows[:, start:end] = corner + np.tril(corner, -1).T
    rows[:, end:] = lower[end:, start:end].T
    return rows


def _without_self(values: NDArray[np.floating], start: int) -> NDArray[np.float32]:
    """Rows `start`.. of the item matrix without the items themselves."""
    rows = np.arange(len(values))
    values[rows, start + rows] = 0.0
    return values.astype(np.float32)
