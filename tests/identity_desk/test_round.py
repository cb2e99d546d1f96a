"""Merge, un-merge, merge again, through every consumer: as if the link had never been told, then as if never undone."""

from collections.abc import Callable
from typing import Any

import pytest

from automation.models import Enrollment, Journey
from cdp.identity_desk import deciding, previewing
from cdp.lib.clock import utc_now
from cdp.outbox.models import TopicRow
from mailing.models import Message
from profiles import queries as profiles
from profiles.models import IdentityChange
from profiles.services import shadow
from segments.models import Membership, Segment
from tests.automation.sink import Sink
from tests.commerce.world import send
from tests.emptying import empty_tables
from tests.identity_desk import world
from tests.laws import snapshot

pytestmark = pytest.mark.django_db(transaction=True)
Drain = Callable[..., int]
RULES: dict[str, dict[str, Any]] = {
    "buyers": {"did": "Order Completed", "count": {"gte": 1}},
    "twice-viewers": {"did": "Product Viewed", "count": {"gte": 2}},
    "red": {"trait": "color", "is": "eq", "value": "red"},
    "leeds": {"trait": "city", "is": "eq", "value": "Leeds"},
}


def make_segments() -> None:
    for slug, definition in RULES.items():
        Segment.objects.create(slug=slug, name=slug, definition=definition)


def apart(one: list[int], other: list[int], reason: str = "two people on one tablet") -> int:
    """As the desk decides; answers the separation's number."""
    now = utc_now()
    preview = previewing.build(
        shadow.separated(one, other),
        [*one, *other],
        carried=previewing.carried_between(one, other, now),
        personal=True,
        now=now,
        about="test",
    )
    made = deciding.keep_apart(
        one, other, carried=preview.carried, seen=preview.seen, reason=reason, actor=None, now=now
    )
    return made.pk


def together(separation_id: int) -> None:
    seen = previewing.build(
        shadow.lifted(separation_id), world.ids("user_id:ada", "anonymous_id:tablet-1"), personal=True, now=utc_now(),
        about="test",
    ).seen  # fmt: skip
    deciding.join_again(separation_id, seen=seen, reason="one after all", actor=None)


def believed() -> dict[str, Any]:
    """Everything but what the gate says: an un-merge writes withdrawals, and is meant to."""
    return {name: found for name, found in snapshot.take().items() if name not in ("analytics", "mail gate")}


def acted() -> list[tuple[Any, ...]]:
    """What went out or was begun: none of it may come of a decision."""
    told = TopicRow.objects.filter(topic__in=("segment.entered", "segment.left")).count()
    return [
        ("messages", *Message.objects.order_by("pk").values_list("pk", "state")),
        ("enrollments", *Enrollment.objects.order_by("pk").values_list("pk", "cart_key")),
        ("told", told),
    ]


def test_undoing_a_merge_leaves_people_as_if_the_link_had_never_been_told(
    journey: Journey, sink: Sink, drain: Drain
) -> None:
    make_segments()
    source = world.shop()
    start = world.two(source)
    send(source, world.link(start, with_tablet=False))
    drain()
    expected = believed()
    empty_tables()

    make_segments()
    source = world.shop()
    world.two(source, start)
    drain()
    send(source, world.link(start))
    drain()
    merged, before = snapshot.take(), acted()
    assert len(merged["partition"]) == 1
    separation = apart(world.ids("user_id:ada", "email:ada@larkfell.example"), world.ids("anonymous_id:tablet-1"))
    drain()
    assert believed() == expected
    assert acted() == before
    assert Membership.objects.filter(left_at__isnull=True, segment__slug="leeds").count() == 1

    together(separation)
    drain()
    again = snapshot.take()
    assert {name: again[name] for name in believed()} == {name: merged[name] for name in believed()}
    assert acted() == before
    assert sink.recipients == []
    assert [(one.kind, one.cause) for one in IdentityChange.objects.order_by("pk")] == [
        ("merged", "events"),
        ("split", "separation"),
        ("merged", "lifted"),
    ]


def test_any_id_ever_minted_leads_to_the_right_person_through_merge_split_and_merge(drain: Drain) -> None:
    source = world.shop()
    start = world.two(source)
    drain()
    first, second = world.owner("anonymous_id:tablet-1"), world.owner("user_id:ada")
    assert first != second
    send(source, world.link(start))
    drain()
    assert profiles.resolve(first) == profiles.resolve(second) == world.owner("user_id:ada")
    separation = apart(world.ids("user_id:ada", "email:ada@larkfell.example"), world.ids("anonymous_id:tablet-1"))
    drain()
    assert (profiles.resolve(first), profiles.resolve(second)) == (first, second)
    assert (world.owner("anonymous_id:tablet-1"), world.owner("user_id:ada")) == (first, second)
    together(separation)
    assert profiles.resolve(first) == profiles.resolve(second) == first


def test_what_the_preview_promised_is_what_comes(drain: Drain) -> None:
    make_segments()
    source = world.shop()
    start = world.two(source)
    drain()
    send(source, world.link(start))
    drain()
    one, other = world.ids("user_id:ada", "email:ada@larkfell.example"), world.ids("anonymous_id:tablet-1")
    promised = previewing.build(
        shadow.separated(one, other), [*one, *other], personal=True, now=utc_now(), about="test"
    )
    assert len(promised.after) == 2
    apart(one, other)
    drain()
    states = profiles.profile_states([side.profile_id for side in promised.after])
    for side in promised.after:
        assert states[side.profile_id].event_count == side.events
        assert {name: str(value) for name, value in states[side.profile_id].traits.items()} == dict(side.traits)
        members = Membership.objects.filter(profile_id=side.profile_id, left_at__isnull=True)
        assert sorted(members.values_list("segment__name", flat=True)) == list(side.segments)
