"""Triggers on segments: somebody came into one, or left it, within the last day. Merges and splits tell of neither."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from automation.contracts import Entry
from automation.graph import Graph, SegmentEntered, SegmentLeft
from automation.models import Journey
from automation.services.triggers.entering import enter
from automation.triggers import occasions
from automation.triggers.freshness import is_fresh
from cdp.outbox.contracts import TopicMessage
from profiles import queries as profiles
from segments.models import Segment

TOPICS = {"segment.entered": SegmentEntered, "segment.left": SegmentLeft}


def hear(journeys: Sequence[tuple[Journey, Graph]], messages: Sequence[TopicMessage], now: datetime) -> None:
    """Let in whoever moved."""
    wanted = [
        (journey, graph.trigger)
        for journey, graph in journeys
        if isinstance(graph.trigger, SegmentEntered | SegmentLeft)
    ]
    if not wanted:
        return
    ids = {int(message.payload["segment_id"]) for message in messages}
    slugs = dict(Segment.objects.filter(pk__in=ids).values_list("pk", "slug"))
    for message in messages:
        segment_id, at = int(message.payload["segment_id"]), datetime.fromisoformat(message.payload["at"])
        kind = TOPICS[message.topic]
        meant = [
            journey
            for journey, trigger in wanted
            if isinstance(trigger, kind) and trigger.segment == slugs.get(segment_id)
        ]
        if not meant or not is_fresh(at, at, now):
            continue
        moved = profiles.strongest_of([UUID(one) for one in message.payload["profile_ids"]])
        for journey in meant:
            enter(journey, [_entry(kind.on, segment_id, one, pk, at) for one, pk in sorted(moved.items())], now)


def _entry(word: str, segment_id: int, profile_id: UUID, identifier_id: int, at: datetime) -> Entry:
    occasion = occasions.of_segment(word, segment_id, profile_id, at)
    return Entry(identifier_id, occasion, {"segment_id": segment_id}, at=at)
