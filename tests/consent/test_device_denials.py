"""What a device goes on denying is a line a change, and whatever order it arrives in, the same holds in the end."""

import itertools
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from consent import queries, services
from consent.contracts import ANALYTICS, CONTEXT, DENIED, GPC, GRANTED, WITHDRAWN, NewEntry, Subject
from consent.models import DeviceDenial, Entry
from consent.services import device_denials, ledger_writes

pytestmark = pytest.mark.django_db
T0 = datetime(2026, 3, 1, tzinfo=UTC)
NOW = T0 + timedelta(days=1)
DEVICE = 7


def said(n: int, state: str = DENIED, method: str = CONTEXT, proof: int | None = None) -> NewEntry:
    """At minute n."""
    at = T0 + timedelta(minutes=n)
    key = f"{n}{state}{method}".encode().ljust(16, b".")[:16]
    return NewEntry(key, ANALYTICS, state, method, at, identifier_id=DEVICE, proof_id=proof)


def hear(*entries: NewEntry) -> int:
    with transaction.atomic():
        return services.record_entries(entries, now=NOW)


def lines() -> list[tuple[str, str, int]]:
    rows = Entry.objects.order_by("occurred_at", "pk").values_list("state", "method", "occurred_at")
    return [(state, method, int((at - T0).total_seconds() // 60)) for state, method, at in rows]


def held(at: datetime = NOW) -> str:
    return queries.allows(Subject(identifier_ids=(DEVICE,)), ANALYTICS, at).reason


def test_a_denial_sent_along_with_batch_after_batch_is_one_line_until_it_changes() -> None:
    assert [hear(said(n)) for n in (1, 2, 3)] == [1, 0, 0]
    assert hear(said(4, GRANTED, CONTEXT)) == 1
    assert [hear(said(n)) for n in (5, 6)] == [1, 0]
    assert lines() == [(DENIED, CONTEXT, 1), (GRANTED, CONTEXT, 4), (DENIED, CONTEXT, 5)]
    assert DeviceDenial.objects.get().denied_at == T0 + timedelta(minutes=6)


def test_an_earlier_denial_another_kind_of_it_and_another_consent_string_are_lines_of_their_own() -> None:
    hear(said(5))
    assert hear(said(3)) == 1
    assert hear(said(6, method=GPC)) == 1
    assert hear(said(7, method="tcf", proof=1)) == 1
    assert hear(said(8, method="tcf", proof=2)) == 1
    assert hear(said(9, method="tcf", proof=2)) == 0


def test_what_somebody_said_is_always_a_line() -> None:
    assert [hear(said(n, WITHDRAWN, "api")) for n in (1, 2)] == [1, 1]
    assert [hear(said(n, DENIED, "event")) for n in (3, 4)] == [1, 1]


def test_a_yes_that_arrives_after_a_denial_that_was_no_line_does_not_outlive_it() -> None:
    hear(said(1))
    assert hear(said(3)) == 0
    hear(said(2, GRANTED, "api"))
    assert lines() == [(DENIED, CONTEXT, 1), (GRANTED, "api", 2), (DENIED, CONTEXT, 3)]
    assert held() == DENIED
    hear(said(4, GRANTED, "api"))
    assert held() == GRANTED


def test_without_the_memory_such_a_yes_would_stand_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control."""
    monkeypatch.setattr(ledger_writes, "denied_after", lambda _: [])
    for one in (said(1), said(3), said(2, GRANTED, "api")):
        hear(one)
    assert held() == GRANTED


STORY = (said(1), said(2, GRANTED, "api"), said(3), said(4, GRANTED, CONTEXT), said(5), said(6, GRANTED, "event"))


@pytest.mark.parametrize("length", [3, 4, 5, 6])
def test_every_order_of_arrival_ends_the_same(length: int) -> None:
    story = STORY[:length]
    orders = list(itertools.permutations(story))
    found = set()
    for order in orders[:: max(1, len(orders) // 60)]:
        with transaction.atomic():
            for one in order:
                hear(one)
            found.add(held())
            transaction.set_rollback(True)
    # A yes that a device sends along lifts no denial of its own after somebody's yes: the earlier yes holds again.
    assert found == {DENIED if story[-1].state == DENIED else GRANTED}


@pytest.mark.django_db(transaction=True)
def test_of_a_yes_and_a_later_denial_at_once_the_second_sees_the_first() -> None:
    hear(said(1))
    others: list[int] = []

    def deny() -> None:
        try:
            others.append(hear(said(3)))
        finally:
            connection.close()

    thread = threading.Thread(target=deny)
    with transaction.atomic():
        services.record_entries([said(2, GRANTED, "api")], now=NOW)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()  # it waits for the yes
    thread.join(10)
    assert others == [1]
    assert held() == DENIED


def test_only_what_stands_on_its_own_is_left_out() -> None:
    of_channel = NewEntry(b"k" * 16, "email_marketing", DENIED, CONTEXT, T0, identifier_id=DEVICE, channel="email")
    of_address = NewEntry(b"k" * 16, ANALYTICS, DENIED, GPC, T0, address_hash=b"a" * 16)
    assert [device_denials.is_device_denial(one) for one in (said(1), of_channel, of_address)] == [True, False, False]
