"""Reading rows of a projected PostgreSQL table as Arrow: for tails, for a few people's rows, and for the files.

Text goes out by COPY and is parsed by Arrow, about a million rows a second; a bag's values are read by `lake.facets`,
each distinct one once.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
from django.db import connection as default_connection

from lake.contracts import FACET_TYPES, Ask, Column, Facet, Projection, Value, value_column
from lake.facets import NOTHING, read

LARGEST_ROW = 64 * 2**20


def read_rows(
    projection: Projection, ask: Ask, *, where: str = "", params: Sequence[Any] = (), connection: Any = None
) -> pa.Table:
    """The rows of the table that `ask` narrows to and `where` (SQL over alias `t`) admits.

    Its columns are exactly those asked: plain ones by name, then `v<i>_<facet>` (`asked_schema`). `connection` is
    Django's own unless given: a psycopg or a Django connection.
    """
    columns = [column_of(projection, name) for name in ask.columns]
    conditions, values = _narrowing(projection, ask)
    if where:
        conditions.append(f"({where})")
    picked = [Column(f"v{index}", pa.string(), f"({_bag_pick(projection)})::text") for index in range(len(ask.values))]
    raw = copy_rows(
        projection.table,
        [*columns, *picked],
        where=" AND ".join(conditions),
        params=[*(value.name for value in ask.values), *values, *params],
        connection=connection,
    )
    arrays: list[pa.ChunkedArray] = [raw.column(column.name) for column in columns]
    for index, value in enumerate(ask.values):
        arrays += facet_columns(raw.column(f"v{index}"), value)
    return pa.Table.from_arrays(arrays, schema=asked_schema(projection, ask))


def asked_schema(projection: Projection, ask: Ask) -> pa.Schema:
    """The columns of what `ask` gets: plain ones, then each value's facets in the order of FACET_TYPES."""
    plain = [pa.field(name, column_of(projection, name).type) for name in ask.columns]
    return pa.schema(
        plain
        + [
            pa.field(value_column(index, facet), FACET_TYPES[facet])
            for index, value in enumerate(ask.values)
            for facet in _ordered(value)
        ]
    )


def column_of(projection: Projection, name: str) -> Column:
    """The plain column of that name. Raises ValueError naming the columns there are."""
    for column in projection.columns:
        if column.name == name:
            return column
    known = ", ".join(column.name for column in projection.columns)
    raise ValueError(f"{projection.name} of the lake has no column {name!r}; it has {known}")


def copy_rows(
    table: str, columns: Sequence[Column], *, where: str = "", params: Sequence[Any] = (), order: str = "",
    limit: int | None = None, connection: Any = None,
) -> pa.Table:  # fmt: skip
    """`columns` of a table's rows as Arrow. `params` are those of the columns' SQL, then those of `where`."""
    buffer = io.BytesIO()
    copying = _copying(table, columns, where, order, limit)
    with (connection or default_connection).cursor() as cursor, _plain(cursor).copy(copying, list(params)) as copy:
        for block in copy:
            buffer.write(block)
    return _parsed(buffer, columns)


def copy_batches(
    table: str,
    columns: Sequence[Column],
    *,
    where: str = "",
    params: Sequence[Any] = (),
    rows: int = 100_000,
    size: int = 64 * 2**20,
    connection: Any = None,
) -> Iterator[pa.Table]:
    """The same rows as `copy_rows`, of one statement, in tables of at most `rows` rows or about `size` bytes of text.

    The connection is taken until the last one.
    """
    copying = _copying(table, columns, where, "", None)
    buffer, count = io.BytesIO(), 0
    with (connection or default_connection).cursor() as cursor, _plain(cursor).copy(copying, list(params)) as copy:
        for block in copy:  # PostgreSQL sends one row a message
            buffer.write(block)
            count += 1
            if count == rows or buffer.tell() > size:
                yield _parsed(buffer, columns)
                buffer, count = io.BytesIO(), 0
    if count:
        yield _parsed(buffer, columns)


def _plain(cursor: Any) -> Any:
    """psycopg's cursor in Django's: the wrapper that counts statements (DEBUG, tests) takes no parameters for COPY."""
    return getattr(cursor, "cursor", cursor)


def _copying(table: str, columns: Sequence[Column], where: str, order: str, limit: int | None) -> str:
    chosen = ", ".join(column.sql for column in columns)
    statement = f"SELECT {chosen} FROM {table} AS t"  # noqa: S608  # SQL of our own projections
    for word, part in (("WHERE", where), ("ORDER BY", order), ("LIMIT", "" if limit is None else str(limit))):
        if part:
            statement += f" {word} {part}"
    return f"COPY ({statement}) TO STDOUT WITH (FORMAT csv)"


def facet_columns(values: pa.ChunkedArray, value: Value) -> list[pa.ChunkedArray]:
    """The asked facets of a column of JSON texts, in the order of FACET_TYPES."""
    encoded = values.dictionary_encode().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):  # no rows: no chunk to combine
        encoded = pa.array([], pa.dictionary(pa.int32(), pa.string()))
    facets = [NOTHING if text is None else read(text) for text in encoded.dictionary.to_pylist()]
    columns = []
    for facet in _ordered(value):
        distinct = pa.array([getattr(one, facet.value) for one in facets], FACET_TYPES[facet])
        columns.append(pa.chunked_array([distinct.take(encoded.indices)]))
    return columns


def _ordered(value: Value) -> list[Facet]:
    return [facet for facet in FACET_TYPES if facet in value.facets]


def _bag_pick(projection: Projection) -> str:
    if projection.bag is None:
        raise ValueError(f"{projection.name} of the lake has no named values")
    return projection.bag.pick


def _narrowing(projection: Projection, ask: Ask) -> tuple[list[str], list[Any]]:
    """The conditions of the ask's names and time, and their parameters."""
    conditions: list[str] = []
    params: list[Any] = []
    if ask.names is not None:
        conditions.append(f"{_sql(projection, projection.name_column, 'names')} = ANY(%s)")
        params.append(sorted(ask.names))
    if ask.since_us is not None:
        conditions.append(f"{_sql(projection, projection.time_column, 'times')} > %s")
        params.append(ask.since_us)
    return conditions, params


def _sql(projection: Projection, name: str | None, what: str) -> str:
    if name is None:
        raise ValueError(f"{projection.name} of the lake has no {what} to narrow by")
    return column_of(projection, name).sql


def _parsed(buffer: io.BytesIO, columns: Iterable[Column]) -> pa.Table:
    schema = pa.schema([pa.field(column.name, column.type) for column in columns])
    size = buffer.tell()
    if not size:
        return schema.empty_table()
    buffer.seek(0)
    return pacsv.read_csv(
        buffer,
        read_options=pacsv.ReadOptions(column_names=schema.names, block_size=min(size + 1, LARGEST_ROW)),
        parse_options=pacsv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=pacsv.ConvertOptions(
            column_types=schema,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,  # "" is an empty text, nothing at all is null
        ),
    )
