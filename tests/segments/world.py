"""A small world for segment tests: events enter by the real door and are processed for real."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser

from cdp.lib.clock import to_us, utc_now
from cdp.outbox.models import TopicRow
from cdp.outbox.services import drain_all
from events.models import Source
from events.queries.sources import source_by_write_key
from events.services import accept
from profiles.models import Profile
from profiles.queries import find
from segments import services
from segments.contracts import SegmentDraft
from segments.models import Membership, Segment
from segments.queries import live_segments, mentions_of, people

PIPELINE = {"events.process", "segments.mark", "segments.evaluate"}
COUNTER = iter(range(10**9))


class World:
    """One server source, and whatever happened."""

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or utc_now()
        source = Source.objects.create(name="server", kind="server")
        facts = source_by_write_key(source.write_key)
        assert facts is not None
        self.source = facts

    def segment(self, rule: Any, *, slug: str | None = None, by: AbstractBaseUser | None = None) -> int:
        """A live segment, already true of everybody."""
        slug = slug or f"segment-{next(COUNTER)}"
        saved = services.save_segment(SegmentDraft(slug=slug, name=slug, definition=rule), by=by)
        services.recompute(saved.segment_id)
        return saved.segment_id

    def send(self, *items: dict[str, Any], settle: bool = True) -> None:
        """Events in the Segment format, processed and evaluated."""
        batch = [{"messageId": f"m{next(COUNTER)}", **item} for item in items]
        accept(self.source, json.dumps({"batch": batch}).encode(), path_type="batch")
        drain_all(only=PIPELINE if settle else {"events.process"})

    def track(self, user: str, name: str, *, days_ago: float = 0, **properties: Any) -> dict[str, Any]:
        """A track item of a user id."""
        return {
            "type": "track",
            "userId": user,
            "event": name,
            "properties": properties,
            "timestamp": self.at(days_ago),
        }

    def identify(
        self, user: str, *, days_ago: float = 0, anonymous: str | None = None, **traits: Any
    ) -> dict[str, Any]:
        """An identify item of a user id."""
        item = {"type": "identify", "userId": user, "traits": traits, "timestamp": self.at(days_ago)}
        return item | ({"anonymousId": anonymous} if anonymous else {})

    def at(self, days_ago: float) -> str:
        return (self.now - timedelta(days=days_ago)).isoformat()

    def profile(self, value: str, kind: str = "user_id") -> UUID:
        """The profile somebody is."""
        found = find(kind, value)
        assert found is not None, value
        return found.profile_id

    def members(self, segment_id: int) -> set[UUID]:
        """Who is in a segment now."""
        return set(
            Membership.objects.filter(segment_id=segment_id, left_at__isnull=True).values_list("profile_id", flat=True)
        )

    def told(self, topic: str) -> list[tuple[int, list[str]]]:
        """What was published on a topic, in order."""
        rows = TopicRow.objects.filter(topic=topic).order_by("id").values_list("payload", flat=True)
        return [(row["segment_id"], row["profile_ids"]) for row in rows]


def recomputed(now: datetime) -> dict[int, set[UUID]]:
    """{live segment: members} by asking the reference of everybody."""
    segments = live_segments()
    everybody = people(list(Profile.objects.values_list("pk", flat=True)), mentions_of(segments), now)
    return {
        segment.id: {
            pk
            for pk, person in everybody.items()
            if not person.is_shared and segment.rule.evaluate(person.facts, to_us(now))
        }
        for segment in segments
    }


def streamed() -> dict[int, set[UUID]]:
    """{live segment: members} as the intervals say."""
    found: dict[int, set[UUID]] = {
        pk: set() for pk in Segment.objects.filter(state="live").values_list("pk", flat=True)
    }
    rows: Sequence[tuple[int, UUID]] = list(
        Membership.objects.filter(left_at__isnull=True).values_list("segment_id", "profile_id")
    )
    for segment_id, profile_id in rows:
        found[segment_id].add(profile_id)
    return found
