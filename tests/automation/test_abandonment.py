"""The abandoned cart: every condition flipped singly gives no mail, with its reason. Arming, by cases and laws."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.abandonment import story
from automation.arming import next_change
from automation.contracts import CartNow, CartStory, Change, Enrolled, Rules
from cdp.lib.decision import Decision
from mailing.deciding import Facts, Verdict, decide
from mailing.deciding import Rules as Policy

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
RULES = Rules(idle=timedelta(hours=1), max_age=timedelta(hours=72))
POLICY = Policy(cap_per_week=3)
LEFT = NOW - timedelta(hours=2)
CART = CartNow("open", 2, LEFT, LEFT)
GOOD = CartStory(cart=CART, armed_at=LEFT, offerable_lines=2, known_lines=2, ordered_since=False)


def asked(of_cart: CartStory = GOOD, *, now: datetime = NOW, **of_person: Any) -> Verdict:
    """The whole decision: the cart's story, then mailing's questions."""
    facts: dict[str, Any] = {
        "consent": Decision(True, "granted", 7),
        "mails_this_week": 2,
        "waiting_since": LEFT,
    } | of_person
    return decide(Facts(said=story(of_cart, rules=RULES, now=now), **facts), rules=POLICY, now=now)


def with_cart(**changes: Any) -> CartStory:
    return dataclasses.replace(GOOD, cart=dataclasses.replace(CART, **changes))


def test_with_every_condition_met_the_cart_is_mailed_on_the_consent_that_allows_it() -> None:
    assert asked() == Verdict("go", evidence=7)


@pytest.mark.parametrize(
    ("flipped", "action", "reason"),
    [
        (dataclasses.replace(GOOD, cart=None), "end", "cart_gone"),
        (with_cart(state="ordered"), "end", "cart_ordered"),
        (with_cart(state="emptied"), "end", "cart_emptied"),
        (with_cart(state="expired"), "end", "too_old"),
        (with_cart(line_count=0), "end", "cart_emptied"),
        (with_cart(added_at=None), "end", "cart_emptied"),
        (dataclasses.replace(GOOD, ordered_since=True), "end", "ordered_since"),
        (with_cart(activity_at=NOW - timedelta(hours=73)), "end", "too_old"),
        (with_cart(activity_at=NOW - timedelta(minutes=59)), "wait", "not_idle"),
        (dataclasses.replace(GOOD, offerable_lines=0), "end", "out_of_stock"),
        (dataclasses.replace(GOOD, known_lines=0), "end", "no_known_products"),
        ({"is_shared": True}, "end", "shared_profile"),
        ({"has_address": False}, "wait", "no_address"),
        ({"is_theirs": False}, "end", "address_changed"),
        ({"suppressed": "complaint"}, "end", "suppressed_complaint"),
        ({"consent": Decision(False, "withdrawn", 9)}, "end", "consent_withdrawn"),
        ({"consent": Decision(False, "default_denied")}, "end", "consent_default_denied"),
        ({"mails_this_week": 3}, "end", "capped"),
        ({"last_mailed_at": LEFT - timedelta(minutes=59)}, "end", "mailed_lately"),
        ({"newer_queued": True}, "wait", "newer_cart"),
    ],
)
def test_one_condition_flipped_means_no_mail(flipped: CartStory | dict[str, Any], action: str, reason: str) -> None:
    verdict = asked(flipped) if isinstance(flipped, CartStory) else asked(**flipped)
    assert (verdict.action, verdict.reason) == (action, reason)


def test_a_pause_is_waited_for_no_longer_than_the_cart_is_worth_writing_about() -> None:
    month = asked(paused_until=NOW + timedelta(days=30))
    assert (month.reason, month.not_before) == ("paused", LEFT + RULES.max_age + timedelta(seconds=1))
    later = asked(now=LEFT + RULES.max_age + timedelta(seconds=1), paused_until=NOW + timedelta(days=30))
    assert (later.action, later.reason) == ("end", "too_old")


def test_what_was_added_the_idle_time_after_the_last_mail_to_the_address_is_mailed() -> None:
    assert asked(last_mailed_at=LEFT - RULES.idle).action == "go"


def test_the_first_mail_about_a_cart_holds_up_none_behind_it() -> None:
    assert asked(dataclasses.replace(GOOD, was_mailed=True), last_mailed_at=NOW - timedelta(hours=1)).action == "go"


def test_a_cart_used_again_is_looked_at_when_it_will_be_idle() -> None:
    activity = NOW - timedelta(minutes=20)
    assert asked(with_cart(activity_at=activity)).not_before == activity + RULES.idle


def change(cart: CartNow | None, enrolled: Enrolled | None, before: datetime | None = None) -> Change:
    return next_change(cart, enrolled, mailed_before=before, rules=RULES, now=NOW)


def enrolled(state: str = "waiting", **rest: Any) -> Enrolled:
    values: dict[str, Any] = {"reason": "", "added_at": LEFT, "due_at": LEFT + RULES.idle, "mailed_at": None}
    return Enrolled(1, state, **(values | rest))


def test_a_cart_with_something_in_it_is_armed_an_idle_time_after_its_last_activity() -> None:
    activity = NOW - timedelta(minutes=10)
    assert change(dataclasses.replace(CART, activity_at=activity), None) == Change(
        "arm", 1, LEFT, activity + RULES.idle
    )


@pytest.mark.parametrize(
    "cart",
    [
        None,
        dataclasses.replace(CART, state="emptied", line_count=0),
        dataclasses.replace(CART, state="ordered"),
        dataclasses.replace(CART, activity_at=NOW - timedelta(hours=73)),
    ],
)
def test_a_cart_that_is_gone_closed_or_old_is_not_armed(cart: CartNow | None) -> None:
    assert change(cart, None).action == "none"


def test_activity_pushes_a_waiting_enrollment_and_the_same_news_again_does_not() -> None:
    activity = NOW - timedelta(minutes=5)
    cart = dataclasses.replace(CART, activity_at=activity)
    pushed = change(cart, enrolled())
    assert pushed == Change("push", 1, LEFT, activity + RULES.idle)
    assert change(cart, enrolled(due_at=activity + RULES.idle)).action == "none"


def test_an_enrollment_put_off_for_another_reason_is_not_pulled_forward() -> None:
    assert change(CART, enrolled(due_at=NOW + timedelta(hours=5), reason="quiet_hours")).action == "none"


def test_news_that_arrive_late_settle_before_a_mail_is_due() -> None:
    rules = dataclasses.replace(RULES, settle=timedelta(minutes=1))
    armed = next_change(CART, None, mailed_before=None, rules=rules, now=NOW)
    assert armed.due_at == NOW + timedelta(minutes=1)
    fresh = dataclasses.replace(CART, activity_at=NOW)
    assert next_change(fresh, None, mailed_before=None, rules=rules, now=NOW).due_at == NOW + RULES.idle


@pytest.mark.parametrize(("state", "reason"), [("emptied", "cart_emptied"), ("ordered", "cart_ordered")])
def test_a_closed_cart_lets_its_waiting_enrollment_go(state: str, reason: str) -> None:
    assert change(dataclasses.replace(CART, state=state), enrolled()) == Change("exit", reason=reason)
    assert change(dataclasses.replace(CART, state=state), enrolled("exited", reason="capped")).action == "none"


def test_a_mailed_cart_is_armed_again_only_by_an_item_added_an_idle_time_after_the_mail() -> None:
    mailed = enrolled("done", mailed_at=NOW - timedelta(hours=3), has_begun=True)
    early = dataclasses.replace(CART, added_at=NOW - timedelta(hours=2, seconds=1))
    late = dataclasses.replace(CART, added_at=NOW - timedelta(hours=2))
    assert change(early, mailed).action == "none"
    assert change(late, mailed) == Change("arm", 2, NOW - timedelta(hours=2), NOW)


def test_an_end_without_a_mail_is_reopened_by_a_new_item_and_never_by_a_look() -> None:
    ended = enrolled("exited", reason="capped")
    assert change(dataclasses.replace(CART, activity_at=NOW), ended).action == "none"
    added = dataclasses.replace(CART, added_at=NOW, activity_at=NOW)
    assert change(added, ended).action == "reopen"
    assert change(added, dataclasses.replace(ended, has_begun=True)) == Change("arm", 2, NOW, NOW + RULES.idle)


def test_a_new_item_an_idle_time_after_a_mail_ends_what_waits_behind_it_and_begins_anew() -> None:
    waiting = enrolled("waiting", mailed_at=NOW - timedelta(hours=3), has_begun=True, is_at_send=False)
    assert change(dataclasses.replace(CART, added_at=NOW - timedelta(hours=2, seconds=1)), waiting).action == "none"
    assert change(CART, waiting) == Change("again", 2, LEFT, NOW)


def test_news_of_a_cart_move_no_wait_of_its_journey() -> None:
    standing = enrolled("waiting", added_at=LEFT - timedelta(hours=1), due_at=NOW + timedelta(days=1), is_at_send=False)
    assert change(CART, standing) == Change("note", 1, LEFT, NOW + timedelta(days=1))


def test_a_cart_that_turns_out_not_to_be_closed_is_reopened() -> None:
    assert change(CART, enrolled("exited", reason="cart_ordered")).action == "reopen"


def test_a_cart_renamed_by_a_late_event_is_not_mailed_again() -> None:
    assert change(CART, None, before=NOW - timedelta(minutes=30)).action == "none"
    assert change(CART, None, before=LEFT - RULES.idle).action == "arm"


@given(st.integers(-5000, 0), st.integers(-5000, 0))
def test_a_late_event_never_arms_a_mailed_cart(added: int, activity: int) -> None:
    """Whatever the cart looks like: with nothing added after the mail there is no second one."""
    mailed = enrolled("done", mailed_at=NOW, has_begun=True)
    cart = CartNow("open", 1, NOW + timedelta(minutes=added), NOW + timedelta(minutes=activity))
    assert change(cart, mailed).action == "none"
