"""What a query would see of a relation: the rows of its files that are not hidden, and its tail."""

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lake.contracts import Ask, Relation
from lake.queries import snapshot
from lake.registry import projection
from lake.rows import in_keys, key_names


def visible(table: str, *columns: str, **narrowed: Any) -> list[tuple[Any, ...]]:
    """The rows of a table as of now, sorted; columns default to the key."""
    one = projection(table)
    names = columns or tuple(key_names(one))
    with snapshot([table]) as view:
        return rows_of(view.relation(Ask(table, names, **narrowed)), names)


def rows_of(relation: Relation, names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Files without what is hidden, plus the tail."""
    found = [relation.tail.select(names)]
    for file in relation.files:
        rows = pq.ParquetFile(file.path).read()
        rows = rows.filter(pa.array(~in_keys(relation.projection, rows, relation.hidden)))
        found.append(_narrowed(relation, rows).select(names))
    rows = [tuple(row.values()) for table in found for row in table.to_pylist()]
    return sorted(rows, key=repr)


def _narrowed(relation: Relation, rows: pa.Table) -> pa.Table:
    """An engine narrows files itself; the tail comes narrowed."""
    ask, one = relation.ask, relation.projection
    keep = [True] * rows.num_rows
    if ask.names is not None and one.name_column:
        keep = [name in ask.names for name in rows.column(one.name_column).to_pylist()]
    if ask.since_us is not None and one.time_column:
        times = rows.column(one.time_column).to_pylist()
        keep = [kept and at > ask.since_us for kept, at in zip(keep, times, strict=True)]
    return rows.filter(pa.array(keep, pa.bool_()))
