"""Merging people gives the strictest of what their sides said: every combination of states, orders and instants, held
to an oracle of its own; and what is sabotaged is caught."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, permutations, product
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from cdp.lib.hashing import address_hash, keyed_hash
from consent import ledger, queries, services
from consent.contracts import (
    ANALYTICS,
    EMAIL_MARKETING,
    EXPIRED,
    GRANTED,
    PENDING,
    SMS_MARKETING,
    WITHDRAWN,
    LedgerLine,
    NewEntry,
    Subject,
)
from profiles import queries as profiles
from profiles.contracts import IdentifierKey
from tests.consent.strictness import Side, of_address, of_identifiers
from tests.profiles.worlds import arrive, event

T0 = datetime(2026, 3, 1, tzinfo=UTC)
N = 4
THREE = (None, GRANTED, WITHDRAWN)
SIX = (None, GRANTED, WITHDRAWN, "denied", EXPIRED, PENDING)
ADDRESS, OTHER = b"a" * 16, b"b" * 16
ACCOUNT, DEVICE = 1, 2
# Of an address: what was said of it, of its owner's account and device, and of another address of theirs.
SIDES: tuple[tuple[bytes | int, bool, bool], ...] = (
    (ADDRESS, True, True), (ACCOUNT, True, True), (DEVICE, False, True), (OTHER, False, False),
)  # fmt: skip
Combination = tuple[tuple[str | None, ...], tuple[int, ...]]


def minute(n: int) -> datetime:
    return T0 + timedelta(minutes=n)


def combinations(states: Sequence[str | None]) -> Iterator[Combination]:
    """Every state of every side, in every order of time, and all at once."""
    for said in product(states, repeat=N):
        yield from ((said, order) for order in [*permutations(range(1, N + 1)), (1,) * N])


def lines(said: Sequence[str | None], order: Sequence[int], keys: Sequence[bytes | int]) -> list[LedgerLine]:
    return [
        LedgerLine(n, key, state, minute(at), "api")
        for n, (state, at, key) in enumerate(zip(said, order, keys, strict=True), start=1)
        if state is not None
    ]


def wrong_of_identifiers(states: Sequence[str | None], instants: Sequence[int]) -> list[Combination]:
    found = []
    for said, order in combinations(states):
        told = lines(said, order, range(1, N + 1))
        sides = [Side(state, at) for state, at in zip(said, order, strict=True)]
        for now, default in product(instants, (True, False)):
            is_allowed, reasons = of_identifiers(sides, now, default)
            decision = ledger.decide(told, at=minute(now), allowed_by_default=default)
            if decision.allowed != is_allowed or decision.reason not in reasons:
                found.append((said, order))
    return found


def wrong_of_address(states: Sequence[str | None], instants: Sequence[int]) -> list[Combination]:
    found = []
    for said, order in combinations(states):
        told = lines(said, order, [key for key, *_ in SIDES])
        sides = [Side(s, at, same, knows) for s, at, (_, same, knows) in zip(said, order, SIDES, strict=True)]
        for now, default in product(instants, (True, False)):
            is_allowed, reasons = of_address(sides, now, default)
            decision = ledger.decide_for_address(
                [line for line in told if line.subject != OTHER],
                address_hash=ADDRESS,
                at=minute(now),
                allowed_by_default=default,
                speakers=frozenset({ACCOUNT}),
            )
            if decision.allowed != is_allowed or decision.reason not in reasons:
                found.append((said, order))
    return found


def test_all_combinations_of_three_states_on_four_identifiers_give_the_strictest_at_any_instant() -> None:
    assert wrong_of_identifiers(THREE, range(N + 2)) == []


def test_all_combinations_of_three_states_on_the_sides_of_an_address_give_the_strictest_at_any_instant() -> None:
    assert wrong_of_address(THREE, range(N + 2)) == []


def test_all_combinations_of_every_state_give_the_strictest_in_the_end() -> None:
    assert wrong_of_identifiers(SIX, [N]) == []
    assert wrong_of_address(SIX, [N]) == []


def latest(lines: Any) -> LedgerLine | None:
    return max(lines, key=lambda line: line.occurred_at, default=None)


def most_lenient(lines: Any) -> LedgerLine | None:
    return min(lines, key=lambda line: ledger.STRICTNESS[line.state], default=None)


@pytest.mark.parametrize("sabotage", [latest, most_lenient], ids=["the latest wins", "the most lenient wins"])
def test_a_fold_that_is_not_strict_is_caught(sabotage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "_strictest", sabotage)
    assert wrong_of_identifiers(THREE, [N])
    assert wrong_of_address((None, WITHDRAWN, PENDING, GRANTED), [N])


def test_a_fold_in_which_any_grant_lifts_a_refusal_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "_outlived", lambda line, grant: grant is not None)
    assert wrong_of_address(THREE, [N])


def test_a_fold_in_which_a_grant_travels_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    decide = ledger.decide_for_address

    def everybody_speaks(told: Any, **asked: Any) -> Any:
        return decide(told, **{**asked, "speakers": frozenset({ACCOUNT, DEVICE})})

    monkeypatch.setattr(ledger, "decide_for_address", everybody_speaks)
    assert wrong_of_address(THREE, [N])


SAID = st.lists(st.tuples(st.sampled_from(SIX), st.integers(1, 6)), min_size=2, max_size=7)


@given(SAID, st.integers(0, 7), st.booleans(), st.randoms())
def test_merging_in_any_order_of_arrival_gives_the_strictest(
    said: list[tuple[str | None, int]], now: int, default: bool, random: Any
) -> None:
    told = lines([s for s, _ in said], [at for _, at in said], range(1, len(said) + 1))
    random.shuffle(told)
    is_allowed, reasons = of_identifiers([Side(*one) for one in said], now, default)
    decision = ledger.decide(told, at=minute(now), allowed_by_default=default)
    assert (decision.allowed, decision.reason in reasons) == (is_allowed, True)


@given(SAID, st.integers(0, 7))
def test_who_joins_may_only_make_it_stricter_and_who_said_nothing_changes_nothing(
    said: list[tuple[str | None, int]], now: int
) -> None:
    told = lines([s for s, _ in said], [at for _, at in said], range(1, len(said) + 1))
    of_one = ledger.decide([line for line in told if line.subject == 1], at=minute(now), allowed_by_default=True)
    together = ledger.decide(told, at=minute(now), allowed_by_default=True)
    if told and not any(line.subject == 1 and line.occurred_at <= minute(now) for line in told):
        others = ledger.decide([line for line in told if line.subject != 1], at=minute(now), allowed_by_default=True)
        assert together == others
    elif not of_one.allowed:
        assert not together.allowed


# The same through the database: people who were really merged, asked at the gate.


def record(*entries: tuple[str, str, datetime, bytes | int]) -> None:
    with transaction.atomic():
        services.record_entries(
            [
                NewEntry(
                    keyed_hash("test", purpose, state, str(at), repr(key)),
                    purpose,
                    state,
                    "api",
                    at,
                    address_hash=key if isinstance(key, bytes) else None,
                    identifier_id=key if isinstance(key, int) else None,
                )
                for purpose, state, at, key in entries
            ],
            now=minute(9_999),
        )


@pytest.mark.django_db
def test_merged_people_are_asked_about_together_whatever_each_of_them_said() -> None:
    """81 people of four browsers each, who said everything that four can say, become one each by signing in."""
    said = list(product(THREE, repeat=N))
    names = [[f"anonymous_id:p{n}b{m}" for m in range(N)] for n in range(len(said))]
    ids = arrive([event(name, at=1, n=n) for n, name in enumerate(chain.from_iterable(names))])
    keys = [[ids[IdentifierKey(*name.split(":"))] for name in theirs] for theirs in names]
    record(
        *[
            (ANALYTICS, state, minute((n * 7 + m * 5) % 11), key)
            for n, states in enumerate(said)
            for m, (state, key) in enumerate(zip(states, keys[n], strict=True))
            if state is not None
        ]
    )
    arrive([event(f"user_id:u{n}", name, at=2, n=9_000 + n) for n, theirs in enumerate(names) for name in theirs])
    owners = profiles.profiles_of_identifiers([one for theirs in keys for one in theirs])
    assert len(set(owners.values())) == len(said)
    subjects = queries.subjects_of({owners[theirs[0]] for theirs in keys})
    asked = [subjects[owners[theirs[0]]] for theirs in keys]
    expected = [of_identifiers([Side(state, 0) for state in states], 0, True) for states in said]
    decisions = queries.allows_each(asked, ANALYTICS, minute(99))
    assert [(one.allowed, {one.reason}) for one in decisions] == expected


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "purpose", "value"),
    [("email", EMAIL_MARKETING, "ada@larkfell.example"), ("phone", SMS_MARKETING, "+491711234567")],
)
def test_what_is_said_of_an_address_follows_the_address_and_a_grant_no_other(
    kind: str, purpose: str, value: str
) -> None:
    elsewhere = "bob@larkfell.example" if kind == "email" else "+491707654321"
    ids = arrive([event(f"{kind}:{value}", "anonymous_id:a", at=1), event(f"{kind}:{elsewhere}", at=1, n=2)])
    device = ids[IdentifierKey("anonymous_id", "a")]

    def asked(address: str, *identifiers: int) -> tuple[bool, str]:
        hashed = address_hash(address)
        of_mail = kind == "email"
        subject = Subject(hashed if of_mail else None, identifiers, None if of_mail else hashed)
        decision = queries.allows(subject, purpose, minute(99))
        return decision.allowed, decision.reason

    record((purpose, GRANTED, minute(1), address_hash(value)))
    assert asked(value) == (True, GRANTED)
    assert asked(elsewhere) == (False, "default_denied")
    # A refusal by anything that is the owner's holds for the address, until a later grant of that address.
    record((purpose, WITHDRAWN, minute(2), device))
    assert asked(value, device) == (False, WITHDRAWN)
    assert asked(value) == (True, GRANTED)
    record((purpose, GRANTED, minute(3), address_hash(value)))
    assert asked(value, device) == (True, GRANTED)
    # Whoever has the address later has its withdrawal.
    record((purpose, WITHDRAWN, minute(4), address_hash(value)))
    assert asked(value, ids[IdentifierKey(kind, elsewhere)]) == (False, WITHDRAWN)
