"""What a rule that is being edited means so far: how many, by clause too, who, and how it differs from segments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pyarrow as pa
from django.db.models import QuerySet
from sqlglot import exp

from lake.contracts import Column, Limits
from lake.queries.engine import engine
from lake.reading import copy_rows
from segments.drafting import Draft
from segments.halves import joined
from segments.models import Segment
from segments.queries.clauses import count_in_time
from segments.queries.everybody import entering_and_leaving, first_of
from segments.queries.previewing import SAMPLE, people_about
from segments.queries.turns import Asker, alone
from segments.rules.scope import HI, LO

MOST_COMPARED = 5
LONGEST = 500_000
"""Members that are read to compare with: about half a second."""
INSIDE = f"""(SELECT segment_id, lake_hi(profile_id) AS {HI}, lake_lo(profile_id) AS {LO} FROM segments_membership
WHERE left_at IS NULL)"""  # noqa: S608  # names of our own columns
COLUMNS = (
    Column("segment_id", pa.int64(), "t.segment_id"),
    Column(HI, pa.int64(), f"t.{HI}"),
    Column(LO, pa.int64(), f"t.{LO}"),
)


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many of the rule's people are in another segment as well; None where both are too many to compare here."""

    slug: str
    name: str
    both: int | None


@dataclass(frozen=True, slots=True)
class DraftPreview:
    """`clauses`: {path: how many}, without those that alone would ask everybody's consents; None where only the whole
    could be counted in time. `people`: all there are, about. `present`: members now of the segment being edited, None
    where it is not live; `entering`, `leaving` too."""

    count: int
    people: int
    clauses: dict[str, int] | None
    sample: tuple[UUID, ...]
    present: int | None
    entering: int | None
    leaving: int | None
    overlap: tuple[Overlap, ...]
    as_of: datetime | None


def preview_draft(
    draft: Draft, *, segment_id: int | None, compared: Sequence[str], now: datetime, asker: Asker | None = None
) -> DraftPreview | None:
    """The draft asked of everybody now; None where nothing of it can be asked yet.

    `asker`: which page asks; its older question ends with QueryStoppedError. Raises QueryError, and PreviewBusyError: a
    process computes one at a time.
    """
    if draft.rule is None:
        return None
    with alone(asker) as limits:
        parts = [clause for clause in draft.clauses if clause.rule == draft.rule or not clause.rule.mentions().purposes]
        counted = count_in_time(draft.rule, [clause.rule for clause in parts], now, limits=limits)
        entering, leaving = None, None
        if segment_id is not None and _live().filter(pk=segment_id).exists():
            entering, leaving = entering_and_leaving(segment_id, counted.keys, limits=limits)
        beside = list(_others(segment_id).filter(slug__in=list(compared)[:MOST_COMPARED]).order_by("name"))
        shared = _shared(counted.keys, [segment.pk for segment in beside], limits)
    count = counted.keys.num_rows
    numbers = None if counted.clauses is None else zip(parts, counted.clauses, strict=True)
    return DraftPreview(
        count=count,
        people=max(people_about(), count),
        clauses=None if numbers is None else {clause.path: number for clause, number in numbers},
        sample=tuple(joined(*key) for key in first_of(counted.keys, SAMPLE)),
        present=None if entering is None or leaving is None else count - entering + leaving,
        entering=entering,
        leaving=leaving,
        overlap=tuple(
            Overlap(segment.slug, segment.name, None if shared is None else shared.get(segment.pk, 0))
            for segment in beside
        ),
        as_of=counted.as_of,
    )


def most_compared(segment_id: int | None) -> list[str]:
    """Slugs of the live segments a rule is compared with until others are chosen: those changed last."""
    rows = _others(segment_id).order_by("-updated_at", "pk")
    return list(rows.values_list("slug", flat=True)[:MOST_COMPARED])


def _live() -> QuerySet[Segment]:
    return Segment.objects.named().filter(state=Segment.State.LIVE)


def _others(segment_id: int | None) -> QuerySet[Segment]:
    return _live() if segment_id is None else _live().exclude(pk=segment_id)


def _shared(keys: pa.Table, segment_ids: list[int], limits: Limits) -> dict[int, int] | None:
    """{segment: its members who are among `keys`}; None where all members are more than `LONGEST` together."""
    if not segment_ids:
        return {}
    inside = copy_rows(INSIDE, COLUMNS, where="t.segment_id = ANY(%s)", params=[segment_ids], limit=LONGEST + 1)
    if inside.num_rows > LONGEST:
        return None
    same = [exp.column(key, table="i").eq(exp.column(key, table="m")) for key in (HI, LO)]
    both = (
        exp.select(
            exp.column("segment_id", table="i"),
            exp.alias_(exp.Count(this=exp.Star()), "shared"),
        )
        .from_(exp.to_table("inside", alias="i"))
        .join(exp.to_table("members", alias="m"), on=exp.and_(*same))
        .group_by(exp.column("segment_id", table="i"))
    )
    found = engine().query(both, {"inside": inside, "members": keys}, limits=limits)
    return dict(zip(found["segment_id"].to_pylist(), found["shared"].to_pylist(), strict=True))
