"""Item kNN: products the same people have, by cosine or BM25, as the nearest of each: for catalogs of any size."""

from typing import ClassVar, Literal

import numpy as np
import scipy.sparse as sp

from recommendations.estimators.neighbors import Pairs, nearest, no_pairs, products_of
from recommendations.estimators.pairwise import Pairwise

Weighting = Literal["bm25", "cosine"]


class ItemKnn(Pairwise):
    """Products of weighted people's vectors, in blocks of bounded memory.

    `most_items`: of somebody who has more products, the heaviest count, else one reseller costs the square of the
    catalog. `k1`, `b`: BM25's saturation and how much a product's popularity is held against it.
    """

    name: ClassVar[str] = "item_knn"

    def __init__(
        self,
        *,
        weighting: Weighting = "bm25",
        top_k: int = 100,
        half_life_days: float = 180.0,
        trend_half_life_days: float | None = 60.0,
        min_people: int = 5,
        most_seeds: int = 100,
        most_items: int = 500,
        k1: float = 1.2,
        b: float = 0.75,
    ) -> None:
        super().__init__(half_life_days, trend_half_life_days, min_people, most_seeds)
        self.weighting = weighting
        self.top_k = top_k
        self.most_items = most_items
        self.k1 = k1
        self.b = b

    def _pairs(self, profiles: sp.csr_matrix) -> Pairs:
        heaviest = heaviest_of_rows(profiles, self.most_items)
        if self.weighting == "cosine":
            return item_knn(unit_rows(heaviest.T.tocsr()), self.top_k)
        return item_knn(bm25(heaviest.T.tocsr(), self.k1, self.b), self.top_k)


def item_knn(items: sp.csr_matrix, top_k: int) -> Pairs:
    """The `top_k` nearest of each row of items × people, by the product of their vectors."""
    if not items.shape[0]:
        return no_pairs()
    return nearest(products_of(items, items.T.tocsr()), top_k)


def unit_rows(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """Rows of length 1; rows of nothing stay so."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scale = np.divide(1.0, lengths, out=np.zeros(len(lengths)), where=lengths > 0).astype(np.float32)
    data = matrix.data * np.repeat(scale, np.diff(matrix.indptr))
    return sp.csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def bm25(items: sp.csr_matrix, k1: float, b: float) -> sp.csr_matrix:
    """BM25 weights of items × people: people of many products say less, so does the nth of a popular product."""
    weighted = items.astype(np.float64).tocsr()
    sums = np.asarray(weighted.sum(axis=1)).ravel()
    rarity = np.log(max(weighted.shape[0], 1)) - np.log1p(np.bincount(weighted.indices, minlength=weighted.shape[1]))
    length = (1 - b) + b * sums / max(float(sums.mean()) if len(sums) else 0.0, 1e-12)
    rows = np.repeat(np.arange(weighted.shape[0]), np.diff(weighted.indptr))
    data = weighted.data * (k1 + 1) / (k1 * length[rows] + weighted.data)
    weighted.data = (data * np.maximum(rarity, 0.0)[weighted.indices]).astype(np.float32)
    weighted.eliminate_zeros()
    return weighted.astype(np.float32)


def heaviest_of_rows(matrix: sp.csr_matrix, most: int) -> sp.csr_matrix:
    """The matrix with at most the `most` largest entries of each row."""
    lengths = np.diff(matrix.indptr)
    if not len(lengths) or int(lengths.max()) <= most:
        return matrix
    kept = np.ones(matrix.nnz, dtype=bool)
    for row in np.flatnonzero(lengths > most).tolist():
        span = slice(matrix.indptr[row], matrix.indptr[row + 1])
        kept[span] = False
        kept[matrix.indptr[row] + np.argsort(-matrix.data[span], kind="stable")[:most]] = True
    rows = np.repeat(np.arange(matrix.shape[0]), lengths)[kept]
    return sp.csr_matrix((matrix.data[kept], (rows, matrix.indices[kept])), shape=matrix.shape)
