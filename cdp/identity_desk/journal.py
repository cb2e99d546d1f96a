"""The merge journal as people read it: what happened to whom and why, and whether it can be undone from here."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.http import urlencode

from cdp.identity_desk.people import Called, called, spoken
from cdp.identity_desk.reading import crossing, facts_of
from cdp.lib import bulk_sql
from events.queries import source_names
from profiles import standing
from profiles.contracts import IdentifierFacts
from profiles.models import Identifier, IdentityChange, IdentityMove, Link, Separation
from profiles.recognizing import PARTS, WHOLE_NAMES, recognized

MERGED, SPLIT = IdentityChange.Kind.MERGED, IdentityChange.Kind.SPLIT
CAUSES = {
    IdentityChange.Cause.EVENTS: "events",
    IdentityChange.Cause.RULES: "changed identity rules",
    IdentityChange.Cause.SEPARATION: "kept apart by staff",
    IdentityChange.Cause.LIFTED: "staff took a separation back",
    IdentityChange.Cause.REPAIR: "a recomputation",
}
MOST_MOVES = 5_000
NAMES = """SELECT s.identifier_id, (SELECT jsonb_object_agg(t.key, t.value -> 0) FROM jsonb_each(s.traits) t
    WHERE t.key = ANY(%s::text[]))::text FROM profiles_identifierstate s WHERE s.identifier_id = ANY(%s::bigint[])"""


@dataclass(frozen=True, slots=True)
class Part:
    """Those who came from (merged) or went to (split) one profile: how many identifiers, what they are called, and the
    page that undoes it ("" where it cannot be undone).
    """

    profile_id: UUID
    name: str
    identifiers: int
    undo_url: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The link that joined: the two identifiers in words, who told it, and the link's number."""

    a: str
    b: str
    source: str
    link_id: int


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the journal. `person`: who they are now (None where all were erased)."""

    pk: int
    at: datetime
    is_merge: bool
    cause: str
    person: Called | None
    parts: tuple[Part, ...]
    evidence: Evidence | None = None
    separation: Separation | None = None
    rules_number: int = 0


def rows_of_person(facts: Sequence[IdentifierFacts], *, personal: bool, most: int = 20) -> list[Row]:
    """What made this person what they are, newest first."""
    if not facts:
        return []
    moved = IdentityMove.objects.filter(identifier_id__in=[fact.id for fact in facts])
    own = Q(pk__in=moved.values("change_id")) | Q(profile_id=facts[0].profile_id)
    return shown(IdentityChange.objects.filter(own).order_by("-at", "-pk")[:most], personal=personal)


def shown(changes: QuerySet[IdentityChange] | Sequence[IdentityChange], *, personal: bool) -> list[Row]:
    """These changes as rows, with a fixed number of statements and one for each merge by events."""
    found = list(changes)
    moves: dict[int, list[IdentityMove]] = {}
    rows = IdentityMove.objects.filter(change_id__in=[change.pk for change in found]).select_related("identifier")
    for move in rows.order_by("pk")[:MOST_MOVES]:
        moves.setdefault(move.change_id, []).append(move)
    present = {move.identifier.profile_id for some in moves.values() for move in some}
    heirs = dict(
        Identifier.objects.filter(minted_id__in=[change.profile_id for change in found]).values_list(
            "minted_id", "profile_id"
        )
    )
    people = called({*present, *heirs.values()}, personal=personal)
    separations = Separation.objects.select_related("made_by", "lifted_by").in_bulk(
        {change.separation_id for change in found if change.separation_id}
    )
    said = profiles_named({move.identifier_id for some in moves.values() for move in some})
    sources = source_names()
    return [
        _row(change, moves.get(change.pk, []), people, heirs, separations, sources, said, personal=personal)
        for change in found
    ]


def profiles_named(identifier_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """{identifier id: the names told of it}, without the rest of its state, which may be megabytes."""
    rows = bulk_sql.fetch(NAMES, [[*WHOLE_NAMES, *(name for names in PARTS for name in names)], list(identifier_ids)])
    return {identifier_id: msgspec.json.decode(told) for identifier_id, told in rows if told}


def moved_and_still_here(change: IdentityChange, part: UUID | None) -> list[IdentityMove]:
    """The identifiers a merge brought (from `part`, or from everybody), with who they are now."""
    moves = IdentityMove.objects.filter(change=change, to_profile=change.profile_id).select_related("identifier")
    return list(moves.filter(from_profile=part) if part else moves)


def members_after(change: IdentityChange) -> set[int]:
    """The identifiers that made up the person right after this merge."""
    return {fact.id for fact in standing.members_then(change.profile_id, change.at)}


def _row(
    change: IdentityChange,
    moves: Sequence[IdentityMove],
    people: Mapping[UUID, Called],
    heirs: Mapping[UUID, UUID],
    separations: Mapping[int, Separation],
    sources: Mapping[int, str],
    said: Mapping[int, Mapping[str, Any]],
    *,
    personal: bool,
) -> Row:
    is_merge = change.kind == MERGED
    person = people.get(heirs.get(change.profile_id, change.profile_id))
    by_part: dict[UUID, list[IdentityMove]] = {}
    for move in moves:
        by_part.setdefault(move.from_profile if is_merge else move.to_profile, []).append(move)
    evidence = None
    if is_merge and change.cause == IdentityChange.Cause.EVENTS and person and moves:
        evidence = _evidence(change, moves, person, sources, personal=personal)
    return Row(
        pk=change.pk,
        at=change.at,
        is_merge=is_merge,
        cause=CAUSES[IdentityChange.Cause(change.cause)],
        person=person,
        parts=tuple(_part(change, who, some, people, said, personal=personal) for who, some in by_part.items()),
        evidence=evidence,
        separation=separations.get(change.separation_id or 0),
        rules_number=change.rules_number,
    )


def _part(
    change: IdentityChange,
    who: UUID,
    moves: Sequence[IdentityMove],
    people: Mapping[UUID, Called],
    said: Mapping[int, Mapping[str, Any]],
    *,
    personal: bool,
) -> Part:
    facts = [facts_of(move.identifier) for move in moves]
    traits = {name: value for fact in facts for name, value in said.get(fact.id, {}).items()}
    name = recognized(who, traits, sorted(facts, key=lambda fact: fact.first_seen_at), personal=personal).name
    undo = ""
    if change.kind == MERGED:
        here = _one_person(facts)
        if here is not None and here in people and len(people[here].identifiers) > len(facts):
            asked: dict[str, Any] = {"change": change.pk, "part": who}
            undo = f"{reverse('identity-split', args=[here])}?{urlencode(asked)}"
    return Part(who, name, len(facts), undo)


def _one_person(facts: Iterable[IdentifierFacts]) -> UUID | None:
    """Whose all of these are now; None where they are several people's."""
    owners = {fact.profile_id for fact in facts}
    return owners.pop() if len(owners) == 1 else None


def _evidence(
    change: IdentityChange,
    moves: Sequence[IdentityMove],
    person: Called,
    sources: Mapping[int, str],
    *,
    personal: bool,
) -> Evidence | None:
    moved = {move.identifier_id for move in moves}
    others = [fact.id for fact in person.identifiers if fact.id not in moved]
    link = next((one for one in crossing(moved, others) if _was_known(one, change.at)), None)
    if link is None:
        return None
    a, b = (spoken(facts_of(end), personal=personal) for end in (link.a, link.b))
    return Evidence(a, b, sources.get(link.source_id or 0, "a former source"), link.pk)


def _was_known(link: Link, at: datetime) -> bool:
    """Whether both ends existed then: a link of later identifiers cannot have been the cause."""
    return link.a.created_at <= at and link.b.created_at <= at
