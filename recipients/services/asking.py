"""Asking: whom a delivery is about now, and whether its recipient may be told of them now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cdp.lib.decision import Decision
from cdp.lib.hashing import address_hash
from consent import queries as consent
from consent.contracts import Subject
from profiles import queries as profiles
from profiles.contracts import IdentifierFacts
from recipients.contracts import SEGMENT_ENTERED
from recipients.models import Delivery
from segments import queries as segments


@dataclass(frozen=True, slots=True)
class About:
    """Whom a delivery is about, as they stand now. `traits` hold present values only."""

    profile_id: UUID
    identifiers: tuple[IdentifierFacts, ...]
    traits: Mapping[str, object]
    email: str | None

    @property
    def subject(self) -> Subject:
        """As the gate is asked."""
        phones = [one.value for one in self.identifiers if one.kind == "phone"]
        return Subject(
            address_hash=None if self.email is None else address_hash(self.email),
            identifier_ids=tuple(one.id for one in self.identifiers),
            phone_hash=address_hash(phones[-1]) if phones else None,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gate says of a delivery: of which use it was asked, for which purpose."""

    use: str
    purpose: str
    decision: Decision

    @property
    def reason(self) -> str:
        """Told apart where it is the segment's purpose that is not allowed."""
        return f"segment_{self.decision.reason}" if self.use == "segment" else self.decision.reason


def about_each(deliveries: Sequence[Delivery]) -> list[About | str]:
    """Whom each is about, in their order; a reason where it is nobody: gone (erased), nobodys (a shared identifier)."""
    present = profiles.resolve_many({one.profile_id for one in deliveries if one.profile_id is not None})
    of_identifier = profiles.profiles_of_identifiers(
        {one.identifier_id for one in deliveries if one.profile_id is None and one.identifier_id is not None}
    )
    ids = [
        present.get(one.profile_id) if one.profile_id is not None else of_identifier.get(one.identifier_id or 0)
        for one in deliveries
    ]
    known = {profile_id for profile_id in ids if profile_id is not None}
    people = _people(known)
    return ["gone" if profile_id is None else people[profile_id] for profile_id in ids]


def answer_each(asked: Sequence[tuple[Delivery, About]], now: datetime) -> list[Answer]:
    """The gate's word on the recipient's purpose and, where a segment was entered, on that segment's: the first no.

    To tell others who is in a segment is to act upon it.
    """
    purposes = [delivery.recipient.purpose for delivery, _ in asked]
    decisions = decide_each([(about, of) for (_, about), of in zip(asked, purposes, strict=True)], now)
    answers = [Answer("sharing", of, decision) for of, decision in zip(purposes, decisions, strict=True)]
    entered = {
        place: int(delivery.facts.get("segment_id", 0))
        for place, (delivery, _) in enumerate(asked)
        if delivery.topic == SEGMENT_ENTERED and decisions[place].allowed
    }
    used_for = segments.purposes_of(set(entered.values())) if entered else {}
    places = [place for place, segment_id in entered.items() if segment_id in used_for]
    acted = [(asked[place][1], used_for[entered[place]]) for place in places]
    for place, (_, of), decision in zip(places, acted, decide_each(acted, now), strict=True):
        if not decision.allowed:
            answers[place] = Answer("segment", of, decision)
    return answers


def decide_each(asked: Sequence[tuple[About, str]], now: datetime) -> list[Decision]:
    """What the gate says of each (person, purpose), with its queries once a purpose."""
    decisions: dict[int, Decision] = {}
    for purpose in sorted({purpose for _, purpose in asked}):
        places = [place for place, (_, of) in enumerate(asked) if of == purpose]
        found = consent.allows_each([asked[place][0].subject for place in places], purpose, now)
        decisions.update(zip(places, found, strict=True))
    return [decisions[place] for place in range(len(asked))]


def _people(profile_ids: set[UUID]) -> dict[UUID, About | str]:
    if not profile_ids:
        return {}
    identifiers = profiles.identifiers_of(profile_ids)
    states = profiles.profile_states(profile_ids)
    emails = profiles.emails_of(profile_ids)
    people: dict[UUID, About | str] = {}
    for profile_id in profile_ids:
        own = tuple(identifiers[profile_id])
        traits = states[profile_id].traits if profile_id in states else {}
        if not own:
            people[profile_id] = "gone"
        elif any(one.is_shared for one in own):
            people[profile_id] = "nobodys"
        else:
            people[profile_id] = About(profile_id, own, traits, emails.get(profile_id))
    return people
