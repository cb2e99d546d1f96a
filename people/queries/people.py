"""A person put together: as they stand, or as they stood when only part of their events had been received."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cdp.lib.clock import from_us
from events import queries as events
from people.contracts import NobodysIdentifier, PastValue, Person, PersonNotFound, Place
from people.queries.finding import NOBODYS, UNKNOWN, members
from profiles import folds, standing
from profiles.contracts import IdentifierFacts

FOREVER = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)
MOST_SAYINGS = 1_000
"""Identify events of which a trait's history is made: the newest."""


def person(place: Place, identifiers: Sequence[IdentifierFacts] | None = None) -> Person:
    """Who was found, with traits and counters. `identifiers`, where the caller has them, save a statement.

    As they stood: folded from the events *received* by then that hang on the identifiers they had then. Raises
    PersonNotFound.
    """
    if place.at is not None:
        return _then(place, place.at, members(place) if identifiers is None else identifiers)
    row = standing.standing(place.profile_id)
    if row is None:
        raise PersonNotFound(UNKNOWN.format(kind="profile id"))
    if row.is_shared:
        raise NobodysIdentifier(NOBODYS.format(kind="identifier"))
    return Person(
        place.profile_id,
        row.traits,
        row.counters,
        row.event_count,
        row.first_seen_at,
        row.last_seen_at,
        row.updated_at,
    )


def _then(place: Place, at: datetime, identifiers: Sequence[IdentifierFacts]) -> Person:
    told = events.told([fact.id for fact in identifiers], at)
    count, first_us, last_us = folds.totals(told.counters) or (0, None, None)
    return Person(
        profile_id=place.profile_id,
        traits=told.traits,
        counters=told.counters,
        event_count=count,
        first_seen_at=None if first_us is None else from_us(first_us),
        last_seen_at=None if last_us is None else from_us(last_us),
        updated_at=told.received_at,
        at=at,
    )


def trait_history(identifier_ids: Sequence[int], *, until: datetime | None = None) -> dict[str, list[PastValue]]:
    """{trait: the values it had, newest first}, by event time; a value said again keeps the time it was first said."""
    found: dict[str, list[PastValue]] = {}
    for saying in reversed(events.sayings(identifier_ids, until or FOREVER, limit=MOST_SAYINGS)):
        for name, value in saying.traits.items():
            past = found.setdefault(name, [])
            if not past or past[-1].value != value:
                past.append(PastValue(value, saying.occurred_at, saying.source_id))
    return {name: past[::-1] for name, past in found.items()}
