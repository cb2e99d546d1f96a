"""Touched people are asked only about segments whose rules look at what happened, and whatever uses these."""

import pytest

from cdp.outbox.services import drain_all
from segments.models import DirtyProfile
from segments.queries import live_segments
from segments.queries.concerned import to_ask
from tests.segments.world import World

pytestmark = pytest.mark.django_db


def test_an_event_marks_for_the_segments_that_look_at_it_alone() -> None:
    world = World()
    viewed, any_event = world.segment({"did": "Product Viewed"}), world.segment({"did": "*", "count": {"gte": 2}})
    added, country = world.segment({"added": {}}), world.segment({"trait": "country", "is": "eq", "value": "DE"})
    world.send(world.track("ada", "Product Viewed", product_id="a"), settle=False)
    drain_all(only={"segments.mark"})
    assert set(DirtyProfile.objects.get().segment_ids or ()) == {viewed, any_event}
    world.send(world.track("ada", "Product Added", product_id="a"), settle=False)
    drain_all(only={"segments.mark"})
    assert set(DirtyProfile.objects.get().segment_ids or ()) == {viewed, any_event, added}
    assert country not in (DirtyProfile.objects.get().segment_ids or ())
    drain_all(only={"segments.evaluate"})
    assert not DirtyProfile.objects.exists()
    assert len(world.members(viewed)) == len(world.members(added)) == len(world.members(any_event)) == 1


def test_whole_statements_are_asked_and_users_of_what_is_concerned() -> None:
    world = World()
    first = world.segment({"did": "A"}, slug="first")
    others = [world.segment({"did": f"B{n}"}) for n in range(3)]
    user = world.segment({"in_segment": "first"}, slug="user")
    segments = live_segments()
    assert [one.id for one in to_ask(segments, {first}, 2)] == [first, others[0], user]
    assert [one.id for one in to_ask(segments, {others[2]}, 2)] == [others[1], others[2]]
    assert to_ask(segments, set(), 2) == []
