"""A person's page as it stood: who belonged to it, what they had done and said, by what had been received then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import QueryDict

from cdp.admin_person import traits
from cdp.admin_person.parts import kind_words
from cdp.admin_person.timeline import person_timeline
from people import queries as people
from people.contracts import NobodysIdentifier, Place
from profiles import page as tables
from profiles import standing
from profiles.contracts import IdentifierFacts

TABS = (("timeline", "Timeline"), ("traits", "Traits"), ("identifiers", "Identifiers"))
UNREADABLE = "“{}” is no time: choose a date and a time of the past."
FUTURE = "That lies in the future: nobody knows how a person will stand. This is the present."


@dataclass(frozen=True, slots=True)
class IdentifierShown:
    """An identifier, and whether it belonged to this profile then; else where it stood ("" where unknown yet)."""

    kind: str
    value: str
    first_seen_at: datetime
    is_here: bool
    elsewhere: str


def instant(typed: str, zone: ZoneInfo, now: datetime) -> tuple[datetime | None, str]:
    """The instant typed in the reader's zone (a day alone means its end, today now), and what is wrong with it."""
    if not typed:
        return None, ""
    try:
        found = datetime.fromisoformat(typed if len(typed) > 10 else f"{typed}T23:59:59.999999")
        found = (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(ZoneInfo("UTC"))
    except (ValueError, OverflowError):
        return None, UNREADABLE.format(typed[:40])
    if len(typed) <= 10 and now < found <= now + timedelta(days=1):
        return now, ""
    return (found, "") if found <= now else (None, FUTURE)


def context(
    profile_id: UUID,
    present: Sequence[IdentifierFacts],
    asked: QueryDict,
    at: datetime,
    *,
    personal: bool,
    zone: ZoneInfo,
) -> dict[str, Any]:
    """What the page shows of that time instead of the present."""
    place = Place(profile_id, at)
    try:
        members = people.members(place)
    except NobodysIdentifier:
        members = []
    person = people.person(place, members)
    chosen = asked.get("tab", "")
    tab = chosen if chosen in dict(TABS) else TABS[0][0]
    ids = [fact.id for fact in members]
    shown: dict[str, Any] = {
        "at": at,
        "at_typed": asked.get("at", ""),
        "then": person,
        "tabs": TABS,
        "tab": tab,
        "tab_title": dict(TABS)[tab],
        "tab_template": f"admin/person/{tab}.html",
        "members_then": len(members),
    }
    if tab == "timeline":
        shown["timeline"] = person_timeline(ids, person.counters, asked, zone, personal=personal, at=at)
    elif tab == "traits":
        shown["traits"] = traits.traits(person.traits, ids, personal=personal, until=at)
    else:
        shown["identifiers"] = _identifiers(members, present, at, personal=personal)
    return shown


def _identifiers(
    members: Sequence[IdentifierFacts], present: Sequence[IdentifierFacts], at: datetime, *, personal: bool
) -> list[IdentifierShown]:
    here = {fact.id for fact in members}
    others = [(fact, standing.found_then(fact.kind, fact.value, at)) for fact in present if fact.id not in here][:50]
    found = [_identifier(fact, "", is_here=True, personal=personal) for fact in members]
    for fact, then in others:
        where = f"in profile {then.profile_id}" if then else "not known yet"
        found.append(_identifier(fact, where, is_here=False, personal=personal))
    return found


def _identifier(fact: IdentifierFacts, elsewhere: str, *, is_here: bool, personal: bool) -> IdentifierShown:
    value = tables.shown(fact.kind, fact.value, personal=personal)
    return IdentifierShown(kind_words(fact.kind), value, fact.first_seen_at, is_here, elsewhere)
