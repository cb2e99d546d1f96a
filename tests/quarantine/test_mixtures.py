"""Quarantine, mending, plan changes and replays in any mixture: nothing is lost, nothing doubles, and the counters say
what the log and the quarantine hold."""

import json
from collections.abc import Callable

import pytest
from django.db.models import Sum

from cdp.lib.clock import utc_now
from events import services
from events.models import Event, Inbox, MessageConflict, QuarterHour, RejectedEvent, Source
from events.queries.sources import forget_sources
from events.services import rerunning, watching
from plans import services as plans
from plans.contracts import Draft
from plans.models import EventType, LearnedEvent, ViolationCount
from plans.queries.plan import forget_plan
from tests.quarantine.conftest import Work, day_counts, send, track
from tests.quarantine.test_watching import alarms

pytestmark = pytest.mark.django_db(transaction=True)
Drain = Callable[..., int]
SEATS = {"type": "object", "properties": {"seats": {"type": "integer"}}, "required": ["seats"]}


@pytest.fixture
def booked(server: Source) -> EventType:
    declared = plans.declare("track", "Course Booked", Draft(SEATS), by=None)
    strict(server)
    return declared


def strict(server: Source) -> None:
    plans.set_mode(server.pk, "quarantine", only_declared=False)
    forget_plan()


def lenient(server: Source) -> None:
    plans.set_mode(server.pk, "monitor", only_declared=False)
    forget_plan()


def held() -> tuple[int, int, int]:
    """Events in the log, events charts count, open items."""
    charted = QuarterHour.objects.aggregate(all=Sum("events"))["all"] or 0
    return Event.objects.count(), charted, RejectedEvent.objects.filter(resolved_at=None).count()


def bad(number: int = 1) -> dict[str, object]:
    return track(number, "Course Booked", seats="two")


def test_what_staff_mended_is_not_undone_by_rebuilding_under_a_plan_that_lets_the_original_in(
    server: Source, booked: EventType, work: Work
) -> None:
    request = send(server, bad())
    work()
    row = RejectedEvent.objects.get()
    services.save_edited(row.pk, json.dumps({**bad(), "properties": {"seats": 2}}).encode())
    services.replay([row.pk])
    work()
    lenient(server)
    again = Inbox.objects.exclude(pk=request).get().pk
    services.run_again([request, again], rebuild=True)
    assert Event.objects.get().properties == {"seats": 2}
    assert (day_counts(), held()) == ((1, 1, 0, 0, 0), (1, 1, 0))


def test_an_item_that_came_back_is_stored_and_counted_where_it_came_back(
    server: Source, booked: EventType, work: Work
) -> None:
    send(server, bad())
    work()
    services.replay([RejectedEvent.objects.get().pk])
    work()
    assert (day_counts(), held()) == ((1, 0, 0, 1, 0), (0, 0, 1))
    lenient(server)
    for rebuild in (False, True, False):
        services.run_again(list(Inbox.objects.order_by("pk").values_list("pk", flat=True)), rebuild=rebuild)
        assert (day_counts(), held()) == ((1, 1, 0, 0, 0), (1, 1, 0))


def test_what_staff_dismissed_is_not_stored_by_running_its_request_again(
    server: Source, booked: EventType, work: Work
) -> None:
    request = send(server, bad())
    work()
    services.dismiss([RejectedEvent.objects.get().pk], "a test of the shop's")
    lenient(server)
    for rebuild in (False, True):
        services.run_again([request], rebuild=rebuild)
        assert (day_counts(), held()) == ((1, 0, 0, 1, 0), (0, 0, 0))
    services.reopen([RejectedEvent.objects.get().pk])
    services.run_again([request], rebuild=False)
    assert (day_counts(), held()) == ((1, 1, 0, 0, 0), (1, 1, 0))


def test_an_event_that_left_quarantine_and_is_refused_by_a_rebuild_goes_back_there(
    server: Source, booked: EventType, work: Work
) -> None:
    request = send(server, bad())
    work()
    lenient(server)
    services.run_again([request], rebuild=False)
    assert (day_counts(), held()) == ((1, 1, 0, 0, 0), (1, 1, 0))
    strict(server)
    services.run_again([request], rebuild=True)
    assert (day_counts(), held()) == ((1, 0, 0, 1, 0), (0, 0, 1))
    lenient(server)
    services.run_again([request], rebuild=True)
    assert (day_counts(), held()) == ((1, 1, 0, 0, 0), (1, 1, 0))


def test_running_again_counts_no_violation_and_learns_no_event_a_second_time(
    server: Source, booked: EventType, drain: Drain
) -> None:
    lenient(server)
    accepted = send(server, bad(1), track(2, "Course Booked", seats=2))
    drain(only={"events.process", "plans.learn"})
    strict(server)
    plans.set_mode(server.pk, "quarantine", only_declared=True)
    refused = send(server, bad(3), track(4, "Unheard Of"))
    drain(only={"events.process", "plans.learn"})

    def counted() -> tuple[dict[str, tuple[int, int]], int]:
        seen = {row.name: (row.count, row.refused) for row in LearnedEvent.objects.all()}
        return seen, ViolationCount.objects.filter(rule="any").aggregate(all=Sum("count"))["all"]

    before = counted()
    assert before == ({"Course Booked": (2, 0), "Unheard Of": (0, 1)}, 3)
    services.run_again([refused], rebuild=False)
    lenient(server)
    services.run_again([accepted], rebuild=True)
    drain(only={"events.process", "plans.learn"})
    assert counted() == before


def test_a_request_put_back_to_processing_raises_no_alarm_about_sums(server: Source, work: Work) -> None:
    now = utc_now()
    request = send(server, track(1))
    Inbox.objects.filter(pk=request).update(received_at=now)
    work()
    watching.watch_sums(now)
    assert alarms() == {}
    rerunning._reopen([request])
    watching.watch_sums(now)
    assert alarms() == {}
    work()
    watching.watch_sums(now)
    assert alarms() == {}
    assert sum(day_counts()[1:]) == 1


def test_an_old_item_that_is_replayed_is_not_late_and_no_storm_of_rejections(
    server: Source, booked: EventType, work: Work
) -> None:
    send(server, *(bad(n) for n in range(30)))
    work()
    RejectedEvent.objects.update(rejected_at=RejectedEvent.objects.all()[0].received_at)
    services.replay(list(RejectedEvent.objects.values_list("pk", flat=True)))
    watching.watch(utc_now())
    assert alarms() == {}
    work()
    watching.watch(utc_now())
    assert alarms() == {}


def test_a_replay_is_no_conflict_with_itself(server: Source, work: Work) -> None:
    said = {"type": "identify", "userId": "u1", "messageId": "i1", "context": {"traits": {"phone": "0171 2345678"}}}
    request = send(server, said)
    work()
    Source.objects.filter(pk=server.pk).update(country="DE")
    forget_sources()
    services.run_again([request], rebuild=False)
    send(server, said)
    work()
    assert not MessageConflict.objects.exists()


@pytest.mark.parametrize("typed", [b"%b,%b", b'%b],"x":[%b'])
def test_one_item_is_mended_into_one_item(typed: bytes, server: Source, work: Work) -> None:
    send(server, {"type": "track", "userId": "u1"})
    work()
    row = RejectedEvent.objects.get()
    one, other = (json.dumps(track(n)).encode() for n in (1, 2))
    services.save_edited(row.pk, typed % (one, other))
    assert services.replay([row.pk]) == 0
    work()
    assert (day_counts(), held()) == ((1, 0, 0, 1, 0), (0, 0, 1))
