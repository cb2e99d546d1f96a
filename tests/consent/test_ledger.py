"""The fold of the ledger, by cases and by laws."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import ledger
from consent.contracts import DENIED, EXPIRED, GRANTED, PENDING, STATES, WITHDRAWN, LedgerLine

T0 = datetime(2026, 3, 1, tzinfo=UTC)
ADDRESS = b"a" * 16


def line(id_: int, state: str, *, minute: int, subject: bytes | int = ADDRESS, method: str = "event") -> LedgerLine:
    return LedgerLine(id_, subject, state, T0 + timedelta(minutes=minute), method)


def at(minute: int) -> datetime:
    return T0 + timedelta(minutes=minute)


def test_the_default_holds_only_while_nothing_is_known() -> None:
    assert ledger.decide([], at=at(9), allowed_by_default=True).reason == "default_allowed"
    refused = ledger.decide([], at=at(9), allowed_by_default=False)
    assert (refused.allowed, refused.reason, refused.evidence) == (False, "default_denied", None)
    known = ledger.decide([line(1, DENIED, minute=0, subject=7)], at=at(9), allowed_by_default=True)
    assert (known.allowed, known.reason, known.evidence) == (False, DENIED, 1)


def test_a_later_grant_on_the_same_subject_replaces_its_withdrawal() -> None:
    lines = [line(1, WITHDRAWN, minute=1, subject=7), line(2, GRANTED, minute=2, subject=7)]
    decision = ledger.decide(lines, at=at(9), allowed_by_default=False)
    assert (decision.allowed, decision.evidence) == (True, 2)


def test_the_state_at_an_instant_ignores_what_was_said_later() -> None:
    lines = [line(1, GRANTED, minute=1, subject=7), line(2, WITHDRAWN, minute=5, subject=7)]
    assert ledger.decide(lines, at=at(4), allowed_by_default=False).allowed
    assert not ledger.decide(lines, at=at(5), allowed_by_default=False).allowed


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        (GRANTED, WITHDRAWN, WITHDRAWN),
        (GRANTED, DENIED, DENIED),
        (EXPIRED, DENIED, DENIED),
        (EXPIRED, PENDING, EXPIRED),
        (PENDING, GRANTED, PENDING),
    ],
)
def test_between_two_identifiers_of_one_person_the_strictest_wins(one: str, other: str, verdict: str) -> None:
    lines = [line(1, other, minute=1, subject=1), line(2, one, minute=2, subject=2)]
    assert ledger.decide(lines, at=at(9), allowed_by_default=True).reason == verdict


def test_of_two_entries_at_one_instant_the_stricter_holds() -> None:
    lines = [line(1, WITHDRAWN, minute=1, subject=1), line(2, GRANTED, minute=1, subject=1)]
    assert ledger.decide(lines, at=at(9), allowed_by_default=True).reason == WITHDRAWN


def decide_mail(*lines: LedgerLine) -> tuple[bool, str, int | None]:
    found = ledger.decide_for_address(lines, address_hash=ADDRESS, at=at(99), allowed_by_default=False)
    return found.allowed, found.reason, found.evidence


def test_a_grant_never_travels_to_another_address() -> None:
    assert decide_mail(line(1, GRANTED, minute=1, subject=b"b" * 16)) == (False, "default_denied", None)
    assert decide_mail(line(1, GRANTED, minute=1, subject=7)) == (False, "default_denied", None)


def test_a_restriction_on_an_identifier_holds_for_the_address_until_a_later_grant_there() -> None:
    granted, restricted = line(1, GRANTED, minute=1), line(2, WITHDRAWN, minute=2, subject=7)
    assert decide_mail(granted, restricted) == (False, WITHDRAWN, 2)
    assert decide_mail(granted, restricted, line(3, GRANTED, minute=3)) == (True, GRANTED, 3)


def test_a_sign_up_that_waits_takes_nothing_from_a_yes_to_the_same_address_whichever_came_first() -> None:
    yes, waits = line(1, GRANTED, minute=1), line(2, PENDING, minute=2)
    assert decide_mail(yes, waits) == (True, GRANTED, 1)
    assert decide_mail(waits) == (False, PENDING, 2)
    assert decide_mail(yes, waits, line(3, WITHDRAWN, minute=3)) == (False, WITHDRAWN, 3)
    assert decide_mail(line(1, GRANTED, minute=3, method="context"), waits) == (True, GRANTED, 1)
    assert decide_mail(yes, line(2, PENDING, minute=2, subject=7)) == (True, GRANTED, 1)


@pytest.mark.parametrize("restricted", [WITHDRAWN, DENIED, EXPIRED])
@pytest.mark.parametrize("by", ["event", "context"])
def test_a_grant_sent_along_with_events_never_lifts_a_restriction_of_an_address(restricted: str, by: str) -> None:
    sent_along = [line(1, GRANTED, minute=1, method="context"), line(2, GRANTED, minute=9, method="context")]
    assert decide_mail(*sent_along)[:2] == (True, GRANTED)
    assert decide_mail(*sent_along, line(3, restricted, minute=5, method=by)) == (False, restricted, 3)
    assert decide_mail(*sent_along, line(3, restricted, minute=5, method=by, subject=7)) == (False, restricted, 3)
    lifted = line(4, GRANTED, minute=6)
    assert decide_mail(*sent_along, line(3, restricted, minute=5, method=by), lifted) == (True, GRANTED, 4)


def test_a_device_may_change_what_it_sends_along_but_not_what_the_person_said() -> None:
    said = [
        line(1, DENIED, minute=1, subject=7, method="context"),
        line(2, GRANTED, minute=2, subject=7, method="context"),
    ]
    assert ledger.decide(said, at=at(9), allowed_by_default=False).evidence == 2
    said.append(line(3, WITHDRAWN, minute=0, subject=7, method="api"))
    assert ledger.decide(said, at=at(9), allowed_by_default=True).evidence == 3
    said += [line(4, GRANTED, minute=3, subject=7), line(5, DENIED, minute=4, subject=7, method="context")]
    assert ledger.decide(said, at=at(3), allowed_by_default=False).evidence == 4
    assert ledger.decide(said, at=at(9), allowed_by_default=True).evidence == 5


STATEMENTS = st.lists(
    st.tuples(st.sampled_from(sorted(STATES)), st.integers(0, 5), st.sampled_from([1, 2, 3])), max_size=12
)


@given(STATEMENTS, st.randoms())
def test_the_order_of_arrival_never_matters(said: list[tuple[str, int, int]], random: object) -> None:
    lines = [line(i, state, minute=minute, subject=subject) for i, (state, minute, subject) in enumerate(said)]
    shuffled = list(lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert ledger.decide(lines, at=at(9), allowed_by_default=True) == ledger.decide(
        shuffled, at=at(9), allowed_by_default=True
    )


@given(STATEMENTS)
def test_a_fresh_withdrawal_always_refuses(said: list[tuple[str, int, int]]) -> None:
    lines = [line(i, state, minute=minute, subject=subject) for i, (state, minute, subject) in enumerate(said)]
    lines.append(line(99, WITHDRAWN, minute=6, subject=1))
    assert not ledger.decide(lines, at=at(9), allowed_by_default=True).allowed


@given(STATEMENTS)
def test_a_subject_nobody_spoke_about_changes_nothing(said: list[tuple[str, int, int]]) -> None:
    lines = [line(i, state, minute=minute, subject=subject) for i, (state, minute, subject) in enumerate(said)]
    held = ledger.current(lines, at=at(9))
    assert set(held) == {subject for _, _, subject in said}
