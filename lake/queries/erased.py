"""The keys of rows that were deleted from a projected table, as its trigger noted them."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from lake.contracts import Column, Projection
from lake.reading import copy_rows
from lake.rows import key_names


def erased_keys(projection: Projection, *, where: str, params: Sequence[Any], connection: Any = None) -> pa.Table:
    """Keys noted as erased that `where` (SQL over alias `t`, which has xid) admits; one may come twice."""
    names = key_names(projection)
    columns = [Column(name, pa.int64(), f"t.{column}") for name, column in zip(names, ("key", "key_lo"), strict=False)]
    return copy_rows(
        "lake_erasedrow",
        columns,
        where=f"t.projection = %s AND {where}",
        params=[projection.name, *params],
        connection=connection,
    )
