"""The decision about a message: its state table, each condition flipped singly."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cdp.lib.decision import Decision
from mailing.contracts import END, GO, WAIT, Said
from mailing.deciding import Facts, Rules, Verdict, decide

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULES = Rules(cap_per_day=2, cap_per_week=3, quiet_from_hour=21, quiet_to_hour=8)
OPEN = Facts(
    said=Said(GO, since=NOW - HOUR, newest_first=NOW - HOUR),
    consent=Decision(True, "granted", 7),
    last_mailed_at=NOW - 30 * HOUR,
    mails_today=1,
    mails_this_week=2,
    zone="Europe/Berlin",
)
SOON = NOW + timedelta(minutes=5)
FLIPPED: dict[str, tuple[dict[str, object], Verdict]] = {
    "its story ended": ({"said": Said(END, "cart_ordered")}, Verdict(END, "cart_ordered")),
    "its story waits": ({"said": Said(WAIT, "not_idle", SOON)}, Verdict(WAIT, "not_idle", SOON)),
    "its journey is paused": ({"said": Said(WAIT, "held")}, Verdict(WAIT, "held", NOW + timedelta(minutes=1))),
    "shared": ({"is_shared": True}, Verdict(END, "shared_profile")),
    "another's address": ({"is_theirs": False}, Verdict(END, "address_changed")),
    "nowhere to go": ({"has_address": False}, Verdict(WAIT, "no_address", SOON)),
    "nowhere for long": (
        {"has_address": False, "waiting_since": NOW - 10 * HOUR},
        Verdict(WAIT, "no_address", NOW + HOUR),
    ),
    "suppressed": ({"suppressed": "complaint"}, Verdict(END, "suppressed_complaint")),
    "not allowed": ({"consent": Decision(False, "withdrawn", 9)}, Verdict(END, "consent_withdrawn", None, 9)),
    "mailed since": ({"last_mailed_at": NOW - HOUR}, Verdict(END, "mailed_lately")),
    "another goes first": ({"newer_queued": True}, Verdict(WAIT, "newer_cart", NOW + timedelta(minutes=1))),
    "a pause": ({"paused_until": NOW + HOUR}, Verdict(WAIT, "paused", NOW + HOUR)),
    "less often": (
        {"at_most_every": timedelta(days=7)},
        Verdict(WAIT, "frequency", NOW - 30 * HOUR + timedelta(days=7)),
    ),
    "enough today": ({"mails_today": 2}, Verdict(END, "capped_day")),
    "enough this week": ({"mails_this_week": 3}, Verdict(END, "capped")),
    "at night where they are": (
        {"zone": "Asia/Tokyo"},
        Verdict(WAIT, "quiet_hours", datetime(2026, 6, 10, 23, 0, tzinfo=UTC)),
    ),
}


def test_with_everything_right_it_goes_by_the_entry_that_allowed_it() -> None:
    assert decide(OPEN, rules=RULES, now=NOW) == Verdict(GO, evidence=7)


@pytest.mark.parametrize("what", FLIPPED)
def test_each_condition_alone_keeps_it_from_going(what: str) -> None:
    changes, verdict = FLIPPED[what]
    assert decide(replace(OPEN, **changes), rules=RULES, now=NOW) == verdict  # type: ignore[arg-type]


def test_reasons_are_told_in_the_order_of_the_questions() -> None:
    """With everything wrong each is told once those before it are mended; the table stands in that order."""
    wrong = [changes for what, (changes, _) in FLIPPED.items() if "nowhere" not in what and "its" not in what]
    told = []
    for n in range(len(wrong)):
        facts = OPEN
        for changes in reversed(wrong[n:]):
            facts = replace(facts, **changes)  # type: ignore[arg-type]
        told.append(decide(facts, rules=RULES, now=NOW).reason)
    expected = [v.reason for what, (_, v) in FLIPPED.items() if "nowhere" not in what and "its" not in what]
    assert told == expected


def test_a_stop_of_everything_holds_marketing_only() -> None:
    stopped = replace(RULES, is_stopped=True)
    assert decide(OPEN, rules=stopped, now=NOW) == Verdict(WAIT, "stopped", SOON)
    about_an_order = replace(OPEN, kind="transactional", mails_this_week=9, zone="Asia/Tokyo", is_shared=True)
    about_an_order = replace(about_an_order, consent=Decision(False, "withdrawn"), paused_until=NOW + HOUR)
    assert decide(about_an_order, rules=stopped, now=NOW) == Verdict(GO)
    assert decide(replace(about_an_order, suppressed="hard_bounce"), rules=stopped, now=NOW).action == END


def test_no_wait_is_longer_than_the_story_keeps() -> None:
    until = NOW + HOUR
    facts = replace(OPEN, said=Said(GO, until=until), paused_until=NOW + 99 * HOUR)
    assert decide(facts, rules=RULES, now=NOW) == Verdict(WAIT, "paused", until + timedelta(seconds=1))
    assert decide(replace(facts, paused_until=NOW + timedelta(minutes=1)), rules=RULES, now=NOW).not_before == (
        NOW + timedelta(minutes=1)
    )


def test_no_caps_and_no_hours_ask_nothing() -> None:
    assert (
        decide(replace(OPEN, mails_today=99, mails_this_week=99, zone="no/zone"), rules=Rules(), now=NOW).action == GO
    )
