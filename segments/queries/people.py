"""Facts of people as rules see them: traits and the mentioned events, for many profiles in a few statements."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Case, TextField, When
from django.db.models.functions import Cast

from cdp.lib.clock import from_us, to_us
from events.models import Event
from events.values import read_number
from profiles.models import Identifier
from profiles.queries import profile_states
from segments.rules import Mentions, PastEvent, PersonFacts

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
    identifiers = Identifier.objects.filter(profile_id__in=list(states)).values_list("id", "profile_id", "minted_id")
    for identifier_id, profile_id, minted_id in identifiers:
        owner[identifier_id] = profile_id
        if minted_id != profile_id:
            once_were.setdefault(profile_id, []).append(minted_id)
    history = _histories(owner, mentions, now)
    return {
        profile_id: Person(
            PersonFacts(state.traits, tuple(history.get(profile_id, ()))),
            state.is_shared,
            tuple(once_were.get(profile_id, ())),
        )
        for profile_id, state in states.items()
    }


def _histories(owner: Mapping[int, UUID], mentions: Mentions, now: datetime) -> dict[UUID, list[PastEvent]]:
    if not mentions.events or not owner:
        return {}
    events = Event.objects.filter(identifier_id__in=list(owner), name__in=sorted(mentions.events))
    if mentions.reach_us is not None:
        events = events.filter(occurred_at__gte=from_us(to_us(now) - mentions.reach_us))
    looked_at = When(name__in=sorted(mentions.properties), then=Cast("properties", TextField()))
    found: dict[UUID, list[PastEvent]] = {}
    rows = events.values_list("identifier_id", "name", "occurred_at", Case(looked_at, default=None))
    for identifier_id, name, occurred_at, properties in rows.iterator(chunk_size=5_000):
        past = PastEvent(name, to_us(occurred_at), _objects(properties) if properties else {})
        found.setdefault(owner[identifier_id], []).append(past)
    return found
