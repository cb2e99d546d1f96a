"""Static lists: made, and people put on them and taken off, by profile or by what they are known by.

Rows hang on identifiers: whoever is merged takes their place on the list along, and a split gives it back. Membership
follows by the ordinary evaluation. Identifiers that were never seen are not made: nobody is revived by a list.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from cdp.lib import bulk_sql
from cdp.outbox.services import wake
from profiles.contracts import IdentifierKey
from profiles.queries import resolve_many
from segments.contracts import SegmentDraft
from segments.models import Segment
from segments.queries.lists import Standing, standing_of
from segments.services import locks
from segments.services.changing import SlugTaken
from segments.services.saving import save_segment
from segments.uploads import NoName

BY_HAND, BY_API = "hand", "api"
CHUNK = 5_000
PUT_IDENTIFIERS = """
INSERT INTO segments_listed (segment_id, identifier_id, added_at, added_by_id, origin)
SELECT %s::bigint, id, %s::timestamptz, nullif(%s::bigint, 0), %s::text FROM unnest(%s::bigint[]) AS new(id) ORDER BY id
ON CONFLICT (segment_id, identifier_id) DO NOTHING RETURNING identifier_id
"""
# A person stands on a list by the strongest of their identifiers, unless one of them is on it.
STRONGEST = """
SELECT DISTINCT ON (i.profile_id) i.id FROM profiles_identifier AS i
WHERE i.profile_id = ANY(%s::uuid[]) AND NOT i.is_shared AND NOT EXISTS (
  SELECT 1 FROM profiles_identifier AS o JOIN segments_listed AS l ON l.identifier_id = o.id
  WHERE o.profile_id = i.profile_id AND l.segment_id = %s::bigint)
ORDER BY i.profile_id, array_position(ARRAY['user_id', 'email', 'phone'], i.kind) NULLS LAST,
  i.kind = 'anonymous_id', i.first_seen_at, i.id
"""
TAKE_PEOPLE = """
DELETE FROM segments_listed AS l USING profiles_identifier AS i
WHERE l.segment_id = %s::bigint AND i.id = l.identifier_id AND i.profile_id = ANY(%s::uuid[]) RETURNING i.profile_id
"""
PEOPLE_ON = """
SELECT DISTINCT i.profile_id FROM segments_listed AS l JOIN profiles_identifier AS i ON i.id = l.identifier_id
WHERE l.segment_id = %s::bigint
"""
OWNERS = "SELECT DISTINCT profile_id FROM profiles_identifier WHERE id = ANY(%s::bigint[])"


class NotAList(ValueError):
    """The segment is made by a rule: who is in it follows from that. Make a list of its members instead."""

    def __init__(self, name: str) -> None:
        super().__init__(f"“{name}” is no list: its rule says who is in it. Make a list of its members instead.")


@dataclass(frozen=True, slots=True)
class ListDraft:
    """A list to be made, empty at first. `purpose`: a code; empty: nothing is done with it."""

    slug: str
    name: str
    purpose: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of people to be put on a list or taken off: how many were, how many stood so already.

    `unmatched`: of the places in the order given, why each named nobody.
    """

    changed: int = 0
    already: int = 0
    unmatched: Mapping[int, NoName] = field(default_factory=dict)


Entry = IdentifierKey | UUID | NoName
"""Somebody by what they are known by, or by any profile id they ever had; or why they are named by nothing."""


@transaction.atomic
def make_list(draft: ListDraft, *, by: AbstractBaseUser | None = None) -> int:
    """An empty static list; its segment's id. Raises SlugTaken, and RuleError where the slug cannot be one."""
    locks.own_rules()
    if Segment.objects.filter(slug=draft.slug).exists():
        raise SlugTaken(draft.slug)
    saved = save_segment(
        SegmentDraft(draft.slug, draft.name, {"in_list": draft.slug}, notes=draft.notes, purpose=draft.purpose), by=by
    )
    Segment.objects.filter(pk=saved.segment_id).update(kind=Segment.Kind.STATIC, owner_id=_id(by))
    return saved.segment_id


@transaction.atomic
def put_entries(
    list_id: int, entries: Sequence[Entry], *, origin: str, now: datetime, by: AbstractBaseUser | None = None
) -> Changed:
    """Put people on a list. The same again changes nothing. Raises NotAList."""
    require_list(list_id)
    found = standing_of(entries)
    by_identifier = [one.identifier_id for one in found if one.identifier_id is not None]
    people = {one.profile_id for one in found if one.profile_id is not None and one.identifier_id is None}
    put = put_identifiers(list_id, by_identifier, origin=origin, now=now, by=by)
    put += put_people(list_id, people, origin=origin, now=now, by=by)
    mark(put)
    return _told(found, len(put))


@transaction.atomic
def take_entries(list_id: int, entries: Sequence[Entry], *, now: datetime) -> Changed:
    """Take people off a list, by whichever of their identifiers they stand on it. Raises NotAList."""
    require_list(list_id)
    found = standing_of(entries)
    return _told(found, take_people(list_id, {one.profile_id for one in found if one.profile_id is not None}))


@transaction.atomic
def replace_entries(
    list_id: int, entries: Sequence[Entry], *, origin: str, now: datetime, by: AbstractBaseUser | None = None
) -> tuple[Changed, int]:
    """Make a list hold these people and nobody else; also how many were taken off. Raises NotAList."""
    changed = put_entries(list_id, entries, origin=origin, now=now, by=by)
    stay = {one.profile_id for one in standing_of(entries)}
    gone = {row[0] for row in bulk_sql.fetch(PEOPLE_ON, [list_id])} - stay
    return changed, take_people(list_id, gone)


def put_identifiers(
    list_id: int, identifier_ids: Collection[int], *, origin: str, now: datetime, by: AbstractBaseUser | None = None
) -> list[int]:
    """List these identifiers; those that were not listed. The caller marks them. Inside a transaction."""
    if not identifier_ids:
        return []
    params = [list_id, now, _id(by) or 0, origin, sorted(set(identifier_ids))]
    return [row[0] for row in bulk_sql.fetch(PUT_IDENTIFIERS, params)]


def put_people(
    list_id: int, profile_ids: Collection[UUID], *, origin: str, now: datetime, by: AbstractBaseUser | None = None
) -> list[int]:
    """List people who are not on it, each by the strongest identifier; those. Ids they went by before will do."""
    present = set(resolve_many(profile_ids).values()) if profile_ids else set()
    if not present:
        return []
    strongest = [row[0] for row in bulk_sql.fetch(STRONGEST, [sorted(present), list_id])]
    return put_identifiers(list_id, strongest, origin=origin, now=now, by=by)


def take_people(list_id: int, profile_ids: Collection[UUID]) -> int:
    """Take people off by every identifier of theirs, and mark them; how many stood on it. Inside a transaction."""
    gone: set[UUID] = set()
    wanted = sorted(set(profile_ids))
    for start in range(0, len(wanted), CHUNK):
        gone |= {row[0] for row in bulk_sql.fetch(TAKE_PEOPLE, [list_id, wanted[start : start + CHUNK]])}
    mark_people(gone)
    return len(gone)


def mark(identifier_ids: Collection[int]) -> None:
    """Have whoever these identifiers belong to evaluated. Inside a transaction."""
    mark_people({row[0] for row in bulk_sql.fetch(OWNERS, [list(identifier_ids)])} if identifier_ids else ())


def require_list(list_id: int) -> Segment:
    """The list. Raises NotAList for a segment of a rule, Segment.DoesNotExist for none."""
    found = Segment.objects.get(pk=list_id)
    if found.kind != Segment.Kind.STATIC:
        raise NotAList(found.name)
    return found


def _told(found: Sequence[Standing], changed: int) -> Changed:
    unmatched = {place: one.why for place, one in enumerate(found) if one.why is not None}
    return Changed(changed, len(found) - changed - len(unmatched), unmatched)


def mark_people(profile_ids: Collection[UUID]) -> None:
    """Have these people evaluated. Inside a transaction."""
    if profile_ids:
        locks.mark_dirty(profile_ids)
        wake("segments.evaluate")


def _id(by: AbstractBaseUser | None) -> int | None:
    return by.pk if by is not None else None
