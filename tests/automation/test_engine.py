"""The engine: who is let in, what each step does, that nothing is done twice and nobody is lost, whoever dies when."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from automation import graph, services
from automation.models import Enrollment, Journey, Passing
from automation.services import stepping, steps, writing
from automation.services.claiming import claim
from automation.services.publishing import NotPublishable
from cdp.lib.clock import utc_now
from cdp.outbox.contracts import TopicMessage
from cdp.outbox.models import TopicRow
from events.models import Inbox
from experiments.models import Exposure
from mailing.models import Message, Policy
from mailing.services import send_slice
from segments.models import Listed, Segment
from segments.services import ListDraft, make_list
from tests.automation import ways, world
from tests.automation.sink import Sink
from tests.automation.ways import MAIL, wait

pytestmark = pytest.mark.django_db


def test_every_step_that_can_be_read_can_be_done() -> None:
    assert set(steps.DOERS) == set(graph.STEPS.values())


def test_a_way_goes_step_by_step_and_no_wait_begins_before_its_mail_went_out(sink: Sink) -> None:
    row = ways.journey(wait("w1", hours=1), MAIL, wait("w2", days=1), MAIL | {"id": "mail_2"})
    ways.enter(row, world.person())
    ways.pass_time(minutes=59)
    assert ways.states() == [("waiting", "w1", "")]
    ways.pass_time(minutes=61)
    late = ways.pass_time(days=3)
    assert ways.states() == [("sending", "mail", "")]
    ways.send(late)
    standing = Enrollment.objects.get()
    assert (standing.node, standing.due_at, sink.recipients) == ("w2", late + timedelta(days=1), [world.JANE])
    ways.send(ways.pass_time(days=5))
    assert ways.states() == [("done", "", "sent")]
    assert sorted(ways.passed()) == [("mail", "done"), ("mail_2", "done"), ("w1", "done"), ("w2", "done")]
    assert sink.recipients == [world.JANE] * 2


def test_a_mail_that_is_not_allowed_is_skipped_and_whoever_got_none_is_told_why(sink: Sink) -> None:
    row = ways.journey(MAIL, wait(), {"id": "o", "do": "give_offer", "title": "10 %"}, MAIL | {"id": "mail_2"})
    ways.enter(row, world.person(agreed=False))
    ways.pass_time(days=2)
    ways.pass_time(days=4)
    assert ways.states() == [("exited", "", "consent_default_denied")]
    assert [one for one in ways.passed() if one[1] == "skipped"] == [("mail", "skipped"), ("mail_2", "skipped")]
    assert Enrollment.objects.get().facts["offer"]["title"] == "10 %"
    assert (sink.mails, Exposure.objects.count()) == ([], 0)


def test_branches_ask_rules_and_splits_are_for_good() -> None:
    rule = {"trait": "country", "is": "eq", "value": "DE"}
    fork = {"id": "b", "do": "branch", "arms": [{"name": "DE", "if": rule, "steps": [wait("in_de")]}], "else": []}
    halves = {"id": "s", "do": "split", "arms": [{"name": "A", "share": 0.5}, {"name": "B", "share": 0.5}]}
    row = ways.journey(halves, fork, reentry="always")
    people = [world.person(f"u{n}", f"u{n}@example.com") for n in range(12)]
    ways.enter(row, *people)
    ways.pass_time(seconds=1)
    taken = dict(Passing.objects.filter(node="s").values_list("enrollment__identifier_id", "outcome"))
    assert set(taken.values()) == {"A", "B"}
    assert set(Passing.objects.filter(node="b").values_list("outcome", flat=True)) == {"else"}
    ways.enter(row, *people, occasion="again")
    ways.pass_time(seconds=1)
    again = Passing.objects.filter(node="s", enrollment__occasion__startswith="again")
    assert dict(again.values_list("enrollment__identifier_id", "outcome")) == taken


def test_steps_that_act_do_so_once_in_the_slice_that_passes_them() -> None:
    make_list(ListDraft("warm", "Warm"))
    row = ways.journey(
        {"id": "t", "do": "set_trait", "trait": "keen", "value": True},
        {"id": "l", "do": "add_to_list", "list": "warm"},
        {"id": "h", "do": "webhook", "endpoint": 7},
        {"id": "n", "do": "notify_staff", "to": ["desk@example.com"], "text": "Look"},
        {"id": "x", "do": "exit", "label": "enough"},
    )
    jane = world.person()
    ways.enter(row, jane)
    Enrollment.objects.update(facts={"order_id": "o1", "properties": {"phone": "+49 170 1"}})
    ways.pass_time(seconds=1)
    ways.pass_time(days=1)
    enrollment = Enrollment.objects.get()
    assert (enrollment.state, enrollment.reason) == ("done", "exit_step")
    assert b'"keen":true' in bytes(Inbox.objects.get().body)
    assert Listed.objects.get().segment == Segment.objects.get(slug="warm")
    told = dict(TopicRow.objects.filter(topic__startswith="journey.").values_list("topic", "payload"))
    assert set(told) == {"journey.entered", "journey.webhook", "journey.staff", "journey.ended"}
    assert told["journey.webhook"] == {
        "endpoint": 7,
        "key": f"journey:{enrollment.pk}:h",
        "journey": "way",
        "node": "h",
        "identifier_id": jane,
        "facts": {"order_id": "o1"},
    }


def test_staff_are_told_with_a_link_and_nothing_personal(sink: Sink) -> None:
    row = ways.journey({"id": "n", "do": "notify_staff", "to": ["desk@example.com"], "text": "Call them"})
    ways.enter(row, world.person())
    ways.pass_time(seconds=1)
    staff = TopicRow.objects.get(topic="journey.staff")
    services.consume_staff([TopicMessage(staff.pk, staff.topic, staff.payload, utc_now())])
    text = sink.mails[0].get_content()
    assert (sink.recipients, "Call them" in text, world.JANE in text) == (["desk@example.com"], True, False)
    assert f"/admin/automation/enrollment/{Enrollment.objects.get().pk}/" in text


WAITS: dict[str, Any] = {
    "id": "f",
    "do": "wait_for",
    "event": "Product Viewed",
    "where": [{"property": "category", "is": "eq", "value": "Shoes"}],
    "timeout": {"days": 2},
    "then": [wait("seen")],
    "else": [wait("not_seen")],
}


def heard(event: Any) -> None:
    payload = {"first_id": event.pk, "last_id": event.pk}
    with transaction.atomic():
        services.consume_events_stored([TopicMessage(1, "events.stored", payload, utc_now())])


def test_a_wait_for_an_event_ends_with_the_event_that_is_meant_or_when_its_time_is_over() -> None:
    row = ways.journey(WAITS)
    jane, bo = world.person(), world.person("bo", "bo@example.com")
    other_device = world.seen(("user_id", "jane"), ("anonymous_id", "phone"))["anonymous_id"]
    ways.enter(row, jane, bo)
    ways.pass_time(seconds=1)
    assert [node for _, node, _ in ways.states()] == ["f", "f"]
    Enrollment.objects.update(node_at=world.ago(hours=1))
    heard(ways.happen(other_device, "Product Viewed", at=world.ago(minutes=9), category="Hats"))
    ways.pass_time(seconds=1)
    assert [node for _, node, _ in ways.states()] == ["f", "f"]
    heard(ways.happen(other_device, "Product Viewed", at=world.ago(minutes=5), category="Shoes"))
    assert Enrollment.objects.filter(identifier_id=jane, due_at__lte=utc_now()).exists()
    ways.pass_time(seconds=1)
    assert [node for _, node, _ in ways.states()] == ["seen", "f"]
    ways.pass_time(days=2)
    assert dict(Passing.objects.values_list("enrollment__identifier_id", "outcome").filter(node="f")) == {
        jane: "then",
        bo: "timeout",
    }


@pytest.mark.parametrize("at_hand_over", [False, True])
@pytest.mark.parametrize("by", ["goal", "event", "rule"])
def test_goal_and_exits_are_looked_at_before_every_step_and_at_the_hand_over(
    sink: Sink, by: str, at_hand_over: bool
) -> None:
    bought = {"did": "Order Completed"}
    given: dict[str, Any] = {
        "goal": {"goal": {"event": "Order Completed", "within_days": 7}},
        "event": {"exits": [{"event": "Order Completed"}]},
        "rule": {"exits": [{"rule": bought}]},
    }
    row = ways.journey(wait(), MAIL, **given[by])
    jane = world.person()
    ways.enter(row, jane)
    moment = ways.pass_time(days=1, seconds=1) if at_hand_over else utc_now()
    ways.happen(jane, "Order Completed", at=moment)
    if at_hand_over:
        send_slice(now=moment + timedelta(seconds=1))
    else:
        ways.pass_time(days=1, seconds=1)
    reason = {"goal": "goal_reached", "event": "exit_event", "rule": "exit_rule"}[by]
    ended = Enrollment.objects.get()
    assert (ended.reason, sink.mails, ended.goal_at) == (reason, [], moment if by == "goal" else None)
    assert Message.objects.count() == at_hand_over


def test_whoever_is_let_in_is_asked_for_by_the_audience_and_comes_in_once_an_occasion() -> None:
    row = ways.journey(wait(), audience={"has": "email"})
    jane, nobody = world.person(), world.seen(("user_id", "x"))["user_id"]
    done = ways.enter(row, jane, nobody, 999_999)
    assert (len(done.entered), done.turned_away) == (1, {"audience": 1, "unknown_person": 1})
    assert ways.enter(row, jane).turned_away == {"in_it": 1}
    ways.pass_time(days=2)
    assert ways.enter(row, jane).turned_away == {"repeated": 1}
    services.pause(row)
    assert ways.enter(row, jane, occasion="later").turned_away == {"not_live": 1}


@pytest.mark.parametrize(
    ("reentry", "days", "enters"),
    [("once", 400, False), ("after", 29, False), ("after", 31, True), ("always", 0, True)],
)
def test_re_entry_is_held_to_for_the_person_whatever_the_device(reentry: str, days: int, enters: bool) -> None:
    row = ways.journey({"id": "x", "do": "exit"}, reentry=reentry, reentry_days=30)
    jane = world.person()
    ways.enter(row, jane)
    ways.pass_time(seconds=1)
    Enrollment.objects.update(entered_at=world.ago(days=days))
    phone = world.seen(("user_id", "jane"), ("anonymous_id", "phone"))["anonymous_id"]
    assert bool(ways.enter(row, phone, occasion="again").entered) is enters


def test_merge_and_split_neither_restart_nor_lose_anybody() -> None:
    row = ways.journey(wait())
    guest, jane = world.seen(("anonymous_id", "a1"))["anonymous_id"], world.person()
    ways.enter(row, guest)
    ways.pass_time(seconds=1)
    before = Enrollment.objects.values().get()
    world.seen(("user_id", "jane"), ("anonymous_id", "a1"))
    assert ways.enter(row, jane, occasion="merged").turned_away == {"in_it": 1}
    assert Enrollment.objects.values().get() == before
    ways.pass_time(days=2)
    assert ways.states() == [("done", "", "finished")]


def test_whoever_is_under_way_stays_on_their_version_until_moved() -> None:
    row = ways.journey(wait("w", days=1), wait("old"))
    first, second = world.person(), world.person("bo", "bo@example.com")
    ways.enter(row, first)
    ways.edit(row, wait("w", days=1), wait("new"))
    ways.enter(row, second)
    ways.pass_time(days=1, seconds=9)
    assert [node for _, node, _ in ways.states()] == ["old", "new"]
    ways.edit(row, wait("old", hours=1), {"id": "x", "do": "exit"})
    assert services.move_waiting(row, utc_now()) == (1, 1)
    ways.pass_time(days=1, hours=2)
    assert ways.states() == [("done", "x", "exit_step"), ("waiting", "new", "")]


def test_a_draft_that_names_what_is_not_there_is_not_published() -> None:
    row = Journey.objects.create(slug="bad", name="Bad")
    row.draft = {
        "trigger": {"on": "segment_entered", "segment": "nobodies"},
        "steps": [MAIL | {"template": "gone"}, {"id": "l", "do": "add_to_list", "list": "none"}],
    }
    row.save()
    with pytest.raises(NotPublishable) as refused:
        services.publish_draft(row, None)
    assert [(one.path, one.message.partition(":")[0]) for one in refused.value.findings] == [
        ("$.steps[0].template", "there is no published mail “gone”"),
        ("$", "there is no live segment “nobodies”"),
        ("$.steps[1].list", "there is no list “none”"),
    ]
    assert row.versions.count() == 0


def test_the_holdout_is_exposed_by_the_first_mail_that_would_go_and_holds_for_ever(sink: Sink) -> None:
    row = ways.journey(wait(), MAIL, holdout_share=1)
    jane = world.person()
    ways.enter(row, jane)
    assert Exposure.objects.count() == 0
    ways.pass_time(days=2)
    assert ways.states() == [("done", "mail", "held_out")]
    Journey.objects.update(holdout_share=0)
    row.refresh_from_db()
    services.sync_holdout(row)
    ways.enter(row, jane, occasion="again")
    ways.pass_time(days=2)
    assert [reason for _, _, reason in ways.states()] == ["held_out", "held_out"]
    assert (list(Exposure.objects.values_list("variant", flat=True)), sink.mails) == (["holdout"], [])


def test_the_journey_that_matters_more_writes_first(sink: Sink) -> None:
    Policy.objects.create(cap_per_week=1)
    jane = world.person()
    for slug, priority in (("less", 10), ("more", 90)):
        ways.enter(ways.journey(MAIL, slug=slug, priority=priority), jane)
    moment = ways.pass_time(seconds=1)
    ways.send(moment)
    ways.send(moment + timedelta(minutes=2))
    said = dict(Message.objects.values_list("label", "reason"))
    assert said == {"More": "sent", "Less": "capped"}


def test_archived_and_stopped_journeys_write_to_nobody(sink: Sink) -> None:
    row = ways.journey(MAIL, wait())
    ways.enter(row, world.person())
    Policy.objects.create(stopped_at=utc_now())
    assert services.step_slice(now=utc_now() + timedelta(days=1)) == 0
    Policy.objects.all().delete()
    ways.pass_time(seconds=1)
    assert services.archive(row) == 1
    send_slice()
    assert [*ways.states(), *world.messages()] == [
        ("exited", "mail", "journey_archived"),
        ("suppressed", "journey_archived"),
    ]
    assert sink.mails == []


# What goes wrong.


def test_a_step_that_breaks_for_one_person_stops_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    row = ways.journey({"id": "o", "do": "give_offer", "title": "x"})
    people = [world.person(f"u{n}", f"u{n}@example.com") for n in range(3)]
    ways.enter(row, *people)
    given = steps.DOERS[graph.GiveOffer]

    def breaks(found: Any, now: Any) -> None:
        if any(way.row.identifier_id == people[1] for way in found):
            raise ZeroDivisionError
        given(found, now)

    doers: dict[type[graph.Step], steps.Doer] = dict(steps.DOERS) | {graph.GiveOffer: breaks}
    monkeypatch.setattr(stepping, "DOERS", doers)
    now = utc_now()
    services.step_slice(now=now)
    assert [state for state, _, _ in ways.states()] == ["done", "waiting", "done"]
    poison = Enrollment.objects.get(state="waiting")
    assert (poison.reason, poison.attempts, poison.lease) == ("error", 1, None)
    assert poison.due_at == now + stepping.PUT_OFF_FOR
    services.step_slice(now=now + stepping.PUT_OFF_FOR)
    poison.refresh_from_db()
    assert (poison.attempts, poison.due_at) == (2, now + 3 * stepping.PUT_OFF_FOR)


class Killed(BaseException):
    """As kill −9 would: nothing of the transaction stays, and nobody cleans up."""


@pytest.mark.parametrize("at", ["claimed", "written"])
def test_a_worker_that_dies_in_the_middle_does_nothing_twice_and_loses_nobody(
    sink: Sink, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    row = ways.journey({"id": "h", "do": "webhook", "endpoint": 1}, MAIL)
    ways.enter(row, *[world.person(f"u{n}", f"u{n}@example.com") for n in range(5)])
    written = writing.write

    def dies(*args: Any, **kwargs: Any) -> None:
        if at == "written":
            written(*args, **kwargs)
        raise Killed

    monkeypatch.setattr(writing, "write", dies)
    now = utc_now()
    with pytest.raises(Killed):
        services.step_slice(now=now)
    monkeypatch.setattr(writing, "write", written)
    assert services.step_slice(now=now) == 0
    assert services.step_slice(now=now + timedelta(minutes=3)) == 5
    ways.send(now + timedelta(minutes=3))
    assert sorted(sink.recipients) == [f"u{n}@example.com" for n in range(5)]
    assert TopicRow.objects.filter(topic="journey.webhook").count() == 5
    assert {state for state, _, _ in ways.states()} == {"done"}


def slow_worker(row: Journey) -> int:
    """One claims and is slow; its lease runs out and another takes over; then it wakes up: what it still works."""
    ways.enter(row, world.person())
    now, slow = utc_now(), uuid4()
    ids = claim(slow, now)
    later = now + timedelta(minutes=3)
    assert claim(uuid4(), now + timedelta(minutes=1)) == []
    assert claim(uuid4(), later) == ids
    return stepping.work(ids, slow, later)


def test_a_worker_whose_lease_ran_out_does_nothing() -> None:
    assert slow_worker(ways.journey(wait("w"))) == 0


def test_without_the_fence_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setattr(stepping, "FENCED", False)
    assert slow_worker(ways.journey(wait("w"))) == 1


def test_the_database_refuses_to_pass_a_step_twice_and_to_wait_for_nothing() -> None:
    ways.enter(ways.journey(wait()), world.person())
    row = Enrollment.objects.get()
    Passing.objects.create(enrollment=row, node="w", outcome="done", at=utc_now())
    with pytest.raises(IntegrityError, match="automation_passing_pkey"), transaction.atomic():
        Passing.objects.bulk_create([Passing(enrollment=row, node="w", outcome="done", at=utc_now())])
    for changes, name in (({"due_at": None}, "automation_waits_until"), ({"node": ""}, "automation_stands_somewhere")):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Enrollment.objects.update(**changes)


@pytest.mark.django_db(transaction=True)
def test_two_triggers_at_one_instant_make_one_enrollment() -> None:
    row = ways.journey(wait())
    jane = world.person()
    phone = world.seen(("user_id", "jane"), ("anonymous_id", "phone"))["anonymous_id"]
    start = threading.Barrier(2)

    def trigger(identifier_id: int, occasion: str) -> Callable[[], None]:
        def run() -> None:
            start.wait()
            ways.enter(row, identifier_id, occasion=occasion)
            connection.close()

        return run

    threads = [threading.Thread(target=trigger(pk, occasion)) for pk, occasion in ((jane, "a"), (phone, "b"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Enrollment.objects.count() == 1
