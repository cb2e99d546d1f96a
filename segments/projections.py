"""What the lake holds of segments: the values computed of people, as rules ask them."""

import pyarrow as pa

from lake.contracts import Bag, Column, Projection

INT = pa.int64()

COMPUTED = Projection(
    name="computed",
    table="segments_computedvalues",
    columns=(
        Column("profile_hi", INT, "lake_hi(t.id)"),
        Column("profile_lo", INT, "lake_lo(t.id)"),
    ),
    is_append_only=False,
    bag=Bag(sql='t."values"', pick='t."values"->%s'),
    is_keyed_by_profile=True,
)
PROJECTIONS: tuple[Projection, ...] = (COMPUTED,)
