"""Memberships in a real database: entering, leaving, merging, splitting, editing; always equal to a recomputation."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.jobs.models import Job
from cdp.jobs.services import run_slice
from cdp.lib.clock import to_us, utc_now
from cdp.outbox.services import drain_all
from segments import services
from segments.contracts import SegmentDraft
from segments.models import DirtyProfile, DueAnswer, Membership, Segment, SegmentVersion
from segments.queries import members, segments_of, size
from segments.rules import RuleError
from tests.emptying import empty_tables
from tests.segments.world import PIPELINE, World, recomputed, streamed

pytestmark = pytest.mark.django_db(transaction=True)
BOUGHT_TWICE = {"did": "Order Completed", "count": {"gte": 2}}


@pytest.fixture
def world() -> World:
    return World()


def test_an_event_makes_a_member_and_tells_once(world: World) -> None:
    buyers = world.segment(BOUGHT_TWICE, slug="buyers")
    world.send(world.track("ada", "Order Completed"))
    assert world.members(buyers) == set()
    world.send(world.track("ada", "Order Completed"))
    ada = world.profile("ada")
    assert world.members(buyers) == {ada}
    assert world.told("segment.entered") == [(buyers, [str(ada)])]
    world.send(world.track("ada", "Order Completed"))
    assert world.told("segment.entered") == [(buyers, [str(ada)])]
    assert [(each.slug, each.segment_id) for each in segments_of(ada)] == [("buyers", buyers)]
    assert size(buyers) == 1
    assert [each.profile_id for each in members(buyers).members] == [ada]
    assert DirtyProfile.objects.count() == 0


def test_a_changed_trait_takes_a_member_out(world: World) -> None:
    germans = world.segment({"trait": "country", "is": "eq", "value": "DE"})
    world.send(world.identify("ada", country="DE", days_ago=2))
    ada = world.profile("ada")
    assert world.members(germans) == {ada}
    world.send(world.identify("ada", country="AT", days_ago=1))
    assert world.members(germans) == set()
    assert world.told("segment.left") == [(germans, [str(ada)])]
    interval = Membership.objects.get()
    assert (interval.left_reason, interval.left_at is not None) == ("rule", True)


def test_only_profiles_some_rule_looks_at_are_marked(world: World) -> None:
    world.segment(BOUGHT_TWICE)
    world.send(world.track("ada", "Product Viewed"), settle=False)
    drain_all(only={"segments.mark"})
    assert DirtyProfile.objects.count() == 0
    world.send(world.track("ada", "Order Completed"), settle=False)
    drain_all(only={"segments.mark"})
    assert [row.profile_id for row in DirtyProfile.objects.all()] == [world.profile("ada")]


def test_a_rule_of_what_was_not_done_takes_in_newcomers_of_any_event(world: World) -> None:
    never_bought = world.segment({"not": {"did": "Order Completed"}})
    world.send(world.track("ada", "Something Else"))
    assert world.members(never_bought) == {world.profile("ada")}
    world.send(world.track("ada", "Order Completed"))
    assert world.members(never_bought) == set()


def test_time_alone_takes_a_member_out_and_nothing_else_is_read(world: World) -> None:
    active = world.segment({"did": "Product Viewed", "within": {"days": 30}})
    lapsed = world.segment(
        {"all": [{"did": "Product Viewed"}, {"not": {"did": "Product Viewed", "within": {"days": 30}}}]}
    )
    world.send(world.track("ada", "Product Viewed", days_ago=29), world.track("ben", "Product Viewed", days_ago=1))
    ada, ben = world.profile("ada"), world.profile("ben")
    assert (world.members(active), world.members(lapsed)) == ({ada, ben}, set())
    due = world.now - timedelta(days=29) + timedelta(days=30)
    assert set(DueAnswer.objects.filter(profile_id=ada).values_list("segment_id", "due_at")) == {
        (active, due),
        (lapsed, due),
    }
    assert services.expire_slice(now=due - timedelta(microseconds=1)) == 0
    assert services.expire_slice(now=due) == 2
    assert (world.members(active), world.members(lapsed)) == ({ben}, {ada})
    assert services.expire_slice(now=due) == 0
    assert world.told("segment.left") == [(active, [str(ada)])]


def test_a_merge_closes_the_losers_interval_and_tells_nobody(world: World) -> None:
    viewers = world.segment({"did": "Product Viewed"})
    world.send(
        {"type": "track", "anonymousId": "phone", "event": "Product Viewed", "timestamp": world.at(1)},
        world.identify("ada", days_ago=9, country="DE"),
    )
    loser, winner = world.profile("phone", "anonymous_id"), world.profile("ada")
    assert world.members(viewers) == {loser}
    world.send(world.identify("ada", anonymous="phone"))
    assert world.profile("phone", "anonymous_id") == winner
    assert world.members(viewers) == {winner}
    closed = Membership.objects.get(profile_id=loser)
    assert (closed.left_reason, closed.left_at is not None) == ("merged", True)
    assert world.told("segment.entered") == [(viewers, [str(loser)])]
    assert world.told("segment.left") == []


def test_a_merge_that_completes_a_count_is_told(world: World) -> None:
    buyers = world.segment(BOUGHT_TWICE)
    world.send(
        {"type": "track", "anonymousId": "phone", "event": "Order Completed", "timestamp": world.at(1)},
        world.track("ada", "Order Completed", days_ago=9),
    )
    assert world.members(buyers) == set()
    world.send(world.identify("ada", anonymous="phone"))
    assert world.told("segment.entered") == [(buyers, [str(world.profile("ada"))])]


def test_someone_who_leaves_after_a_merge_and_comes_back_is_told_again(world: World) -> None:
    fans = world.segment({"trait": "likes", "is": "eq", "value": "shoes"})
    world.send(
        {"type": "identify", "anonymousId": "phone", "traits": {"likes": "shoes"}, "timestamp": world.at(5)},
        world.track("ada", "Signed Up", days_ago=9),
    )
    world.send(world.identify("ada", anonymous="phone", days_ago=4))
    ada = world.profile("ada")
    assert world.members(fans) == {ada}
    told = len(world.told("segment.entered"))
    world.send(world.identify("ada", likes="hats", days_ago=3))
    world.send(world.identify("ada", likes="shoes", days_ago=2))
    assert world.told("segment.left") == [(fans, [str(ada)])]
    assert world.told("segment.entered")[told:] == [(fans, [str(ada)])]


def test_a_shared_device_is_in_no_segment(world: World) -> None:
    viewers = world.segment({"did": "Product Viewed"})
    everybody = world.segment({"all": []})
    world.send({"type": "track", "anonymousId": "kiosk", "event": "Product Viewed", "timestamp": world.at(1)})
    assert world.members(viewers) == {world.profile("kiosk", "anonymous_id")}
    world.send(*[world.identify(f"user{n}", anonymous="kiosk") for n in range(8)])
    assert world.profile("kiosk", "anonymous_id") not in world.members(viewers) | world.members(everybody)
    assert {world.profile(f"user{n}") for n in range(8)} == world.members(everybody)
    assert streamed() == recomputed(utc_now())


def test_a_split_takes_memberships_along_silently(world: World) -> None:
    fans = world.segment({"did": "Product Viewed"})
    world.send(
        *[
            {
                "type": "track",
                "anonymousId": "kiosk",
                "userId": f"user{n}",
                "event": "Product Viewed",
                "timestamp": world.at(5 - n),
            }
            for n in range(5)
        ]
    )
    told = world.told("segment.entered")
    world.send({"type": "identify", "anonymousId": "kiosk", "userId": "user9", "timestamp": world.at(0)})
    assert streamed() == recomputed(utc_now())
    before = {profile for _, profiles in told for profile in profiles}
    after = [profile for _, profiles in world.told("segment.entered") for profile in profiles]
    assert len(after) == len(set(after))
    assert before <= set(after)
    assert fans in streamed()


def test_saving_another_rule_makes_a_version_and_recomputes_in_a_job(world: World) -> None:
    world.send(world.identify("ada", country="DE"), world.identify("ben", country="AT"))
    saved = services.save_segment(
        SegmentDraft(slug="s", name="S", definition={"trait": "country", "is": "eq", "value": "DE"})
    )
    assert run_slice() == 1
    assert Job.objects.get().result == {"profiles": 2, "members": 1, "entered": 1, "left": 0}
    changed = services.save_segment(
        SegmentDraft(slug="s", name="S", definition={"trait": "country", "is": "eq", "value": "AT"}),
        segment_id=saved.segment_id,
    )
    assert (changed.version, changed.rule_changed) == (2, True)
    assert run_slice() == 1
    assert world.members(saved.segment_id) == {world.profile("ben")}
    assert Membership.objects.get(profile_id=world.profile("ada")).left_reason == "edited"
    renamed = services.save_segment(
        SegmentDraft(slug="s", name="T", definition={"trait": "country", "is": "eq", "value": "AT"}),
        segment_id=saved.segment_id,
    )
    assert (renamed.version, renamed.rule_changed, renamed.job_id) == (2, False, None)
    assert SegmentVersion.objects.count() == 2


def test_a_bad_rule_saves_nothing(world: World) -> None:
    with pytest.raises(RuleError):
        services.save_segment(SegmentDraft(slug="s", name="S", definition={"all": [{"did": 5}]}))
    assert (Segment.objects.count(), Job.objects.count()) == (0, 0)


def test_archiving_closes_memberships_and_tells_nobody(world: World) -> None:
    rule = {"did": "Product Viewed", "within": {"days": 30}}
    viewers = world.segment(rule, slug="viewers")
    world.send(world.track("ada", "Product Viewed"))
    services.save_segment(SegmentDraft(slug="viewers", name="V", definition=rule, state="archived"), segment_id=viewers)
    assert Membership.objects.get().left_reason == "archived"
    assert (DueAnswer.objects.count(), world.told("segment.left")) == (0, [])
    world.send(world.track("ben", "Product Viewed"))
    assert Membership.objects.count() == 1


def test_one_open_interval_is_kept_by_the_database(world: World) -> None:
    everybody = world.segment({"all": []})
    world.send(world.track("ada", "Anything"))
    ada = world.profile("ada")
    with pytest.raises(IntegrityError, match="segments_one_open_interval"), transaction.atomic():
        Membership.objects.create(segment_id=everybody, profile_id=ada, version=1, entered_at=world.now)
    assert Membership.objects.count() == 1


def test_a_profile_marked_during_its_evaluation_is_evaluated_again(world: World) -> None:
    world.send(world.track("ada", "Product Viewed"))
    ada = world.profile("ada")
    services.locks.mark_dirty([ada])
    with transaction.atomic():
        claimed = services.locks.claim_dirty(10)
        services.locks.mark_dirty([ada])
        services.locks.release(claimed.generations)
    assert DirtyProfile.objects.get().generation == 2


USERS = st.sampled_from(["ada", "ben", "cid"])
STEPS = st.one_of(
    st.tuples(st.just("track"), USERS, st.sampled_from(["A", "B"]), st.integers(-3, 10)),
    st.tuples(st.just("anonymous"), st.sampled_from(["x", "y"]), st.sampled_from(["A", "B"]), st.integers(0, 10)),
    st.tuples(st.just("trait"), USERS, st.sampled_from(["DE", "AT"]), st.integers(0, 10)),
    st.tuples(st.just("link"), USERS, st.sampled_from(["x", "y"]), st.integers(0, 10)),
    st.tuples(st.just("wait"), st.integers(1, 5)),
)
RULES = [
    {"did": "A", "within": {"days": 5}},
    {"not": {"did": "A", "within": {"days": 3}}},
    {"all": [{"trait": "country", "is": "ne", "value": "DE"}, {"did": "B", "count": {"between": [1, 2]}}]},
    {"any": [{"did": "A", "count": {"gte": 3}}, {"trait": "country", "is": "is_not_set"}]},
]


@settings(max_examples=8, deadline=None)
@given(st.lists(st.one_of(STEPS, st.just(("drain",))), min_size=4, max_size=14))
def test_after_any_events_and_clock_moves_memberships_equal_a_recomputation(steps: list[Any]) -> None:
    empty_tables()
    world = World()
    for rule in RULES:
        world.segment(rule)
    now = world.now
    for step in steps:
        now = _take(world, step, now)
    while (
        services.evaluate_slice(now=now)
        or services.expire_slice(now=now)
        or drain_all(only=PIPELINE - {"segments.evaluate"})
    ):
        pass
    assert streamed() == recomputed(now)
    assert not DueAnswer.objects.filter(due_at__lte=now).exists()


def _take(world: World, step: Any, now: Any) -> Any:
    match step:
        case ("track", user, name, days):
            world.send(world.track(user, name, days_ago=days), settle=False)
        case ("anonymous", device, name, days):
            world.send(
                {"type": "track", "anonymousId": device, "event": name, "timestamp": world.at(days)}, settle=False
            )
        case ("trait", user, country, days):
            world.send(world.identify(user, country=country, days_ago=days), settle=False)
        case ("link", user, device, days):
            world.send(world.identify(user, anonymous=device, days_ago=days), settle=False)
        case ("wait", days):
            now += timedelta(days=days)
            services.expire_slice(now=now)
        case ("drain",):
            drain_all(only={"events.process", "segments.mark"})
            services.evaluate_slice(now=now)
    assert to_us(now)
    return now
