"""The clock moved by forty days in steps on a real database: every kind of boundary, and nothing but time."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from pytest_django import Settings

from cdp.lib.clock import utc_now
from cdp.lib.hashing import message_hash
from consent.contracts import NewEntry
from consent.models import PurposeRule
from consent.purposes_in_force import forget_purposes
from consent.services import record_entries
from profiles.queries import find
from segments import services
from segments.contracts import SegmentDraft
from segments.models import DueAnswer
from segments.queries.everybody import differing
from segments.queries.live import live_segments
from tests.segments.world import World, recomputed, streamed

pytestmark = pytest.mark.django_db
RULES: dict[str, Any] = {
    "window": {"did": "Product Viewed", "within": {"days": 30}},
    "counted": {"did": "Product Viewed", "count": {"between": [1, 2]}, "within": {"days": 14}},
    "lapsed": {"all": [{"did": "Product Viewed"}, {"not": {"did": "Product Viewed", "within": {"days": 20}}}]},
    "this-month": {"did": "Product Viewed", "within": {"calendar": "this_month"}},
    "last-week": {"did": "Product Viewed", "within": {"calendar": "last_week"}},
    "yesterday": {"did": "*", "within": {"calendar": "yesterday"}},
    "birthday": {"trait": "birthday", "is": "anniversary_within_next", "value": {"days": 7}},
    "renews": {"trait": "renews_on", "is": "within_next", "value": {"days": 10}},
    "renewed": {"trait": "renews_on", "is": "within_last", "value": {"days": 3}},
    "spent": {
        "metric": "sum",
        "of": "price",
        "event": "Product Viewed",
        "within": {"days": 21},
        "is": "gte",
        "value": 20,
    },
    "recent": {"metric": "time_since", "event": "Product Viewed", "is": "lte", "value": 12},
    "left": {
        "sequence": [
            {"did": "Product Viewed"},
            {"did": "Product Added", "after": {"days": 3}},
            {"did_not": "Order Completed", "after": {"days": 5}},
        ],
        "within": {"days": 25},
    },
    "looked": {"viewed": {"product_id": ["p1"]}, "within": {"days": 9}},
    "allowed": {"consent": "personalization", "is": "granted"},
    "uses": {"all": [{"in_segment": "window"}, {"not": {"in_segment": "this-month"}}]},
}


@pytest.fixture
def world(settings: Settings) -> World:
    """Eight people with histories up to forty days old, and some that is yet to come."""
    settings.CONSENT_DEFAULT_REGIME = "gdpr"
    world = World()
    rules = PurposeRule.objects.filter(purpose_id="personalization")
    rules.update(allowed_by_default=False, expires_after_days=20)
    forget_purposes()
    for slug, rule in RULES.items():
        services.save_segment(SegmentDraft(slug, slug, rule))
    day = timedelta(days=1)
    for number in range(8):
        user = f"u{number}"
        for step in (0.4, 3.1, 11.7, 19.2, 33.3)[: 1 + number % 5]:
            world.send(
                world.track(user, "Product Viewed", days_ago=step + number / 7, price=9.5, product_id="p1"),
                settle=False,
            )
        world.send(
            world.track(user, "Product Viewed", days_ago=-2.5 - number, price=9.5, product_id="p2"), settle=False
        )
        world.send(world.track(user, "Product Added", days_ago=0.2 - number / 2, product_id="p1"), settle=False)
        if number % 3 == 0:
            world.send(world.track(user, "Order Completed", days_ago=-1.5 - number), settle=False)
        born, renews = (f"{world.now + day * days:%Y-%m-%d}" for days in (5 + number * 4, number * 6 - 4))
        world.send(world.identify(user, birthday=f"1990{born[4:]}", renews_on=renews, days_ago=40))
    with transaction.atomic():
        record_entries([_yes(world, f"u{number}", days_ago=number * 3) for number in range(5)], now=world.now)
    for segment in live_segments():
        services.recompute(segment.id)
    return world


def _yes(world: World, user: str, *, days_ago: int) -> NewEntry:
    account = find("user_id", user)
    assert account is not None
    return NewEntry(
        entry_key=message_hash(f"yes of {user}"),
        purpose="personalization",
        state="granted",
        method="staff",
        occurred_at=world.now - timedelta(days=days_ago),
        identifier_id=account.id,
    )


def test_after_every_step_memberships_equal_a_recomputation_and_only_what_is_due_was_asked(world: World) -> None:
    start, moved = utc_now(), 0
    before = streamed()
    assert any(before.values())
    for step in range(1, 41):
        now = start + timedelta(days=step, minutes=7 * step)
        due = DueAnswer.objects.filter(due_at__lte=now).count()
        moved += _let_time_pass(now)
        assert not DueAnswer.objects.filter(due_at__lte=now).exists()
        after = streamed()
        assert after == recomputed(now), f"after {step} days"
        assert due or after == before
        before = after
    assert moved > 100
    over = {"window", "yesterday", "left", "allowed", "uses"}
    assert {one.slug for one in live_segments() if before[one.id]} & over == set()


def test_an_answer_leaves_at_its_instant_and_not_before(world: World) -> None:
    start = utc_now()
    instants = sorted(set(DueAnswer.objects.values_list("due_at", flat=True)))[:25]
    for due in instants:
        if due <= start:
            continue
        _let_time_pass(due - timedelta(microseconds=1))
        assert streamed() == recomputed(due - timedelta(microseconds=1)), f"just before {due}"
        _let_time_pass(due)
        assert streamed() == recomputed(due), f"at {due}"


def test_the_lake_agrees_after_twenty_days(world: World) -> None:
    now = utc_now() + timedelta(days=20)
    _let_time_pass(now)
    ids = {segment.slug: segment.id for segment in live_segments()}
    wrong = {segment.slug: differing(ids[segment.slug], segment.rule, now).num_rows for segment in live_segments()}
    assert {slug: count for slug, count in wrong.items() if count} == {}


def _let_time_pass(now: datetime) -> int:
    total = 0
    while found := services.expire_slice(now=now):
        total += found
    return total
