"""Why somebody is in which live segments: the reference meaning, explained from PostgreSQL as of now."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from cdp.lib.clock import to_us
from segments.contracts import Why
from segments.models import Segment
from segments.queries.live import live_segments, mentions_of
from segments.queries.membership import segments_of
from segments.queries.people import people, supposed
from segments.rules.changing import explained


def why(profile_id: UUID, segment_id: int | None, now: datetime) -> list[Why]:
    """Every live segment (or the one asked for) explained for a profile, by name; empty for an id that is no profile.

    Five statements however many segments there are.
    """
    segments = live_segments(None if segment_id is None else [segment_id])
    person = people([profile_id], mentions_of(segments), now).get(profile_id)
    if person is None:
        return []
    since = {each.segment_id: each.since for each in segments_of(profile_id)}
    names = Segment.objects.in_bulk([segment.id for segment in segments])
    found = []
    for segment in segments:
        explanation = explained(segment.rule, person.facts, to_us(now))
        named = names[segment.id]
        is_member = explanation.holds and not person.is_shared
        found.append(
            Why(segment.id, named.slug, named.name, is_member, person.is_shared, since.get(segment.id), explanation)
        )
    return sorted(found, key=lambda each: (each.name, each.segment_id))


def would_be_in(
    groups: Mapping[UUID, Collection[int]], traits: Mapping[UUID, Mapping[str, Any]], now: datetime
) -> dict[UUID, list[str]]:
    """{person: names of the live segments they would be in}, were these identifiers and traits theirs."""
    segments = live_segments()
    names = dict(Segment.objects.filter(pk__in=[segment.id for segment in segments]).values_list("pk", "name"))
    facts = supposed(groups, traits, mentions_of(segments), now)
    return {
        person: sorted(names[segment.id] for segment in segments if segment.rule.evaluate(theirs, to_us(now)))
        for person, theirs in facts.items()
    }
