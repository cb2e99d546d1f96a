"""The lake's answers written as they are: only where they still hold, whatever happens between asking and writing."""

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction

from cdp.jobs import services as jobs
from cdp.jobs.models import Job
from cdp.lib.clock import utc_now
from cdp.outbox.services import drain_all
from commerce.models import Order
from lake.registry import projections
from lake.services import project
from profiles.models import Identifier, Profile
from profiles.services.separating import next_number, separate
from segments import services
from segments.contracts import SegmentDraft, Written
from segments.models import DirtyProfile, DueAnswer, Membership
from segments.queries.everybody import differences
from segments.queries.untouched import untouched
from segments.services import applying, recomputing
from segments.services.computed import write_values
from segments.services.evaluating import evaluate_some
from tests.segments.world import PIPELINE, World, recomputed, streamed

pytestmark = pytest.mark.django_db(transaction=True)
RULE: Any = {
    "all": [
        {"did": "Product Viewed", "within": {"days": 30}},
        {"not": {"did": "Order Completed", "within": {"days": 30}}},
        {"trait": "country", "is": "ne", "value": "AT"},
    ]
}
Between = Callable[[Callable[[], object]], None]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Ada, Ben, Cid and Dot looked; Cid bought; all of that stands in the lake's files. Two are many."""
    monkeypatch.setattr(recomputing, "MANY", 2)
    world = World()
    for user in ("ada", "ben", "cid", "dot"):
        world.send(world.track(user, "Product Viewed", days_ago=3))
    world.send(world.track("cid", "Order Completed", days_ago=2))
    for projection in projections():
        project(projection, at_once=True)
    return world


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[set[Any]]:
    """Who was evaluated the ordinary way, a set a chunk."""
    found: list[set[Any]] = []

    def noting(profile_ids: Any, *args: Any, **more: Any) -> Written:
        found.append(set(profile_ids))
        return evaluate_some(profile_ids, *args, **more)

    monkeypatch.setattr(recomputing, "evaluate_some", noting)
    return found


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Between:
    """Has something happen once, after the lake has answered and before anything is written."""
    ask = differences

    def happens(what: Callable[[], object]) -> None:
        def then(*args: Any, **more: Any) -> Any:
            found = ask(*args, **more)
            monkeypatch.setattr(recomputing, "differences", ask)
            what()
            return found

        monkeypatch.setattr(recomputing, "differences", then)

    return happens


def saved(rule: Any = RULE, slug: str = "s") -> int:
    return services.save_segment(SegmentDraft(slug=slug, name=slug, definition=rule)).segment_id


def stored() -> list[Any]:
    """Memberships and due answers, without their instants of entry."""
    members = Membership.objects.filter(left_at=None).values_list("segment_id", "profile_id", "version")
    return [sorted(members), sorted(DueAnswer.objects.values_list("segment_id", "profile_id", "due_at"))]


def test_a_first_fill_is_written_in_chunks_and_is_what_evaluations_would_have_written(
    world: World, asked: list[set[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recomputing, "APPLIED", 2)
    monkeypatch.setattr(applying, "TOLD", 1)
    segment, heard = saved(), list[tuple[int, int, str]]()
    written = services.recompute(segment, lambda done, total, note: heard.append((done, total, note)))
    assert (written, asked) == (Written(evaluated=4, entered=3), [])
    assert heard[1:] == [(n, 4, "writing who enters, leaves or waits") for n in (2, 4)]
    assert streamed() == recomputed(utc_now())
    found = stored()
    assert len(found[1]) == 4
    assert sorted(world.told("segment.entered")) == sorted((segment, [str(pk)]) for pk in world.members(segment))
    assert DirtyProfile.objects.count() == 0
    Membership.objects.all().delete()
    DueAnswer.objects.all().delete()
    monkeypatch.setattr(recomputing, "MANY", 1_000)
    assert services.recompute(segment) == written
    assert stored() == found
    assert len(asked) == 1


def test_who_should_not_be_in_it_leaves_with_the_reason_of_an_evaluation(world: World, asked: list[set[Any]]) -> None:
    segment = world.segment(RULE)
    services.save_segment(SegmentDraft(slug="s", name="S", definition={"did": "Quiz"}), segment_id=segment)
    asked.clear()
    services.recompute(segment)
    assert streamed() == {segment: set()} == recomputed(utc_now())
    assert set(Membership.objects.values_list("left_reason", flat=True)) == {"edited"}
    assert (DueAnswer.objects.count(), asked) == (0, [])
    assert len(world.told("segment.left")[0][1]) == 3


@pytest.mark.parametrize("settle", [True, False])
def test_an_event_between_asking_and_writing_counts(
    world: World, asked: list[set[Any]], between: Between, settle: bool
) -> None:
    """Evaluated by streaming before anything is written, or not marked yet."""
    segment = saved()
    between(lambda: world.send(world.track("ben", "Order Completed"), settle=settle))
    assert services.recompute(segment) == Written(evaluated=4, entered=2)
    assert asked == [{world.profile("ben")}]
    assert streamed() == recomputed(utc_now())


def test_without_the_look_at_what_changed_an_event_between_would_be_lost(
    world: World, between: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = saved()
    between(lambda: world.send(world.track("ben", "Order Completed")))
    monkeypatch.setattr(applying, "untouched", lambda _, profile_ids, __: set(profile_ids))
    services.recompute(segment)
    assert streamed()[segment] - recomputed(utc_now())[segment] == {world.profile("ben")}


def test_what_commits_while_answers_are_written_waits_and_is_evaluated_afterwards(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment, look = saved(), untouched
    threads: list[Thread] = []

    def meanwhile() -> None:
        try:
            world.send(world.track("ben", "Order Completed"))
        finally:
            connection.close()

    def looked(*args: Any) -> Any:
        found = look(*args)
        threads.append(Thread(target=meanwhile))
        threads[0].start()
        threads[0].join(0.3)
        return found

    monkeypatch.setattr(applying, "untouched", looked)
    assert services.recompute(segment).entered == 3
    threads[0].join()
    drain_all(only=PIPELINE)
    assert world.members(segment) == {world.profile("ada"), world.profile("dot")}
    assert streamed() == recomputed(utc_now())


def test_a_merge_between_asking_and_writing_is_no_business_of_the_lakes_answer(
    world: World, asked: list[set[Any]], between: Between
) -> None:
    world.send({"type": "track", "anonymousId": "phone", "event": "Product Viewed", "timestamp": world.at(1)})
    phone = world.profile("phone", "anonymous_id")
    segment = saved()
    between(lambda: world.send(world.identify("cid", anonymous="phone")))
    services.recompute(segment)
    assert world.profile("phone", "anonymous_id") == world.profile("cid")
    assert asked == [{phone, world.profile("cid")}]
    assert streamed() == recomputed(utc_now())


def test_who_takes_over_a_membership_by_a_merge_enters_silently(world: World, asked: list[set[Any]]) -> None:
    segment = world.segment(RULE)
    merged = Membership.objects.get(profile_id=world.profile("ben"))
    world.send(world.identify("ada", anonymous="phone"))
    once = Identifier.objects.get(value="phone")
    Membership.objects.exclude(pk=merged.pk).delete()
    Membership.objects.filter(pk=merged.pk).update(profile_id=once.minted_id)
    told = world.told("segment.entered")
    asked.clear()
    services.recompute(segment)
    assert asked[0] >= {world.profile("ada")}
    entered = [pk for _, ids in world.told("segment.entered")[len(told) :] for pk in ids]
    assert str(world.profile("ada")) not in entered
    assert str(world.profile("dot")) in entered
    assert streamed() == recomputed(utc_now())


def test_an_un_merge_between_takes_its_events_from_whom_they_leave(
    world: World, asked: list[set[Any]], between: Between
) -> None:
    world.send({"type": "track", "anonymousId": "phone", "event": "Product Viewed", "timestamp": world.at(1)})
    world.send(world.identify("eva", anonymous="phone"))
    segment = saved()
    eva = world.profile("eva")

    def split() -> None:
        one, other = (Identifier.objects.get(value=value) for value in ("phone", "eva"))
        with transaction.atomic():
            seen = {each.pk: each.profile_id for each in (one, other)}
            separate([one.pk], [other.pk], reason="two people", actor=None, number=next_number(), seen=seen)
        drain_all(only=PIPELINE)

    between(split)
    services.recompute(segment)
    assert eva in asked[0]
    assert streamed() == recomputed(utc_now())


def test_somebody_erased_between_is_nobody(world: World, between: Between) -> None:
    segment, ben = saved(), world.profile("ben")

    def erased() -> None:
        Identifier.objects.filter(profile_id=ben).delete()
        Profile.objects.filter(pk=ben).delete()

    between(erased)
    services.recompute(segment)
    assert world.members(segment) == {world.profile("ada"), world.profile("dot")}


def test_an_order_that_changes_between_is_seen(world: World, asked: list[set[Any]], between: Between) -> None:
    world.send(*(world.track(who, "Order Completed", days_ago=1, order_id=who, revenue=9) for who in ("ada", "ben")))
    drain_all()
    spent: Any = {"metric": "sum", "of": "revenue", "event": "Order Completed", "currency": "EUR"}
    segment = saved(spent | {"is": "gte", "value": 5})
    Order.objects.update(currency="EUR", revenue=9)
    between(lambda: Order.objects.filter(order_id="ben").update(status="cancelled"))
    services.recompute(segment)
    assert asked == [{world.profile("ben")}]
    assert world.members(segment) == {world.profile("ada")}


def test_a_value_computed_between_is_seen(world: World, asked: list[set[Any]], between: Between) -> None:
    ada, ben, dot = (world.profile(name) for name in ("ada", "ben", "dot"))
    write_values({one: {"rfm.group": "lost"} for one in (ada, ben, dot)}, ["rfm"], utc_now())
    segment = saved({"trait": "rfm.group", "is": "eq", "value": "lost"})
    between(lambda: write_values({ben: {"rfm.group": "new"}}, ["rfm"], utc_now()))
    services.recompute(segment)
    assert (world.members(segment), asked) == ({ada, dot}, [{ben}])


def test_a_rule_that_is_edited_between_is_asked_instead(world: World, asked: list[set[Any]], between: Between) -> None:
    segment = saved()
    draft = SegmentDraft(slug="s", name="S", definition={"did": "Order Completed"})
    between(lambda: services.save_segment(draft, segment_id=segment))
    services.recompute(segment)
    assert len(asked[0]) == 4
    services.recompute(segment)
    assert world.members(segment) == {world.profile("cid")}


def test_an_answer_whose_time_is_over_is_not_written(
    world: World, asked: list[set[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = saved()
    monkeypatch.setattr(applying, "utc_now", lambda: utc_now() + timedelta(days=29))
    services.recompute(segment)
    assert [len(ids) for ids in asked] == [4]
    assert streamed() == recomputed(utc_now())


def test_segments_that_use_it_are_asked_by_a_job_of_the_same_transaction(
    world: World, asked: list[set[Any]], between: Between
) -> None:
    used, user = saved(slug="used"), saved({"in_segment": "used"}, slug="user")
    Job.objects.all().delete()
    services.recompute(used)
    job = Job.objects.get()
    assert (job.kind, job.params) == ("segments.recompute", {"segment_id": user})
    assert (world.members(user), asked) == (set(), [])
    between(lambda: world.send(world.track("ben", "Order Completed")))
    assert jobs.run_now(job.pk)
    assert asked == [{world.profile("ben")}]
    assert len(world.members(user)) == 2
    assert streamed() == recomputed(utc_now())
    Membership.objects.filter(segment_id=used).delete()
    for _ in range(2):
        services.recompute(used)
        Membership.objects.filter(segment_id=used).delete()
    assert Job.objects.filter(state="queued").count() == 1


def test_a_membership_that_moves_between_is_seen_by_those_who_ask_for_it(
    world: World, asked: list[set[Any]], between: Between
) -> None:
    used, user = saved(slug="used"), saved({"in_segment": "used"}, slug="user")
    services.recompute(used)
    between(lambda: Membership.objects.filter(segment_id=used, profile_id=world.profile("dot")).delete())
    services.recompute(user)
    assert world.profile("dot") in asked[0]
    assert world.profile("ada") not in asked[0]


def test_rules_over_what_cannot_be_compared_are_evaluated(world: World, asked: list[set[Any]]) -> None:
    services.make_list(services.ListDraft("fair", "Fair"))
    services.recompute(saved({"all": [{"did": "Product Viewed"}, {"not": {"in_list": "fair"}}]}))
    assert [len(ids) for ids in asked] == [4]
