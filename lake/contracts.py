"""What crosses the border of the lake: how an app describes a table, what a query asks of it, what an engine is given.

A table of the lake is a columnar projection of a PostgreSQL table. Its *values* (properties of an event, traits of a
person) are a bag of named JSON values, read through facets that are computed once, outside every engine.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Event

import pyarrow as pa


class Facet(StrEnum):
    """One canonical reading of a JSON value; null where the value has no such reading."""

    NUMBER = "number"  # decimal128(18, 6)
    TEXT = "text"  # text that is not a number
    FOLDED = "folded"  # text or plain digits, case folded
    INSTANT = "instant"  # int64 µs since the epoch
    FLAG = "flag"  # true or false
    PRESENT = "present"  # true for anything but null and absent


FACET_TYPES: Mapping[Facet, pa.DataType] = {
    Facet.NUMBER: pa.decimal128(18, 6),
    Facet.TEXT: pa.string(),
    Facet.FOLDED: pa.string(),
    Facet.INSTANT: pa.int64(),
    Facet.FLAG: pa.bool_(),
    Facet.PRESENT: pa.bool_(),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the lake, its Arrow type, and the SQL expression over the table's alias `t`."""

    name: str
    type: pa.DataType
    sql: str


@dataclass(frozen=True, slots=True)
class Bag:
    """The table's JSON object of named values.

    `sql` is the object {name: value} over alias `t`; `pick` the SQL (with one %s for the name) of one value as jsonb;
    `promoted` names get columns of their own in the lake (`<name>_number`, `<name>_text`).
    """

    sql: str
    pick: str
    promoted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Projection:
    """One table of the lake.

    `columns[0]` is the key: an int64, or `profile_hi` followed by `profile_lo` when `is_keyed_by_profile`. Append-only
    tables are logs whose rows never change; others are states whose newer rows overlay older ones. Rows deleted from
    `table` are noted by trigger in `lake_erasedrow` and hidden at once.
    """

    name: str
    table: str
    columns: tuple[Column, ...]
    is_append_only: bool
    bag: Bag | None = None
    is_keyed_by_profile: bool = False
    time_column: str | None = None  # int64 µs: partitions by month where set
    name_column: str | None = None  # partitions by the heavy names where set
    heavy_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """A named value of the bag that a query looks at, and how."""

    name: str
    facets: frozenset[Facet]


@dataclass(frozen=True, slots=True)
class Ask:
    """What a query needs of one table.

    `columns`: plain columns by name. `values`: bag values; number i with facet f is the column `v<i>_<f>`. `names` and
    `since_us` (exclusive) narrow rows by name and time column: the engine may rely on nothing else being there.
    """

    table: str
    columns: tuple[str, ...]
    values: tuple[Value, ...] = ()
    names: frozenset[str] | None = None
    since_us: int | None = None


def value_column(index: int, facet: Facet) -> str:
    """The column of an asked value, e.g. v0_number."""
    return f"v{index}_{facet}"


@dataclass(frozen=True, slots=True)
class LakeFile:
    """One Parquet file of a snapshot, by path or URL, with the values its rows share by partition."""

    path: str
    partition: Mapping[str, str] = field(default_factory=dict)
    rows: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """A table as of one instant: files, minus the rows whose key stands in `hidden`, plus `tail`.

    `tail` has exactly the columns asked (see Ask); files have the lake's own columns, from which an engine derives
    them. `hidden` has the key columns of rows that changed or were erased since the files were written.
    """

    ask: Ask
    projection: Projection
    files: tuple[LakeFile, ...]
    tail: pa.Table
    hidden: pa.Table


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may take. Past them it ends with QueryTooSlowError or QueryTooLargeError.

    `stop`: whoever sets it wants the query to end within a second, with QueryStoppedError.
    """

    seconds: float = 30.0
    memory_mb: int = 2048
    threads: int = 2
    stop: Event | None = field(default=None, compare=False)


class QueryError(Exception):
    """A query that gave no answer. The message says what to do about it."""


class QueryTooSlowError(QueryError):
    """It ran longer than it may."""


class QueryTooLargeError(QueryError):
    """It needed more memory than it may."""


class QueryStoppedError(QueryError):
    """Somebody set `Limits.stop`."""


class LakeNotReadyError(QueryError):
    """The lake is missing or being rebuilt; `done` of `total` rows are there."""

    def __init__(self, message: str, *, done: int = 0, total: int = 0) -> None:
        super().__init__(message)
        self.done = done
        self.total = total
