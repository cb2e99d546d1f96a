"""Facts of people as rules see them: traits and the mentioned events, for many profiles in a few statements."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Case, F, Func, TextField, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from cdp.lib.clock import from_us, to_us
from cdp.lib.values import read_number
from events.models import Event
from profiles.models import Identifier
from profiles.queries import profile_states
from segments.queries.beside import Beside, beside
from segments.queries.live import company_zone
from segments.rules import Mentions, PastEvent, PersonFacts
from segments.rules.facts import ANY_EVENT

# Each pick unpacks the stored value anew: past a handful reading all of it costs less.
MOST_PICKED = 8
_objects = msgspec.json.Decoder(dict[str, Any], float_hook=read_number).decode


@dataclass(frozen=True, slots=True)
class Person:
    """One living profile. `is_shared`: it is nobody, so it is in no segment. `once_were`: ids merged into it."""

    facts: PersonFacts
    is_shared: bool
    once_were: tuple[UUID, ...] = ()


def people(profile_ids: Collection[UUID], mentions: Mentions, now: datetime) -> dict[UUID, Person]:
    """Those of `profile_ids` that exist, with all that rules of these mentions can look at."""
    states = profile_states(list(profile_ids))
    owner: dict[int, UUID] = {}
    once_were: dict[UUID, list[UUID]] = {}
    kinds: dict[UUID, set[str]] = {}
    identifiers = Identifier.objects.filter(profile_id__in=list(states))
    for identifier_id, profile_id, minted_id, kind in identifiers.values_list("id", "profile_id", "minted_id", "kind"):
        owner[identifier_id] = profile_id
        kinds.setdefault(profile_id, set()).add(kind)
        if minted_id != profile_id:
            once_were.setdefault(profile_id, []).append(minted_id)
    history = _histories(owner, mentions, now)
    other = beside(owner, kinds, mentions, now)
    return {
        profile_id: Person(
            _facts(profile_id, state.traits, history, other),
            state.is_shared,
            tuple(once_were.get(profile_id, ())),
        )
        for profile_id, state in states.items()
    }


def supposed(
    groups: Mapping[UUID, Collection[int]], traits: Mapping[UUID, Mapping[str, Any]], mentions: Mentions, now: datetime
) -> dict[UUID, PersonFacts]:
    """The facts of people as they would be: `groups` {person: identifier ids}, `traits` {person: {name: value}}."""
    owner = {identifier_id: person for person, ids in groups.items() for identifier_id in ids}
    kinds: dict[UUID, set[str]] = {}
    for identifier_id, kind in Identifier.objects.filter(pk__in=list(owner)).values_list("id", "kind"):
        kinds.setdefault(owner[identifier_id], set()).add(kind)
    history, other = _histories(owner, mentions, now), beside(owner, kinds, mentions, now)
    return {person: _facts(person, traits[person], history, other) for person in groups}


def _facts(
    person: UUID, traits: Mapping[str, Any], history: Mapping[UUID, Sequence[PastEvent]], other: Beside
) -> PersonFacts:
    return PersonFacts(traits, tuple(history.get(person, ())), zone=company_zone(), **other.of(person))


def _histories(owner: Mapping[int, UUID], mentions: Mentions, now: datetime) -> dict[UUID, list[PastEvent]]:
    if not mentions.events or not owner:
        return {}
    events = Event.objects.filter(identifier_id__in=list(owner))
    if ANY_EVENT not in mentions.events:
        events = events.filter(name__in=sorted(mentions.events))
    if mentions.reach_us is not None:
        events = events.filter(occurred_at__gte=from_us(to_us(now) - mentions.reach_us))
    found: dict[UUID, list[PastEvent]] = {}
    channel = KeyTextTransform("channel", "context")
    rows = events.values_list("identifier_id", "name", "occurred_at", _properties(mentions), "id", channel)
    for identifier_id, name, occurred_at, properties, event_id, told in rows.iterator(chunk_size=5_000):
        past = PastEvent(name, to_us(occurred_at), _objects(properties) if properties else {}, event_id, told)
        found.setdefault(owner[identifier_id], []).append(past)
    return found


def _properties(mentions: Mentions) -> Case:
    """The properties rules look at, as text: the lines of an order are most of it, and seldom asked about."""
    names: dict[str, list[str]] = {}
    for event, name in sorted(mentions.properties):
        names.setdefault(event, []).append(name)
    if ANY_EVENT in names:
        return Case(default=Cast(F("properties"), TextField()), output_field=TextField())
    looked_at = [When(name=event, then=Cast(_picked(own), TextField())) for event, own in names.items()]
    return Case(*looked_at, default=None, output_field=TextField())


def _picked(names: Sequence[str]) -> F | Func:
    if len(names) > MOST_PICKED:
        return F("properties")
    pairs = (
        part for name in names for part in (Value(name), Func("properties", Value(name), function="jsonb_extract_path"))
    )
    return Func(*pairs, function="jsonb_build_object", output_field=TextField())
