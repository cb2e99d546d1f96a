"""Membership as it was: who was in on an instant, who came and went between two, and the intervals of one person.

A profile id is as it stood then; `CompareCounts`, `compared` and `people_at` count present people: whoever was merged
since counts once. Erased people have no history, and ended memberships end by the retention rule `memberships`.
"""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from cdp.lib import bulk_sql
from profiles.models import Identifier
from segments.contracts import Member, MemberPage
from segments.models import Membership

PAGE = 50
CHUNK = 20_000
Part = Literal["both", "entered", "left"]
PARTS: tuple[Part, ...] = ("both", "entered", "left")
IN_AT = """m.segment_id = %s::bigint AND m.entered_at <= %s::timestamptz
  AND (m.left_at IS NULL OR m.left_at > %s::timestamptz)"""
COUNT = f"SELECT count(DISTINCT m.profile_id) FROM segments_membership AS m WHERE {IN_AT}"  # noqa: S608 - of this file
PAGE_AT = f"""
SELECT m.id, m.profile_id, m.entered_at FROM segments_membership AS m WHERE {IN_AT}
  AND (m.entered_at, m.id) < (%s::timestamptz, %s::bigint)
ORDER BY m.entered_at DESC, m.id DESC LIMIT %s::bigint
"""  # noqa: S608 - of this file
# Present people: an id that was merged away since stands for whom it resolves to.
PRESENT = f"""SELECT DISTINCT coalesce(i.profile_id, m.profile_id) AS profile_id FROM segments_membership AS m
  LEFT JOIN profiles_identifier AS i ON i.minted_id = m.profile_id WHERE {IN_AT}"""  # noqa: S608 - of this file
COMPARE = f"""
SELECT count(*) FILTER (WHERE a.profile_id IS NOT NULL AND b.profile_id IS NOT NULL),
  count(*) FILTER (WHERE a.profile_id IS NULL), count(*) FILTER (WHERE b.profile_id IS NULL)
FROM ({PRESENT}) AS a FULL JOIN ({PRESENT}) AS b USING (profile_id)
"""  # noqa: S608 - of this file
WHICH: dict[str, str] = {
    "both": f"SELECT profile_id FROM ({PRESENT}) AS a JOIN ({PRESENT}) AS b USING (profile_id)",  # noqa: S608
    "entered": f"""SELECT b.profile_id FROM ({PRESENT}) AS a RIGHT JOIN ({PRESENT}) AS b
      ON a.profile_id = b.profile_id WHERE a.profile_id IS NULL""",  # noqa: S608
    "left": f"""SELECT a.profile_id FROM ({PRESENT}) AS a LEFT JOIN ({PRESENT}) AS b
      ON a.profile_id = b.profile_id WHERE b.profile_id IS NULL""",  # noqa: S608
}
PEOPLE_AFTER = """SELECT profile_id FROM ({people}) AS found WHERE profile_id > %s::uuid
ORDER BY profile_id LIMIT %s::bigint"""
FIRST = UUID(int=0)


class BadCursor(ValueError):
    """A cursor that none of these pages gave out."""

    def __init__(self) -> None:
        super().__init__("This is no cursor: take it from the page before, as it stands.")


@dataclass(frozen=True, slots=True)
class CompareCounts:
    """People in a segment on both of two instants, only on the later (entered), only on the earlier (left)."""

    both: int
    entered: int
    left: int


@dataclass(frozen=True, slots=True)
class PersonPage:
    """Present profile ids in their own order; `next_cursor` asks for the page after, None at the end."""

    profile_ids: tuple[UUID, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Interval:
    """One stay in a segment. `profile_id`: the id they had then. `left_at` None: still in; else `left_reason` says why:
    rule, edited, archived, merged, split, erased."""

    segment_id: int
    slug: str
    name: str
    profile_id: UUID
    version: int
    entered_at: datetime
    left_at: datetime | None
    left_reason: str


def members_at(segment_id: int, at: datetime, *, cursor: str | None = None, limit: int = PAGE) -> MemberPage:
    """Who was in on an instant, last entered first. Raises BadCursor for one that is none."""
    before = _place(cursor)
    rows = bulk_sql.fetch(PAGE_AT, [segment_id, at, at, *before, limit + 1])
    shown = tuple(Member(*row) for row in rows[:limit])
    if len(rows) <= limit:
        return MemberPage(shown, None)
    return MemberPage(shown, _cursor(f"{shown[-1].since.isoformat()}|{shown[-1].membership_id}"))


def count_at(segment_id: int, at: datetime) -> int:
    """How many profiles were in on an instant."""
    ((count,),) = bulk_sql.fetch(COUNT, [segment_id, at, at])
    return int(count)


def people_at(segment_id: int, at: datetime, *, after: UUID = FIRST) -> Iterator[list[UUID]]:
    """The present profile ids of everybody who was in on an instant, in chunks by id; the same person once."""
    statement = PEOPLE_AFTER.format(people=PRESENT)
    while rows := bulk_sql.fetch(statement, [segment_id, at, at, after, CHUNK]):
        yield [row[0] for row in rows]
        after = rows[-1][0]


def compare(segment_id: int, start: datetime, end: datetime) -> CompareCounts:
    """How many people were in on both instants, only at `end` (entered), only at `start` (left)."""
    ((both, entered, left),) = bulk_sql.fetch(COMPARE, [segment_id, start, start, segment_id, end, end])
    return CompareCounts(both, entered, left)


def compared(
    segment_id: int, start: datetime, end: datetime, part: Part, *, cursor: str | None = None, limit: int = PAGE
) -> PersonPage:
    """Who is in one part of a comparison. Raises BadCursor; KeyError for a part that is none of PARTS."""
    statement = PEOPLE_AFTER.format(people=WHICH[part])
    after = _person(cursor)
    rows = bulk_sql.fetch(statement, [segment_id, start, start, segment_id, end, end, after, limit + 1])
    ids = tuple(row[0] for row in rows[:limit])
    return PersonPage(ids, _cursor(str(ids[-1])) if len(rows) > limit else None)


def intervals_of(profile_id: UUID, segment_id: int | None = None) -> list[Interval]:
    """Every stay of a person in a segment (or in any), under the ids they went by too; the latest first."""
    ids = {profile_id, *Identifier.objects.filter(profile_id=profile_id).values_list("minted_id", flat=True)}
    found = Membership.objects.filter(profile_id__in=ids)
    if segment_id is not None:
        found = found.filter(segment_id=segment_id)
    rows = found.order_by("-entered_at", "-pk").values_list(
        "segment_id", "segment__slug", "segment__name", "profile_id", "version", "entered_at", "left_at", "left_reason"
    )
    return [Interval(*row) for row in rows]


def _place(cursor: str | None) -> tuple[Any, int]:
    """(entered_at, membership id) a page ends at."""
    if not cursor:
        return "infinity", 0
    at, _, pk = _said(cursor).partition("|")
    try:
        if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
            raise ValueError(pk)
        return datetime.fromisoformat(at), int(pk)
    except ValueError:
        raise BadCursor from None


def _person(cursor: str | None) -> UUID:
    try:
        return UUID(_said(cursor)) if cursor else FIRST
    except ValueError:
        raise BadCursor from None


def _cursor(said: str) -> str:
    return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")


def _said(cursor: str) -> str:
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise BadCursor from None
