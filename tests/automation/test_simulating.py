"""A way through a journey with time skipped: waits, events, goals, exits, and what holds a message back."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from automation.graph import parse
from automation.simulating import Answer, AskMail, Happened, Past, Walk, walk
from mailing.contracts import Said

BEGUN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
MAIL = {"id": "mail", "do": "send", "channel": "email", "template": "hello"}
Says = Callable[[AskMail], Answer]


def after(**length: float) -> datetime:
    return BEGUN + timedelta(**length)


def gone(
    steps: Sequence[object],
    *events: tuple[datetime, str],
    says: Says = lambda asked: Answer("go"),
    holds: bool = False,
    **more: Any,
) -> Walk:
    """The whole way; rules hold or do not."""
    graph = parse({"trigger": {"on": "api"}, "steps": list(steps)} | more)
    happened = tuple(Happened(at, name, {}) for at, name in events)
    past = Past(happened, "Europe/Berlin", lambda at, mailed: Said("go"), lambda step: step.arms()[0].key)
    way = walk(graph, BEGUN, past, horizon=after(days=30))
    try:
        question = next(way)
        while True:
            reply = says(question) if isinstance(question, AskMail) else frozenset(question.rules if holds else ())
            question = way.send(reply)
    except StopIteration as done:
        found: Walk = done.value
    return found


def times(found: Walk) -> list[tuple[str, datetime, str]]:
    return [(one.node, one.at, one.outcome) for one in found.passed]


def test_waits_follow_the_persons_clock_and_weekdays() -> None:
    steps = [{"id": "w", "do": "wait_until", "at": "08:30", "weekdays": [6]}, MAIL]
    assert times(gone(steps)) == [
        ("w", BEGUN, "done"),
        ("mail", datetime(2026, 3, 7, 7, 30, tzinfo=UTC), "sent"),
    ]


def test_an_awaited_event_goes_one_way_and_its_absence_the_other() -> None:
    steps = [
        {
            "id": "w",
            "do": "wait_for",
            "event": "Product Viewed",
            "timeout": {"days": 2},
            "then": [],
            "else": [MAIL],
        }
    ]
    assert times(gone(steps, (after(hours=5), "Product Viewed"))) == [("w", BEGUN, "then")]
    assert times(gone(steps, (after(days=3), "Product Viewed"))) == [
        ("w", BEGUN, "timeout"),
        ("mail", after(days=2), "sent"),
    ]


def test_the_goal_and_an_exit_end_it_before_the_next_step() -> None:
    steps = [{"id": "w", "do": "wait", "for": {"days": 1}}, MAIL]
    goal = {"event": "Order Completed", "within_days": 7}
    reached = gone(steps, (after(hours=3), "Order Completed"), goal=goal)
    assert (reached.ended_at, reached.reason, reached.sent) == (after(days=1), "goal_reached", ())
    exits = [{"event": "Unsubscribed", "label": "said no"}]
    left = gone(steps, (after(hours=3), "Unsubscribed"), exits=exits)
    assert (left.reason, left.label) == ("exit_event", "said no")
    by_rule = gone(steps, holds=True, exits=[{"rule": {"has": "email"}, "label": "known"}])
    assert (by_rule.ended_at, by_rule.reason, by_rule.label) == (BEGUN, "exit_rule", "known")
    assert gone(steps, audience={"has": "email"}).reason == "audience"


def test_a_message_waits_for_its_hour_and_is_skipped_where_it_may_not_go() -> None:
    def at_ten(asked: AskMail) -> Answer:
        return Answer("go") if asked.at >= after(hours=1) else Answer("wait", "quiet_hours", after(hours=1))

    assert times(gone([MAIL], says=at_ten)) == [("mail", BEGUN, "held"), ("mail", after(hours=1), "sent")]
    refused = gone([MAIL], says=lambda asked: Answer("end", "consent_withdrawn"))
    assert [(one.outcome, one.reason) for one in refused.passed] == [("skipped", "consent_withdrawn")]
    assert (refused.ended_at, refused.reason) == (BEGUN, "")

    def later(asked: AskMail) -> Answer:
        return Answer("go") if asked.at >= after(hours=1) else Answer("wait", "cap", asked.at + timedelta(minutes=5))

    again = gone([MAIL], says=later).passed  # equal waits after each other are one line
    assert [(one.at, one.outcome, one.until) for one in again] == [
        (BEGUN, "held", after(hours=1)),
        (after(hours=1), "sent", None),
    ]
    nowhere = gone([MAIL], says=lambda asked: Answer("wait", "no_address", asked.at + timedelta(hours=12)))
    assert nowhere.passed[-1].at == after(days=1)
    assert (nowhere.passed[-1].outcome, nowhere.passed[-1].reason) == ("skipped", "no_address")
    held_out = gone([MAIL, MAIL | {"id": "again"}], says=lambda asked: Answer("end", held_out=True))
    assert (held_out.reason, len(held_out.passed)) == ("held_out", 1)


def test_what_lies_behind_the_horizon_is_not_told() -> None:
    steps = [MAIL, {"id": "w", "do": "wait", "for": {"days": 60}}, MAIL | {"id": "later"}]
    found = gone(steps)
    assert (found.ended_at, found.reason, found.node) == (None, "on_way", "w")
    assert len(found.sent) == 1
