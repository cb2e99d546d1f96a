"""Neighbors: for each product the products it speaks for, as sparse rows; how they are made in blocks and summed up.

Memory while learning is bounded by BLOCK_ENTRIES, while answering by the rows of the seeds: nothing is dense over all
products.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from recommendations.estimators.facing import NO_CAUSE, Arrays, Candidates, nothing

BLOCK_ENTRIES = 8_000_000  # of a sparse block at most, about 100 MB
PLACE_BITS = 32

Pairs = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]  # rows, columns, values
Spans = Iterable[tuple[int, sp.csr_matrix]]  # first row, rows


class Neighbors(NamedTuple):
    """Rows of a sparse matrix: row i is `indices[indptr[i]:indptr[i + 1]]` with `data`. Never written to."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    data: NDArray[np.float32]

    @classmethod
    def of(cls, matrix: sp.csr_matrix) -> Self:
        """The rows of a matrix, columns ascending."""
        matrix.sort_indices()
        return cls(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data.astype(np.float32))

    @classmethod
    def from_pairs(cls, pairs: Pairs, rows: int) -> Self:
        """The rows of pairs that are all different."""
        row, column, value = pairs
        indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=rows))]).astype(np.int64)
        if not _is_ordered(row, column):
            order = np.lexsort((column, row))
            column, value = column[order], value[order]
        return cls(indptr, column.astype(np.int32, copy=False), value.astype(np.float32, copy=False))

    @classmethod
    def restore(cls, arrays: Arrays, prefix: str = "") -> Self:
        """From what `arrays` gave. Memory maps stay maps, but are indexed as plain arrays, which is quicker."""
        return cls(*(np.asarray(arrays[prefix + name]) for name in cls._fields))

    def arrays(self, prefix: str = "") -> Arrays:
        """By name, for a file."""
        return {prefix + name: values for name, values in self._asdict().items()}

    def matrix(self, columns: int) -> sp.csr_matrix:
        """As a scipy matrix."""
        return sp.csr_matrix((self.data, self.indices, self.indptr), shape=(len(self.indptr) - 1, columns))

    def fold(self, seeds: NDArray[np.int64], weights: NDArray[np.float64]) -> Candidates:
        """The weighted sum of the seeds' rows: columns with a positive sum, ascending. The cause is the seed that gave
        most, of equal ones the first."""
        first = self.indptr[seeds]
        lengths = self.indptr[seeds + 1] - first
        total = int(lengths.sum())
        if not total:
            return nothing()
        owners = np.repeat(np.arange(len(seeds)), lengths)
        places = np.arange(total) + np.repeat(first - (np.cumsum(lengths) - lengths), lengths)
        columns, values = self.indices[places], self.data[places] * weights[owners]
        # Column and place in one number: sorting numbers is many times quicker than a stable order of places.
        keys = np.sort((columns.astype(np.int64) << PLACE_BITS) | np.arange(total))
        order = keys & ((1 << PLACE_BITS) - 1)
        return _summed(keys >> PLACE_BITS, values[order], seeds[owners[order]])


def _is_ordered(row: NDArray[np.int32], column: NDArray[np.int32]) -> bool:
    same = row[1:] == row[:-1]
    return bool(np.all((row[1:] > row[:-1]) | (same & (column[1:] > column[:-1]))))


def without_cause(found: Candidates) -> Candidates:
    """The same candidates, because of nothing in particular."""
    return Candidates(found.codes, found.scores, np.full(len(found), NO_CAUSE, dtype=np.int64))


def _summed(columns: NDArray[np.int64], values: NDArray[np.float64], owners: NDArray[np.int64]) -> Candidates:
    starts = np.concatenate([[0], np.flatnonzero(columns[1:] != columns[:-1]) + 1])
    scores = np.add.reduceat(values, starts)
    group = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(columns)))
    greatest = np.flatnonzero(values == np.maximum.reduceat(values, starts)[group])[::-1]
    causes = np.empty(len(starts), dtype=np.int64)
    causes[group[greatest]] = owners[greatest]
    kept = scores > 0
    return Candidates(columns[starts[kept]], scores[kept], causes[kept])


def spans(costs: NDArray[np.int64], most: int = BLOCK_ENTRIES) -> Iterator[tuple[int, int]]:
    """Runs of rows (start, end) whose costs add up to at most `most`, or single rows that cost more."""
    ends = np.cumsum(costs)
    start = 0
    while start < len(costs):
        before = int(ends[start - 1]) if start else 0
        end = max(int(np.searchsorted(ends, before + most, side="right")), start + 1)
        yield start, end
        start = end


def products_of(
    rows: sp.csr_matrix, others: sp.csr_matrix, most: int = BLOCK_ENTRIES
) -> Iterator[tuple[int, sp.csr_matrix]]:
    """`rows @ others` in blocks of bounded size: (first row, rows of the product)."""
    per_column = np.diff(others.indptr)
    at_most = np.concatenate([[0], np.cumsum(per_column[rows.indices])])[rows.indptr]
    costs = np.minimum(np.diff(at_most), others.shape[1])
    for start, end in spans(costs, most):
        yield start, (rows[start:end] @ others).tocsr()


def nearest(blocks: Spans, top_k: int) -> Pairs:
    """The `top_k` largest positive entries of each sparse row but the row's own column; equal ones by lower column."""
    found = [_nearest(start, block, top_k) for start, block in blocks]
    return _joined(found)


def strongest(blocks: Iterable[NDArray[np.float32]], top_k: int) -> Pairs:
    """The `top_k` entries of largest magnitude a dense row: negative ones take back what others promise."""
    found, start = [], 0
    for block in blocks:
        k = min(top_k, block.shape[1])
        top = np.argpartition(-np.abs(block), k - 1, axis=1)[:, :k]
        picked = np.take_along_axis(block, top, axis=1)
        kept = picked != 0
        rows = (np.nonzero(kept)[0] + start).astype(np.int32)
        found.append((rows, top[kept].astype(np.int32), picked[kept]))
        start += len(block)
    return _joined(found)


def _nearest(start: int, block: sp.csr_matrix, top_k: int) -> Pairs:
    rows = np.repeat(np.arange(block.shape[0], dtype=np.int32), np.diff(block.indptr))
    kept = (block.indices != rows + start) & (block.data > 0)
    for row in np.flatnonzero(np.bincount(rows[kept], minlength=block.shape[0]) > top_k).tolist():
        span = slice(block.indptr[row], block.indptr[row + 1])
        values = np.where(kept[span], block.data[span], 0)
        kth = np.partition(values, len(values) - top_k)[len(values) - top_k]
        mine = values > kth
        ties = np.flatnonzero(values == kth)
        lowest = np.argsort(block.indices[span][ties], kind="stable")[: top_k - int(mine.sum())]
        mine[ties[lowest]] = True
        kept[span] = mine
    rows, columns, data = rows[kept] + np.int32(start), block.indices[kept].astype(np.int32), block.data[kept]
    order = np.lexsort((columns, rows))  # here, since all pairs at once would be three times the memory
    return rows[order], columns[order], data[order].astype(np.float32)


def _joined(found: list[Pairs]) -> Pairs:
    if not found:
        return no_pairs()
    rows, columns, values = (np.concatenate(column) for column in zip(*found, strict=True))
    return rows, columns, values


def no_pairs() -> Pairs:
    """No pairs."""
    return np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32)
