"""Partitions: which folder of a table a row belongs to, and which folders may hold rows that a query asks for. Pure.

A table with times is cut by month (UTC), one with names also by heavy name, all other names sharing `other`.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lake.contracts import Ask, Projection

MONTH, PART, OTHER = "month", "part", "other"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Partition = tuple[tuple[str, str], ...]  # ((column, value), …)


def partition_columns(projection: Projection) -> list[str]:
    """The names of a table's partition columns; none for a table without times and names."""
    return [MONTH] * (projection.time_column is not None) + [PART] * (projection.name_column is not None)


def split(projection: Projection, rows: pa.Table) -> Iterator[tuple[Partition, pa.Table]]:
    """The rows by partition; a row without its time (it has no month) stands in month ''."""
    columns = partition_columns(projection)
    if not columns or not rows.num_rows:
        if rows.num_rows:
            yield (), rows
        return
    keys = []
    if projection.time_column is not None:
        keys.append(months(rows.column(projection.time_column)))
    if projection.name_column is not None:
        keys.append(parts(projection, rows.column(projection.name_column)))
    joined = pc.binary_join_element_wise(*keys, "\x1f") if len(keys) > 1 else keys[0]
    encoded = pa.chunked_array([joined]).combine_chunks().dictionary_encode()
    for number, key in enumerate(encoded.dictionary.to_pylist()):
        yield tuple(zip(columns, key.split("\x1f"), strict=True)), rows.filter(pc.equal(encoded.indices, number))


def months(times_us: pa.ChunkedArray) -> pa.Array:
    """The month of each instant (int64 µs) as text, 2026-11; '' where there is none."""
    times = times_us.combine_chunks()
    filled = np.asarray(pc.fill_null(times, 0)).astype("datetime64[us]").astype("datetime64[M]")
    distinct, places = np.unique(filled, return_inverse=True)
    found = pa.array([str(month) for month in distinct], pa.string()).take(pa.array(places))
    return pc.if_else(times.is_valid(), found, "")


def parts(projection: Projection, names: pa.ChunkedArray) -> pa.Array:
    """The heavy name of each row, else `other`."""
    plain = names.combine_chunks()
    is_heavy = pc.is_in(plain, value_set=pa.array(projection.heavy_names, pa.string()))
    return pc.if_else(is_heavy, plain, OTHER)


def may_hold(projection: Projection, partition: Mapping[str, str], ask: Ask) -> bool:
    """Whether a file of this partition may have a row that `ask` admits: never false for one that has."""
    if ask.names is not None and PART in partition:
        part = partition[PART]
        # A name that is itself "other" shares the folder of that name.
        wanted = part in ask.names or (part == OTHER and bool(ask.names - set(projection.heavy_names)))
        if not wanted:
            return False
    if ask.since_us is not None and MONTH in partition:
        return partition[MONTH] >= month_of(ask.since_us)
    return True


def month_of(time_us: int) -> str:
    """The month of one instant, as `months` writes it."""
    try:
        return (_EPOCH + timedelta(microseconds=time_us)).strftime("%Y-%m").rjust(7, "0")
    except OverflowError:
        return "" if time_us < 0 else "9999-13"
