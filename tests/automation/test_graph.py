"""A journey's JSON read: what it says, what follows what, and every bad piece refused by its path."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from automation import graph
from automation.graph import GraphError, WaitUntil

EVERYTHING: dict[str, Any] = {
    "trigger": {"on": "cart_abandoned", "idle_minutes": 60, "max_age_hours": 72},
    "audience": {"trait": "country", "is": "eq", "value": "DE"},
    "goal": {"event": "Order Completed", "where": [], "within_days": 7},
    "exits": [{"rule": {"in_segment": "vip"}, "label": "VIP"}, {"event": "order_completed"}],
    "steps": [
        {"id": "mail_1", "do": "send", "channel": "email", "template": "abandoned_cart"},
        {"id": "w1", "do": "wait", "for": {"days": 1, "hours": 2}},
        {"id": "w2", "do": "wait_until", "at": "10:00", "weekdays": [1, 2, 3, 4, 5]},
        {
            "id": "w3",
            "do": "wait_for",
            "event": "Product Viewed",
            "timeout": {"days": 2},
            "then": [{"id": "t1", "do": "set_trait", "trait": "keen", "value": True}],
            "else": [],
        },
        {
            "id": "b1",
            "do": "branch",
            "arms": [
                {"if": {"in_segment": "vip"}, "name": "VIP", "steps": [{"id": "x1", "do": "exit", "label": "no"}]}
            ],
            "else": [{"id": "o1", "do": "give_offer", "title": "10 % off", "code": "BACK10", "days": 7}],
        },
        {
            "id": "s1",
            "do": "split",
            "arms": [
                {"name": "A", "share": 0.5, "steps": [{"id": "l1", "do": "add_to_list", "list": "warm"}]},
                {"name": "B", "share": 0.5},
            ],
        },
        {"id": "h1", "do": "webhook", "endpoint": 3, "name": "CRM"},
        {"id": "n1", "do": "notify_staff", "to": ["a@b.example"], "text": "look"},
    ],
}


def with_steps(*steps: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"trigger": {"on": "api"}, "goal": None, "exits": [], "steps": list(steps)} | changes


def wait(node: str = "w1", **length: int) -> dict[str, Any]:
    return {"id": node, "do": "wait", "for": length or {"days": 1}}


def nested(depth: int) -> list[dict[str, Any]]:
    if depth == 0:
        return [wait("deep")]
    arm = {"name": "a", "if": {"in_segment": "vip"}, "steps": nested(depth - 1)}
    return [{"id": f"b{depth}", "do": "branch", "arms": [arm]}]


def test_every_kind_of_step_is_read_and_says_itself() -> None:
    read = graph.parse(EVERYTHING)
    assert {step.do for step in read.nodes.values()} == set(graph.STEPS)
    assert list(read.nodes) == ["mail_1", "w1", "w2", "w3", "t1", "b1", "x1", "o1", "s1", "l1", "h1", "n1"]
    assert [step.sentence() for step in read.nodes.values()] == [
        "Send an e-mail: “abandoned_cart”",
        "Wait 1 day 2 hours",
        "Wait until 10:00 where they live, Monday to Friday",
        "Wait for Product Viewed, at most 2 days",
        "Set keen to true",
        "Branch: “VIP” if in the segment vip; everybody else",
        "Leave the journey: no",
        "Give the offer “10 % off” with the code BACK10 for 7 days",
        "Split by chance: 0.5 “A”, 0.5 “B”",
        "Put them on the list “warm”",
        "Tell another system: “CRM”",
        "Tell a@b.example: look",
    ]
    assert read.heard() == {"Order Completed"}
    assert read.trigger.sentence() == "a cart was left for 1 hour"


def test_after_a_fork_the_flow_goes_on_behind_it() -> None:
    read = graph.parse(EVERYTHING)
    assert read.first == "mail_1"
    assert (read.next_of("w3", "then"), read.next_of("t1"), read.next_of("w3", "timeout")) == ("t1", "b1", "b1")
    assert (read.next_of("b1", "VIP"), read.next_of("x1"), read.next_of("b1", "else")) == ("x1", "", "o1")
    assert (read.next_of("o1"), read.next_of("s1", "B"), read.next_of("l1"), read.next_of("n1")) == (
        "s1",
        "h1",
        "h1",
        "",
    )


@pytest.mark.parametrize(
    ("raw", "path", "message"),
    [
        ([], "$", "takes a journey"),
        (with_steps(trigger={"on": "moon"}), "$.trigger.on", "takes one of cart_abandoned"),
        (
            with_steps(trigger={"on": "cart_abandoned", "idle": 3}),
            "$.trigger",
            "unknown key 'idle'; it takes on, idle_m",
        ),
        (
            with_steps(trigger={"on": "cart_abandoned", "idle_minutes": 120, "max_age_hours": 1}),
            "$.trigger.max_age_h",
            "mor",
        ),
        (with_steps(audience={"in_segment": 3}), "$.audience.in_segment", "takes the slug"),
        (with_steps(exits=[{"rule": {"all": [{"x": 1}]}}]), "$.exits[0].rule.all[0]", "takes exactly one of the keys"),
        (with_steps(goal={"event": "", "within_days": 1}), "$.goal.event", "takes the name of an event"),
        (with_steps({"id": "A", "do": "exit"}), "$.steps[0].id", "takes an id of its own"),
        (with_steps(wait(), wait()), "$.steps[1].id", "'w1' is the id of the step at $.steps[0] already"),
        (with_steps({"id": "a", "do": "fly"}), "$.steps[0].do", "takes one of send, wait"),
        (with_steps(wait(days=366)), "$.steps[0].for", "takes a duration from 1 minute to 365 days"),
        (with_steps({"id": "w", "do": "wait_until", "at": "24:00"}), "$.steps[0].at", "takes a local time"),
        (with_steps(*nested(8)), "$.steps[0].arms[0].steps[0]", "is nested deeper than 8 levels"),
        (
            with_steps(*[wait(f"w{n}") for n in range(101)]),
            "$.steps[100]",
            "one step too many: a journey takes at most 100",
        ),
        (
            with_steps({"id": "s", "do": "split", "arms": [{"name": "A", "share": 0.5}, {"name": "B", "share": 0.4}]}),
            "$.steps[0].arms",
            "its shares add up to 0.9; they take 1 in all",
        ),
        (
            with_steps(
                {"id": "w", "do": "wait_for", "event": "X", "timeout": {"days": 1}, "where": [{"property": "a"}]}
            ),
            "$.steps[0].where[0].is",
            "unknown operator None",
        ),
        (
            with_steps({"id": "n", "do": "notify_staff", "to": ["x"], "text": "y"}),
            "$.steps[0].to",
            "takes a list of 1 to 10",
        ),
        (with_steps({"id": "t", "do": "set_trait", "trait": "x", "value": [1]}), "$.steps[0].value", "takes a text"),
    ],
)
def test_a_bad_piece_is_refused_by_its_path_and_what_it_takes(raw: object, path: str, message: str) -> None:
    with pytest.raises(GraphError) as refused:
        graph.parse(raw)
    assert refused.value.path.startswith(path)
    assert message in refused.value.message


def test_all_bad_steps_are_told_at_once_each_with_its_id() -> None:
    found = graph.check(with_steps(wait("w1", days=400), wait("ok"), {"id": "s", "do": "send"}, trigger=None))
    assert [(one.level, one.path, one.node) for one in found] == [
        ("error", "$.trigger", ""),
        ("error", "$.steps[0].for", "w1"),
        ("error", "$.steps[2].template", "s"),
    ]


def test_what_a_journey_will_not_do_as_meant_is_said_in_words() -> None:
    send = {"do": "send", "channel": "email", "template": "t"}
    steps = [{"id": "a"} | send, {"id": "b"} | send, {"id": "x", "do": "exit"}, wait("late")]
    found = graph.check(with_steps(*steps), purpose="")
    assert [(one.level, one.node, one.message) for one in found] == [
        ("error", "", "it sends, but is for no purpose: choose what people must have agreed to"),
        ("warning", "", "it has no goal: people are written to on, whatever they have done meanwhile"),
        ("warning", "b", "it is sent right behind the message before it: wait between them"),
        ("warning", "late", "nobody comes here: the step before it ends the journey"),
    ]
    assert graph.check(EVERYTHING) == [
        graph.Finding("warning", "$.steps[4].else[0]", "no message after it tells of the offer", "o1")
    ]


@pytest.mark.parametrize(
    ("zone", "now", "at", "expected"),
    [
        ("Europe/Berlin", "2026-03-28T22:00", "02:30", "2026-03-29T01:30"),
        ("Europe/Berlin", "2026-10-24T22:00", "02:30", "2026-10-25T00:30"),
        ("Europe/Berlin", "2026-10-25T00:31", "02:30", "2026-10-25T01:30"),
        ("America/Santiago", "2026-09-05T12:00", "00:15", "2026-09-06T04:15"),
        ("Australia/Lord_Howe", "2026-10-03T10:00", "02:15", "2026-10-03T15:45"),
        ("Pacific/Apia", "2026-06-01T12:00", "10:00", "2026-06-01T21:00"),
        ("UTC", "2026-06-01T10:00", "10:00", "2026-06-01T10:00"),
    ],
)
def test_a_local_time_is_found_over_every_clock_change(zone: str, now: str, at: str, expected: str) -> None:
    step = graph.parse(with_steps({"id": "w", "do": "wait_until", "at": at})).nodes["w"]
    assert isinstance(step, WaitUntil)
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert step.instant(moment, ZoneInfo(zone)) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_wait_for_weekdays_passes_over_the_others() -> None:
    step = graph.parse(with_steps({"id": "w", "do": "wait_until", "at": "10:00", "weekdays": [1]})).nodes["w"]
    assert isinstance(step, WaitUntil)
    saturday = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert step.instant(saturday, ZoneInfo("UTC")) - saturday == timedelta(days=1, hours=22)
