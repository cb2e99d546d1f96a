"""The decision to mail: every condition flipped singly gives no mail, with its reason. Arming, by cases and laws."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.abandonment import decide
from automation.arming import next_change
from automation.contracts import CartNow, Change, Enrolled, Facts, Rules
from automation.quiet_hours import is_quiet, next_allowed
from cdp.lib.decision import Decision

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
RULES = Rules(idle=timedelta(hours=1), max_age=timedelta(hours=72), cap_per_week=3)
LEFT = NOW - timedelta(hours=2)
CART = CartNow("open", 2, LEFT, LEFT)
GOOD = Facts(
    cart=CART,
    armed_at=LEFT,
    offerable_lines=2,
    known_lines=2,
    is_shared=False,
    has_address=True,
    suppressed="",
    consent=Decision(True, "granted", 7),
    ordered_since=False,
    mails_this_week=2,
)


def with_cart(**changes: Any) -> dict[str, Any]:
    return {"cart": dataclasses.replace(CART, **changes)}


def test_with_every_condition_met_the_cart_is_mailed_on_the_consent_that_allows_it() -> None:
    verdict = decide(GOOD, rules=RULES, now=NOW)
    assert (verdict.action, verdict.reason, verdict.evidence) == ("mail", "queued", 7)


@pytest.mark.parametrize(
    ("flipped", "action", "reason"),
    [
        ({"cart": None}, "end", "cart_gone"),
        (with_cart(state="ordered"), "end", "cart_ordered"),
        (with_cart(state="emptied"), "end", "cart_emptied"),
        (with_cart(line_count=0), "end", "cart_emptied"),
        (with_cart(added_at=None), "end", "cart_emptied"),
        ({"ordered_since": True}, "end", "ordered_since"),
        (with_cart(activity_at=NOW - timedelta(hours=73)), "end", "too_old"),
        (with_cart(activity_at=NOW - timedelta(minutes=59)), "wait", "not_idle"),
        ({"offerable_lines": 0}, "end", "out_of_stock"),
        ({"known_lines": 0}, "end", "no_known_products"),
        ({"is_shared": True}, "end", "shared_profile"),
        ({"has_address": False}, "wait", "no_address"),
        ({"suppressed": "complaint"}, "end", "suppressed_complaint"),
        ({"consent": Decision(False, "withdrawn", 9)}, "end", "consent_withdrawn"),
        ({"consent": Decision(False, "default_denied")}, "end", "consent_default_denied"),
        ({"mails_this_week": 3}, "end", "capped"),
        ({"last_mailed_at": LEFT - timedelta(minutes=59)}, "end", "mailed_lately"),
        ({"newer_queued": True}, "wait", "newer_cart"),
    ],
)
def test_one_condition_flipped_means_no_mail(flipped: dict[str, Any], action: str, reason: str) -> None:
    verdict = decide(dataclasses.replace(GOOD, **flipped), rules=RULES, now=NOW)
    assert (verdict.action, verdict.reason) == (action, reason)


def test_a_pause_is_waited_for_and_no_longer_than_the_cart_is_worth_writing_about() -> None:
    short = decide(dataclasses.replace(GOOD, paused_until=NOW + timedelta(hours=5)), rules=RULES, now=NOW)
    assert (short.action, short.reason, short.not_before) == ("wait", "paused", NOW + timedelta(hours=5))
    month = decide(dataclasses.replace(GOOD, paused_until=NOW + timedelta(days=30)), rules=RULES, now=NOW)
    assert month.not_before == LEFT + RULES.max_age + timedelta(seconds=1)
    later = decide(dataclasses.replace(GOOD, paused_until=NOW + timedelta(days=30)), rules=RULES, now=month.not_before)
    assert (later.action, later.reason) == ("end", "too_old")
    assert decide(dataclasses.replace(GOOD, paused_until=NOW), rules=RULES, now=NOW).action == "mail"


def test_mail_comes_no_more_often_than_its_reader_asked_for() -> None:
    weekly = dataclasses.replace(GOOD, last_mailed_at=NOW - timedelta(days=6), at_most_every=timedelta(days=7))
    verdict = decide(weekly, rules=RULES, now=NOW)
    assert (verdict.action, verdict.reason, verdict.not_before) == ("wait", "frequency", NOW + timedelta(days=1))
    assert decide(weekly, rules=RULES, now=NOW + timedelta(days=1)).action == "mail"
    monthly = dataclasses.replace(weekly, at_most_every=timedelta(days=30))
    assert decide(monthly, rules=RULES, now=NOW + timedelta(days=1)).reason == "frequency"


def test_what_was_added_the_idle_time_after_the_last_mail_to_the_address_is_mailed() -> None:
    mailed = dataclasses.replace(GOOD, last_mailed_at=LEFT - RULES.idle)
    assert decide(mailed, rules=RULES, now=NOW).action == "mail"


def test_quiet_hours_hold_back_until_they_end() -> None:
    rules = dataclasses.replace(RULES, quiet_from_hour=13, quiet_to_hour=8, time_zone="Europe/Berlin")
    verdict = decide(GOOD, rules=rules, now=NOW)
    assert (verdict.action, verdict.reason) == ("wait", "quiet_hours")
    assert verdict.not_before == datetime(2026, 6, 2, 6, 0, tzinfo=UTC)


def test_a_cart_used_again_is_looked_at_when_it_will_be_idle() -> None:
    activity = NOW - timedelta(minutes=20)
    verdict = decide(dataclasses.replace(GOOD, **with_cart(activity_at=activity)), rules=RULES, now=NOW)
    assert verdict.not_before == activity + RULES.idle


def test_a_missing_address_is_looked_for_ever_more_rarely() -> None:
    waits = []
    for hours in (2, 20):
        facts = dataclasses.replace(GOOD, has_address=False, armed_at=NOW - timedelta(hours=hours))
        not_before = decide(facts, rules=RULES, now=NOW).not_before
        assert not_before is not None
        waits.append(not_before - NOW)
    assert waits == [timedelta(minutes=12), timedelta(hours=2)]


ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo", "Africa/Cairo", "Asia/Kathmandu", "Pacific/Apia"])
HOURS = st.integers(0, 23)
INSTANTS = st.datetimes(datetime(2008, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(INSTANTS, HOURS, HOURS, ZONES)
def test_quiet_hours_end_in_every_zone_gap_and_fold(now: datetime, start: int, end: int, name: str) -> None:
    zone = ZoneInfo(name)
    allowed = next_allowed(now, from_hour=start, to_hour=end, zone=zone)
    assert allowed >= now
    assert not is_quiet(allowed, from_hour=start, to_hour=end, zone=zone)
    assert allowed - now <= timedelta(hours=25)
    if allowed > now:
        assert is_quiet(allowed - timedelta(seconds=1), from_hour=start, to_hour=end, zone=zone)


def test_a_zone_whose_midnight_does_not_exist_has_quiet_hours_that_end() -> None:
    zone = ZoneInfo("America/Sao_Paulo")  # 2017-10-15 began at 01:00
    late = datetime(2017, 10, 15, 2, 30, tzinfo=UTC)
    allowed = next_allowed(late, from_hour=22, to_hour=0, zone=zone)
    assert allowed.astimezone(zone).isoformat() == "2017-10-15T01:00:00-02:00"


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
    mailed = enrolled("done", mailed_at=NOW - timedelta(hours=3), has_message=True)
    early = dataclasses.replace(CART, added_at=NOW - timedelta(hours=2, seconds=1))
    late = dataclasses.replace(CART, added_at=NOW - timedelta(hours=2))
    assert change(early, mailed).action == "none"
    assert change(late, mailed) == Change("arm", 2, NOW - timedelta(hours=2), NOW)


def test_an_end_without_a_mail_is_reopened_by_a_new_item_and_never_by_a_look() -> None:
    ended = enrolled("exited", reason="capped")
    assert change(dataclasses.replace(CART, activity_at=NOW), ended).action == "none"
    added = dataclasses.replace(CART, added_at=NOW, activity_at=NOW)
    assert change(added, ended).action == "reopen"
    assert change(added, dataclasses.replace(ended, has_message=True)) == Change("arm", 2, NOW, NOW + RULES.idle)


def test_a_cart_that_turns_out_not_to_be_closed_is_reopened() -> None:
    assert change(CART, enrolled("exited", reason="cart_ordered")).action == "reopen"


def test_a_cart_renamed_by_a_late_event_is_not_mailed_again() -> None:
    assert change(CART, None, before=NOW - timedelta(minutes=30)).action == "none"
    assert change(CART, None, before=LEFT - RULES.idle).action == "arm"


@given(st.integers(-5000, 0), st.integers(-5000, 0))
def test_a_late_event_never_arms_a_mailed_cart(added: int, activity: int) -> None:
    """Whatever the cart looks like: with nothing added after the mail there is no second one."""
    mailed = enrolled("done", mailed_at=NOW, has_message=True)
    cart = CartNow("open", 1, NOW + timedelta(minutes=added), NOW + timedelta(minutes=activity))
    assert change(cart, mailed).action == "none"
