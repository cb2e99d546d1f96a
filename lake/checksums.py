"""Checksums of rows: equal rows have equal sums whatever their order, in buckets by key so that differences are found.

Pure.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

BUCKETS = 4096
_PRIME = 0x9E3779B97F4A7C15
_NULL = np.uint64(0x5851F42D4C957F2D)
Hashes = Any  # numpy array of uint64: numpy has no type for wrapping arithmetic


@dataclass(slots=True)
class Sums:
    """Rows counted and their hashes added up, by key modulo 4096."""

    rows: int = 0
    counts: np.ndarray[Any, Any] = field(default_factory=lambda: np.zeros(BUCKETS, np.int64))
    sums: Hashes = field(default_factory=lambda: np.zeros(BUCKETS, np.uint64))

    def add(self, rows: pa.Table) -> None:
        """Count these rows in."""
        buckets = buckets_of(rows)
        self.rows += rows.num_rows
        np.add.at(self.counts, buckets, 1)
        np.add.at(self.sums, buckets, row_hashes(rows))

    def differing(self, other: "Sums") -> np.ndarray[Any, Any]:
        """The buckets in which two tables are not the same."""
        return np.flatnonzero((self.counts != other.counts) | (self.sums != other.sums))


def buckets_of(rows: pa.Table) -> np.ndarray[Any, Any]:
    """The bucket of each row by its last key column or only key; the table's first column."""
    return np.asarray(rows.column(0).combine_chunks()).astype(np.int64) & (BUCKETS - 1)


def row_hashes(rows: pa.Table) -> Hashes:
    """One number a row over all its columns; maps and lists count whatever the order of their entries."""
    total = np.zeros(rows.num_rows, np.uint64)
    for place, name in enumerate(rows.schema.names):
        column = rows.column(name)
        for chunk_start, chunk in _chunks(column):
            mixed = _mixed(_hashes(chunk) + np.uint64((place + 1) * _PRIME % 2**64))
            total[chunk_start : chunk_start + len(chunk)] += mixed
    return total


def _chunks(column: pa.ChunkedArray) -> list[tuple[int, pa.Array]]:
    starts, start = [], 0
    for chunk in column.chunks:
        starts.append((start, chunk))
        start += len(chunk)
    return starts


def _hashes(array: pa.Array) -> Hashes:
    if pa.types.is_map(array.type):
        entries = _mixed(_hashes(array.keys) * np.uint64(_PRIME) + _hashes(array.items))
        return _sums(entries, array.offsets)
    if pa.types.is_list(array.type):
        return _sums(_mixed(_hashes(array.values)), array.offsets)
    distinct = array.dictionary_encode()
    texts = distinct.dictionary.cast(pa.string()).to_numpy(zero_copy_only=False)
    known = np.append(pd.util.hash_array(texts.astype(object), categorize=False), _NULL).astype(np.uint64)
    return known[np.asarray(distinct.indices.fill_null(len(known) - 1))]


def _sums(entries: Hashes, offsets: pa.Array) -> Hashes:
    """The entries' sum of each row, without overflow warnings: unsigned integers wrap."""
    running = np.concatenate((np.zeros(1, np.uint64), np.cumsum(entries, dtype=np.uint64)))
    places = np.asarray(offsets)
    return running[places[1:]] - running[places[:-1]]


def _mixed(hashes: Hashes) -> Hashes:
    mixed = hashes ^ (hashes >> np.uint64(31))
    mixed = mixed * np.uint64(0xBF58476D1CE4E5B9)
    return mixed ^ (mixed >> np.uint64(29))
