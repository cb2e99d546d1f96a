"""Writing rows as files: collected by partition within a bound of memory, sorted, and rewritten without some keys."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lake.contracts import Projection
from lake.partitions import Partition, split
from lake.rows import in_keys, key_names, sort_columns
from lake.store import Action, StoredFile, Table

MEMORY = 96 * 2**20  # bytes of rows that wait for more of their partition
LARGEST_LOG_FILE = 1_000_000  # rows
LARGEST_STATE_FILE = 300_000  # smaller: a file is rewritten when any of its rows changed


class Writer:
    """Collects rows and writes them as few and large files. `finish` answers the actions to commit."""

    def __init__(self, table: Table, memory: int = MEMORY) -> None:
        self.table = table
        self.rows = 0
        self._memory = memory
        self._actions: list[Action] = []
        self._waiting: dict[Partition, list[pa.Table]] = defaultdict(list)
        self._sizes: dict[Partition, int] = defaultdict(int)

    def add(self, rows: pa.Table) -> None:
        """Rows of any partition."""
        for partition, part in split(self.table.projection, rows):
            self.add_to(partition, part)

    def add_to(self, partition: Partition, rows: pa.Table) -> None:
        """Rows that are known to be of one partition."""
        self.rows += rows.num_rows
        self._waiting[partition].append(rows)
        self._sizes[partition] += rows.nbytes
        if sum(self._sizes.values()) > self._memory:
            self._relieve()

    def finish(self) -> list[Action]:
        """Write what is left; all files of this writer."""
        for partition in list(self._waiting):
            self._write(partition)
        return self._actions

    def _relieve(self) -> None:
        """Write the largest partitions until half of the memory is free again."""
        for partition in sorted(self._sizes, key=self._sizes.__getitem__, reverse=True):
            self._write(partition)
            if sum(self._sizes.values()) < self._memory // 2:
                return

    def _write(self, partition: Partition) -> None:
        rows = in_order(self.table.projection, pa.concat_tables(self._waiting.pop(partition)))
        self._sizes.pop(partition)
        most = LARGEST_LOG_FILE if self.table.projection.is_append_only else LARGEST_STATE_FILE
        for start in range(0, rows.num_rows, most):
            self._actions.append(self.table.write(rows.slice(start, most), partition))


def in_order(projection: Projection, rows: pa.Table) -> pa.Table:
    """Sorted as files are."""
    keys = [(name, "ascending") for name in sort_columns(projection)]
    return rows.combine_chunks().take(pc.sort_indices(rows, sort_keys=keys))


def without_keys(table: Table, files: Iterable[StoredFile], keys: pa.Table) -> list[Action]:
    """The files that hold any of these keys, each replaced by one without them."""
    if not keys.num_rows:
        return []
    names = key_names(table.projection)
    first = np.sort(np.asarray(keys.column(names[0])))
    actions: list[Action] = []
    for file in files:
        if not _may_hold(file, first):
            continue
        gone = in_keys(table.projection, table.read(file, names), keys)
        if gone.any():
            actions.append(table.removal(file))
            if not gone.all():
                actions.append(table.write(table.read(file).filter(pa.array(~gone)), file.partition))
    return actions


def _may_hold(file: StoredFile, sorted_keys: np.ndarray) -> bool:
    if file.low is None or file.high is None:
        return True
    return bool(np.searchsorted(sorted_keys, file.low) < np.searchsorted(sorted_keys, file.high, side="right"))
