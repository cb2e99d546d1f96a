"""Who was in a segment when they met an experiment, by the intervals of its memberships."""

from uuid import UUID

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlglot import exp

import profiles.queries
from cdp.lib.clock import from_us
from experiments.queries.exposed import People
from lake.contracts import Ask, Column, Projection
from lake.engines import Statement
from lake.queries.engine import engine_in_process
from lake.reading import read_rows
from segments.halves import columns as halves_of
from segments.halves import ids_of
from segments.models import Segment
from segments.rules.scope import HI, LO

MEMBERSHIPS = Projection(
    name="membership_intervals",
    table="segments_membership",
    columns=(
        Column(HI, pa.int64(), "lake_hi(t.profile_id)"),
        Column(LO, pa.int64(), "lake_lo(t.profile_id)"),
        Column("entered_us", pa.int64(), "lake_us(t.entered_at)"),
        Column("left_us", pa.int64(), "lake_us(t.left_at)"),
        Column("is_moved", pa.bool_(), "t.left_reason IN ('merged', 'split')"),
    ),
    is_append_only=False,
)
INTERVALS = Ask("membership_intervals", (HI, LO, "entered_us", "left_us", "is_moved"))
OF_SEGMENT = "t.segment_id = %s::bigint AND t.entered_at <= %s::timestamptz AND coalesce(t.left_at > %s, TRUE)"


def names_of(slugs: tuple[str, ...]) -> dict[str, tuple[int, str]]:
    """{slug: (id, name)} of the segments there are, in the order asked."""
    known = {
        slug: (pk, name) for pk, slug, name in Segment.objects.filter(slug__in=slugs).values_list("pk", "slug", "name")
    }
    return {slug: known[slug] for slug in slugs if slug in known}


def members_when_met(segment_id: int, people: People) -> NDArray[np.bool_]:
    """Of everybody in their order, whether they were in the segment at their first exposure.

    A membership of somebody who was merged into another since counts for whom they are now.
    """
    inside = np.zeros(people.variant.size, dtype=np.bool_)
    if not inside.size:
        return inside
    first, last = (from_us(int(each)) for each in (people.from_us.min(), people.from_us.max()))
    intervals = _present(read_rows(MEMBERSHIPS, INTERVALS, where=OF_SEGMENT, params=[segment_id, last, first]))
    found = engine_in_process().query(_INSIDE, {"people": people.table, "intervals": intervals})
    inside[found["place"].to_numpy()] = True
    return inside


def _present(intervals: pa.Table) -> pa.Table:
    """With the ids that people have now."""
    moved = intervals.filter(intervals["is_moved"])
    if not moved.num_rows:
        return intervals
    were = ids_of(moved)
    now = profiles.queries.resolve_many(set(were))
    are: list[UUID] = [now.get(one, one) for one in were]
    hi, lo = halves_of(are)
    stay = intervals.filter(pa.compute.invert(pa.compute.fill_null(intervals["is_moved"], fill_value=False)))
    return pa.concat_tables([stay, moved.set_column(0, HI, hi).set_column(1, LO, lo)])


def _inside_statement() -> Statement:
    query = (
        exp.select("p.place")
        .distinct()
        .from_(exp.to_table("people", alias="p"))
        .join(exp.to_table("intervals", alias="m"), on=f"m.{HI} = p.{HI} AND m.{LO} = p.{LO}")
        .where("m.entered_us <= p.from_us")
        .where("m.left_us IS NULL OR m.left_us > p.from_us")
    )
    return Statement(query)


_INSIDE = _inside_statement()
