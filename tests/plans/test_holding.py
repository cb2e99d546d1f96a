"""Events held to the plan on their way into the log: monitored, quarantined, blocked, undeclared, by version."""

from typing import Any

import pytest
from django.test import Client

from events import services as events
from events.models import Event, RejectedEvent, Source, SourceDay
from plans import services
from plans.contracts import Draft
from plans.models import EventType, LearnedEvent, SourceMode, ViolationCount
from tests.plans.conftest import Send

GOOD, BAD = {"course": "Baking", "seats": 2}, {"seats": 0}
SENTENCES = "“course” is missing: send it. “seats” must be at least 1."


def counted() -> list[tuple[Any, ...]]:
    rows = ViolationCount.objects.order_by("path", "rule")
    return [tuple(row) for row in rows.values_list("name", "path", "rule", "count", "refused")]


def day() -> tuple[int, int, int, int]:
    row = SourceDay.objects.get()
    return row.received, row.accepted, row.rejected, row.violations


def test_a_monitored_source_keeps_what_breaks_the_plan_and_counts_it(booked: EventType, send: Send) -> None:
    send("Course Booked", GOOD, BAD, BAD)
    assert list(Event.objects.order_by("index").values_list("flags", flat=True)) == [
        [],
        ["plan_violation"],
        ["plan_violation"],
    ]
    assert counted() == [
        ("Course Booked", "", "any", 2, 0),
        ("Course Booked", "course", "required", 2, 0),
        ("Course Booked", "seats", "minimum", 2, 0),
    ]
    assert day() == (3, 3, 0, 2)
    assert RejectedEvent.objects.count() == 0
    sample = ViolationCount.objects.get(rule="any")
    assert Event.objects.filter(inbox_id=sample.sample_inbox_id, index=sample.sample_index, index__gte=1).exists()


def test_quarantine_then_a_new_version_then_replay(booked: EventType, send: Send, server: Source) -> None:
    services.set_mode(server.pk, "quarantine", only_declared=False)
    send("Course Booked", GOOD, BAD)
    assert Event.objects.count() == 1
    rejected = RejectedEvent.objects.get()
    assert (rejected.stage, rejected.reason, rejected.detail) == ("plan", "plan_violation", SENTENCES)
    assert day() == (2, 1, 1, 0)
    assert ("Course Booked", "", "any", 1, 1) in counted()

    services.publish_version(booked, Draft({"type": "object"}, {}, "Anything goes."), by=None)
    assert events.replay([rejected.pk]) == 1
    while events.process_slice():
        pass
    stored = list(Event.objects.order_by("id").values_list("properties", "flags"))
    assert stored == [(GOOD, []), (BAD, [])]


def test_what_is_refused_may_come_again_mended_under_the_same_message_id(
    booked: EventType, send: Send, server: Source
) -> None:
    services.set_mode(server.pk, "quarantine", only_declared=False)
    send("Course Booked", BAD, messageId="m-1")
    send("Course Booked", GOOD, messageId="m-1")
    assert list(Event.objects.values_list("properties", flat=True)) == [GOOD]
    assert day() == (2, 1, 1, 0)


def test_negative_control_without_a_plan_or_with_the_mode_off_everything_is_fine(
    send: Send, server: Source, booked: EventType
) -> None:
    services.set_mode(server.pk, "off", only_declared=True)
    send("Course Booked", BAD)
    send("Never Heard Of", {"a": 1})
    assert list(Event.objects.values_list("flags", flat=True)) == [[], []]
    assert counted() == []
    assert day() == (2, 2, 0, 0)


def test_a_blocked_event_is_flagged_or_refused(booked: EventType, send: Send, server: Source) -> None:
    services.set_status(booked, "blocked")
    send("Course Booked", GOOD)
    assert list(Event.objects.values_list("flags", flat=True)) == [["plan_violation"]]
    services.set_mode(server.pk, "quarantine", only_declared=False)
    send("Course Booked", GOOD)
    rejected = RejectedEvent.objects.get()
    sentence = "“Course Booked” is blocked by the tracking plan: stop sending it, or unblock it."
    assert (rejected.reason, rejected.detail) == ("event_blocked", sentence)
    assert Event.objects.count() == 1


def test_a_deprecated_event_is_still_checked_and_stored(booked: EventType, send: Send) -> None:
    services.set_status(booked, "deprecated")
    send("Course Booked", GOOD, BAD)
    assert sorted(Event.objects.values_list("flags", flat=True)) == [[], ["plan_violation"]]


def test_only_declared_events_where_the_source_says_so(booked: EventType, send: Send, server: Source) -> None:
    services.set_mode(server.pk, "quarantine", only_declared=True)
    send("Course Booked", GOOD)
    send("Corse Booked", {"course": "Baking"})
    rejected = RejectedEvent.objects.get()
    sentence = "“Corse Booked” is not in the tracking plan: declare it, or mend its name."
    assert (rejected.reason, rejected.detail) == ("undeclared", sentence)
    learned = LearnedEvent.objects.get(name="Corse Booked")
    assert (learned.count, learned.refused, learned.sampled) == (0, 1, 1)
    assert list(learned.properties.values_list("path", "types")) == [("course", {"string": 1})]


def test_an_alias_call_is_never_undeclared(send: Send, server: Source) -> None:
    services.set_mode(server.pk, "quarantine", only_declared=True)
    body = '{"batch":[{"type":"alias","previousId":"a1","userId":"u1"}]}'
    Client().post("/v1/batch", body, content_type="text/plain", HTTP_X_WRITE_KEY=server.write_key)
    while events.process_slice():
        pass
    assert RejectedEvent.objects.count() == 0


@pytest.mark.parametrize(
    "context",
    [{"protocols": {"event_version": 1}}, {"protocols": {"event_version": "1"}}, {"planVersion": 1}],
)
def test_a_client_that_names_its_version_is_held_to_that(
    booked: EventType, send: Send, context: dict[str, Any]
) -> None:
    schema = {"type": "object", "required": ["teacher"]}
    services.publish_version(booked, Draft(schema, {}, "Teachers are asked for."), by=None)
    send("Course Booked", GOOD, context=context)
    send("Course Booked", GOOD)
    send("Course Booked", GOOD, context={"protocols": {"event_version": 99}})
    assert list(Event.objects.order_by("id").values_list("flags", flat=True)) == [
        [],
        ["plan_violation"],
        ["plan_violation"],
    ]


def test_a_source_of_its_own_has_a_mode_of_its_own(booked: EventType, send: Send, server: Source) -> None:
    other = Source.objects.create(name="shop", kind=Source.Kind.SERVER)
    services.set_mode(server.pk, "quarantine", only_declared=False)
    send("Course Booked", BAD)
    send("Course Booked", BAD, source=other)
    assert list(RejectedEvent.objects.values_list("source_id", flat=True)) == [server.pk]
    assert list(Event.objects.values_list("source_id", "flags")) == [(other.pk, ["plan_violation"])]
    assert SourceMode.objects.count() == 1


def test_undeclared_names_of_a_day_are_counted_together_past_a_bound(
    send: Send, server: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plans.services.counting.MOST_UNDECLARED", 2)
    services.set_mode(server.pk, "monitor", only_declared=True)
    for number in range(5):
        send(f"Made Up {number}", {})
    found = ViolationCount.objects.filter(rule="undeclared").order_by("name")
    assert list(found.values_list("name", "count")) == [("(other names)", 3), ("Made Up 0", 1), ("Made Up 1", 1)]
