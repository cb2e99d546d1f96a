"""Tables of the lake made up for a test: rows given as plain columns and a bag, written as one Parquet file."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from events.projections import EVENTS
from lake.bags import encode
from lake.contracts import Projection
from lake.rows import file_schema

Row = dict[str, Any]
"""Plain columns by name, and under `bag` the named values."""


def write(projection: Projection, path: Path, rows: Sequence[Row]) -> Path:
    """The rows as a file of the lake."""
    columns = {one.name: pa.array([row.get(one.name) for row in rows], one.type) for one in projection.columns}
    if projection.bag:
        columns |= encode(projection.bag, [as_json(row["bag"]) for row in rows])
    schema = file_schema(projection)
    pq.write_table(pa.table([columns[name] for name in schema.names], schema=schema), path)
    return path


def write_events(path: Path, rows: Sequence[Row]) -> Path:
    """Events as a file of the lake."""
    return write(EVENTS, path, rows)


def as_json(bag: Mapping[str, Any]) -> str:
    """An object as the text PostgreSQL would hold."""
    return json.dumps(bag, default=lambda value: float(value) if isinstance(value, Decimal) else str(value))
