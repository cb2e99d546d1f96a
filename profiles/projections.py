"""What the lake holds of people: which identifier is whose, and the traits. Not the identifiers' values."""

import pyarrow as pa

from lake.contracts import Bag, Column, Projection

INT, TEXT, FLAG = pa.int64(), pa.string(), pa.bool_()

IDENTIFIERS = Projection(
    name="identifiers",
    table="profiles_identifier",
    columns=(
        Column("id", INT, "t.id"),
        Column("profile_hi", INT, "lake_hi(t.profile_id)"),
        Column("profile_lo", INT, "lake_lo(t.profile_id)"),
        Column("kind", TEXT, "t.kind"),
        Column("is_shared", FLAG, "t.is_shared"),
        Column("first_seen_us", INT, "lake_us(t.first_seen_at)"),
    ),
    is_append_only=False,
)
# A trait is stored as [value, event time, message hash].
PROFILES = Projection(
    name="profiles",
    table="profiles_profile",
    columns=(
        Column("profile_hi", INT, "lake_hi(t.id)"),
        Column("profile_lo", INT, "lake_lo(t.id)"),
        Column("is_shared", FLAG, "t.is_shared"),
    ),
    is_append_only=False,
    bag=Bag(
        sql="(SELECT jsonb_object_agg(trait.key, trait.value->0) FROM jsonb_each(t.traits) AS trait)",
        pick="t.traits->%s->0",
    ),
    is_keyed_by_profile=True,
)
PROJECTIONS: tuple[Projection, ...] = (IDENTIFIERS, PROFILES)
