"""EASE: a ridge regression of every product on all others (Steck 2019), for catalogs whose square fits into memory."""

from typing import ClassVar

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from recommendations.estimators.neighbors import Pairs, no_pairs, strongest
from recommendations.estimators.pairwise import Pairwise

BLOCK = 512
SINGLE_ABOVE = 4_000  # products: then in single precision, half the memory and time


class Ease(Pairwise):
    """Learning takes 4 bytes × learnable products² (8 up to SINGLE_ABOVE) and their cube in time: .6 GB at 12,000.
    `l2` is λ."""

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
    inverse = _inverse(profiles, l2)
    diagonal = inverse.diagonal().copy()
    blocks = (_without_self(_symmetric_rows(inverse, start) / -diagonal, start) for start in range(0, items, BLOCK))
    return strongest(blocks, top_k)


def _inverse(profiles: sp.csr_matrix, l2: float) -> NDArray[np.floating]:
    """The lower triangle of (profilesᵀ profiles + l2)⁻¹: in double precision where single does not reach."""
    if profiles.shape[1] > SINGLE_ABOVE:
        inverse = _inverse_in_place(_gram(profiles, l2, np.float32))
        if inverse is not None:
            return inverse
    inverse = _inverse_in_place(_gram(profiles, l2, np.float64))
    if inverse is None:
        raise ArithmeticError("the co-occurrence matrix is not positive definite: l2 must be above 0")
    return inverse


def _gram(profiles: sp.csr_matrix, l2: float, kind: type[np.floating]) -> NDArray[np.floating]:
    """profilesᵀ profiles + l2, in blocks: a sparse one of all pairs would take more memory than the dense one."""
    items = profiles.shape[1]
    columns = profiles.T.tocsr().astype(kind)
    gram = np.empty((items, items), dtype=kind, order="F")
    for start in range(0, items, BLOCK):
        block = columns[start : start + BLOCK]
        gram[:, start : start + BLOCK] = (columns @ block.T.tocsr()).toarray()
    gram[np.diag_indices(items)] += l2
    return gram


def _inverse_in_place(gram: NDArray[np.floating]) -> NDArray[np.floating] | None:
    """The lower triangle of the inverse of a positive definite matrix (Cholesky), in the memory of its argument; None
    where it is not positive definite."""
    factorize, invert = scipy.linalg.lapack.get_lapack_funcs(("potrf", "potri"), (gram,))
    factor, failed = factorize(gram, lower=1, overwrite_a=1)
    if failed:
        return None
    lower, _ = invert(factor, lower=1, overwrite_c=1)
    return np.asarray(lower)


def _symmetric_rows(lower: NDArray[np.floating], start: int) -> NDArray[np.floating]:
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
