"""What the pages behind single-use links show a person of themselves: what is held, and why they see what they see."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cdp.lib.hashing import address_hash
from cdp.lib.rights import Part, Person
from consent import queries as consent
from consent.contracts import PERSONALIZATION, Subject
from privacy import held
from privacy.held import Shown
from privacy.stores import stores
from privacy.words import Words
from profiles import queries as profiles
from recommendations import queries as recommendations
from recommendations.contracts import Recommendation, RecommendationRequest
from recommendations.queries.inputs import Input, inputs_of
from segments import queries as segments
from segments.contracts import SegmentOfProfile

SHOWN_PRODUCTS = 6


@dataclass(frozen=True, slots=True)
class WhyFacts:
    """Why somebody sees what they see. `refusal`: the gate's reason why nothing of them counts, empty where it does."""

    refusal: str
    inputs: tuple[Input, ...]
    products: tuple[Recommendation, ...]
    groups: tuple[SegmentOfProfile, ...]


def address_of(identifier_id: int, hashed: bytes) -> str:
    """The address an identifier stands for, if it is the one of this hash; else empty: it was erased meanwhile."""
    found = profiles.identifier_facts([identifier_id]).get(identifier_id)
    fits = found is not None and found.kind == "email" and address_hash(found.value) == hashed
    return found.value if found is not None and fits else ""


def held_of(person: Person, say: Words) -> list[Shown]:
    """What is held of a person, part by part, without what is empty."""
    drawn = (held.shown(say, part.name, part.about, part.rows) for part in _parts(person))
    return held.in_order(part for part in drawn if part is not None)


def why_of(profile_id: UUID, now: datetime) -> WhyFacts:
    """What recommendations and groups of a profile go by."""
    ids = tuple(profiles.askable(profile_id=profile_id))
    allowed = consent.allows(Subject(identifier_ids=ids), PERSONALIZATION, now)
    inputs = inputs_of(profile_id, now)
    answer = recommendations.answer(RecommendationRequest(now=now, profile_id=profile_id, n=SHOWN_PRODUCTS))
    return WhyFacts(
        "" if allowed.allowed else allowed.reason,
        inputs.touched,
        answer.items,
        tuple(segments.segments_of(profile_id)),
    )


def _parts(person: Person) -> Iterator[Part]:
    for store in stores():
        if store.export is not None:
            yield from store.export(person)
