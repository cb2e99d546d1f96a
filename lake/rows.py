"""From rows of PostgreSQL to rows of files: which columns are read, and how they become those of the files. Pure.

Also keys: what identifies a row, and the rows of one table whose keys stand in another.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lake.bags import bag_fields, encode
from lake.contracts import Column, Projection

_BAG = "__bag"


def source_columns(projection: Projection) -> list[Column]:
    """What is read of the table: its plain columns, and its bag unless one of these is the bag as text."""
    columns = list(projection.columns)
    if projection.bag is not None and raw_column(projection) is None:
        columns.append(Column(_BAG, pa.string(), f"({projection.bag.sql})::text"))
    return columns


def raw_column(projection: Projection) -> str | None:
    """The plain column that is the bag itself, as JSON text."""
    for column in projection.columns:
        if projection.bag is not None and column.sql == f"{projection.bag.sql}::text":
            return column.name
    return None


def file_schema(projection: Projection) -> pa.Schema:
    """The columns of a table's files: the plain ones but raw JSON, the bag's, raw JSON last."""
    plain = [pa.field(column.name, column.type) for column in projection.columns]
    if projection.bag is None:
        return pa.schema(plain)
    raw = [field for field in plain if field.name == raw_column(projection)]
    return pa.schema([*(field for field in plain if field not in raw), *bag_fields(projection.bag), *raw])


def file_rows(projection: Projection, source: pa.Table, schema: pa.Schema) -> pa.Table:
    """Rows read by `source_columns` as rows of a file, whose columns are `schema`."""
    columns = {name: source.column(name) for name in source.schema.names if name != _BAG}
    if projection.bag is not None:
        texts = source.column(raw_column(projection) or _BAG)
        columns |= encode(projection.bag, texts.to_pylist())
    return pa.table([columns[name] for name in schema.names], schema=schema)


def sort_columns(projection: Projection) -> list[str]:
    """Logs are sorted by person, so that a person's rows lie together; states by key."""
    names = {column.name for column in projection.columns}
    if projection.is_append_only and "identifier_id" in names:
        return ["identifier_id", projection.columns[0].name]
    return key_names(projection)


def key_names(projection: Projection) -> list[str]:
    """The key's columns: one int64, or a profile's two halves."""
    return [column.name for column in projection.columns[: 2 if projection.is_keyed_by_profile else 1]]


def key_schema(projection: Projection) -> pa.Schema:
    """The columns of a table of keys."""
    return pa.schema([pa.field(name, pa.int64()) for name in key_names(projection)])


def keys_of(projection: Projection, rows: pa.Table) -> pa.Table:
    """The keys of rows."""
    return rows.select(key_names(projection)).cast(key_schema(projection))


def join_keys(projection: Projection, tables: Sequence[pa.Table]) -> pa.Table:
    """Keys of several tables together, each once."""
    joined = pa.concat_tables([key_schema(projection).empty_table(), *tables])
    return joined.group_by(key_names(projection)).aggregate([]) if joined.num_rows else joined


def in_keys(projection: Projection, rows: pa.Table, keys: pa.Table) -> np.ndarray:
    """For each row whether its key stands in `keys`."""
    names = key_names(projection)
    found = np.asarray(pc.is_in(rows.column(names[0]), value_set=keys.column(names[0]).combine_chunks()))
    if len(names) == 1 or not found.any():
        return found
    # Upper halves may be shared: look at whole keys where the upper half is known.
    known = set(zip(*(keys.column(name).to_pylist() for name in names), strict=True))
    places = np.flatnonzero(found)
    candidates = zip(*(rows.column(name).take(pa.array(places)).to_pylist() for name in names), strict=True)
    found[places] = [candidate in known for candidate in candidates]
    return found
