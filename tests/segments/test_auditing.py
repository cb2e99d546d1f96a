"""The audit finds what is stored wrongly and nothing else, says so by an alarm, and has it mended."""

import uuid
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_django import Settings

from cdp.alarms.models import Alarm
from cdp.jobs import services as jobs
from cdp.jobs.models import Job
from cdp.lib.clock import utc_now
from cdp.outbox.services import drain_all
from segments.models import AuditRun, DirtyProfile, DueAnswer, Membership
from segments.queries.live import live_segments
from segments.queries.settling import settle
from segments.services import auditing
from tests.segments.world import PIPELINE, World, recomputed, streamed

pytestmark = pytest.mark.django_db(transaction=True)
VIEWED: Any = {"did": "Product Viewed", "within": {"days": 30}}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Lookers, who is keen among them, and three people of whom two looked."""
    monkeypatch.setattr(auditing, "ROUND_S", 0.01)
    world = World()
    world.segment(VIEWED, slug="lookers")
    world.segment({"in_segment": "lookers"}, slug="keen")
    world.send(*[world.track(user, "Product Viewed", days_ago=1) for user in ("ada", "ben")])
    world.send(world.track("cid", "Signed Up"))
    Job.objects.all().delete()
    return world


def audit() -> AuditRun:
    assert jobs.run_now(auditing.start_audit())
    return AuditRun.objects.latest("started_at")


def test_a_true_house_has_no_alarm_and_leaves_a_row() -> None:
    world = World()
    world.segment(VIEWED, slug="lookers")
    world.send(world.track("ada", "Product Viewed", days_ago=1))
    Job.objects.all().delete()
    run = audit()
    assert (run.segments, run.people, run.wrong, run.unsettled) == (1, 1, 0, 0)
    assert run.finished_at is not None
    assert [(one["slug"], one["members"], one["differing"]) for one in run.details] == [("lookers", 1, 0)]
    assert not Alarm.objects.exists()


def test_a_membership_that_was_tampered_with_is_an_alarm_and_is_mended(world: World) -> None:
    lookers, keen = (segment.id for segment in live_segments())
    ada, ben, cid = (world.profile(name) for name in ("ada", "ben", "cid"))
    Membership.objects.filter(segment_id=lookers, profile_id=ada).delete()
    Membership.objects.create(segment_id=lookers, profile_id=cid, version=1, entered_at=utc_now())
    DueAnswer.objects.filter(segment_id=lookers, profile_id=ben).update(due_at=utc_now() + timedelta(days=300))
    run = audit()
    assert (run.wrong, run.unsettled) == (3, 0)
    first, second = run.details
    assert (first["wrong_in"], first["wrong_out"], first["wrong_due"]) == (1, 1, 1)
    assert (second["slug"], second["wrong_in"], second["wrong_out"], second["wrong_due"]) == ("keen", 0, 0, 0)
    alarm = Alarm.objects.get()
    assert (alarm.code, alarm.key, alarm.level, alarm.cleared_at) == ("segments.audit", str(lookers), "error", None)
    assert "“lookers”: 1 in it who should not be, 1 not in it who should be" in alarm.message
    assert set(DirtyProfile.objects.values_list("pk", flat=True)) == {ada, ben, cid}
    drain_all(only={"segments.evaluate"})
    assert streamed() == recomputed(utc_now()) == {lookers: {ada, ben}, keen: {ada, ben}}
    assert audit().wrong == 0
    alarm.refresh_from_db()
    assert alarm.cleared_at is not None


def test_a_member_who_is_nobody_is_found_and_taken_out(world: World) -> None:
    lookers = live_segments()[0].id
    Membership.objects.create(segment_id=lookers, profile_id=uuid.uuid4(), version=1, entered_at=utc_now())
    assert audit().details[0]["wrong_in"] == 1
    drain_all(only={"segments.evaluate"})
    assert streamed() == recomputed(utc_now())


def test_what_is_on_its_way_is_not_wrong(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "ROUNDS", 1)
    world.send(world.track("cid", "Product Viewed"), settle=False)  # stored, not marked
    run = audit()
    assert (run.wrong, [one["differing"] for one in run.details], run.unsettled) == (0, [1, 1], 2)
    drain_all(only={"segments.mark"})  # marked, not evaluated
    assert (audit().wrong, audit().unsettled) == (0, 2)
    assert not Alarm.objects.exists()
    drain_all(only=PIPELINE)
    assert [one["differing"] for one in audit().details] == [0, 0]


def test_what_is_evaluated_while_it_looks_is_right(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.send(world.track("cid", "Product Viewed"), settle=False)
    looked: list[int] = []

    def and_catch_up(*args: Any) -> Any:
        found = settle(*args)
        looked.append(len(found.on_their_way))
        drain_all(only=PIPELINE)
        return found

    monkeypatch.setattr(auditing, "settle", and_catch_up)
    run = audit()
    assert (run.wrong, run.unsettled, looked) == (0, 0, [1, 0])


def test_an_answer_that_time_made_due_is_on_its_way_for_five_minutes_and_wrong_after(world: World) -> None:
    lookers = live_segments()[0]
    ada, ben = world.profile("ada"), world.profile("ben")
    due = DueAnswer.objects.get(segment_id=lookers.id, profile_id=ada).due_at
    soon = settle(lookers, [ada], due + timedelta(minutes=4))
    assert (len(soon.wrong), [one.profile_id for one in soon.on_their_way]) == (0, [ada])
    late = settle(lookers, [ada, ben], due + timedelta(minutes=6))
    assert {one.profile_id for one in late.wrong} == {ada, ben}


def test_who_differs_until_a_recomputation_that_waits_is_not_wrong(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "ROUNDS", 1)
    Membership.objects.all().delete()
    job = jobs.enqueue("segments.recompute", {"segment_id": live_segments()[0].id})
    run = audit()
    assert (run.wrong, run.unsettled) == (2, 2)
    job.delete()
    drain_all(only={"segments.evaluate"})
    assert streamed() == recomputed(utc_now())


def test_an_order_that_is_yet_to_be_marked_excuses_whose_it_is_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "ROUNDS", 1)
    Membership.objects.all().delete()
    order: dict[str, Any] = {"order_id": "o-1", "revenue": 9, "currency": "EUR", "products": []}
    world.send(world.track("ada", "Order Completed", **order), settle=False)
    drain_all(only={"commerce.refold"})
    Membership.objects.all().delete()
    run = audit()
    assert (run.wrong, run.unsettled) == (2, 2)


def test_it_goes_on_where_its_slice_ended(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "SLICE_S", 0.0)
    Membership.objects.all().delete()
    job_id = auditing.start_audit()
    assert jobs.run_now(job_id)
    run = AuditRun.objects.get()
    assert (run.segments, run.finished_at) == (1, None)
    assert jobs.run_now(job_id)
    run.refresh_from_db()
    assert (run.segments, run.wrong, run.unsettled) == (2, 2, 2)  # by now who was wrong in the first is dirty
    assert run.finished_at is not None


def test_who_is_wrong_in_two_is_counted_twice(world: World) -> None:
    Membership.objects.all().delete()
    assert audit().wrong == 4


def test_it_is_queued_once_a_night(world: World, settings: Settings) -> None:
    assert auditing.audit_slice() == 0
    settings.SEGMENT_AUDIT_HOUR = utc_now().astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).hour
    assert auditing.audit_slice() == 1
    assert auditing.audit_slice() == 0
    assert Job.objects.filter(kind="segments.audit").count() == 1
