"""People on the pages of journeys: found to be chosen, and called as this reader may see them."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from cdp.admin_journey.rights import PEOPLE, PERSONAL
from cdp.identity_desk.people import Called, called
from cdp.identity_desk.searching import Hit, people_by
from cdp.lib.admin_parts import may
from profiles import queries as profiles

MOST_HITS, LONGEST = 8, 200


@dataclass(frozen=True, slots=True)
class Person:
    """One person in a list. `url` of their page."""

    name: str
    detail: str
    url: str


def hits(request: HttpRequest, text: str) -> list[Hit]:
    """People found by a whole address, id or order number; none for those who may not see people."""
    asked = text.replace("\0", "").strip()[:LONGEST]
    return people_by(asked, personal=may(request, PERSONAL))[:MOST_HITS] if asked and may(request, PEOPLE) else []


def chosen(request: HttpRequest, text: str) -> Called | None:
    """The person with this profile id, if this reader may see people."""
    if not may(request, PEOPLE):
        return None
    try:
        profile_id = profiles.resolve(UUID(text))
    except ValueError:
        return None
    found = called([profile_id], personal=may(request, PERSONAL)) if profile_id else {}
    return next(iter(found.values()), None)


def people_of(request: HttpRequest, identifier_ids: Collection[int]) -> dict[int, Person]:
    """{identifier id: whoever it belongs to now}; nobody for those who may not see people."""
    if not may(request, PEOPLE):
        return {}
    owners = profiles.profiles_of_identifiers(list(identifier_ids))
    known = called(set(owners.values()), personal=may(request, PERSONAL))
    shown = {pk: Person(one.name, one.detail, person_url(pk)) for pk, one in known.items()}
    return {identifier_id: shown[pk] for identifier_id, pk in owners.items() if pk in shown}


def person_url(profile_id: UUID) -> str:
    """Their page."""
    try:
        return reverse("admin:profiles_profile_change", args=[profile_id])
    except NoReverseMatch:
        return ""
