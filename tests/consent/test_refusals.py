"""What was not done is counted: once an hour a process, batched, for whom and by which entry."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from consent import queries
from consent.contracts import NewRefusal, RefusalFacts
from consent.models import Refusal
from consent.services import note_refusals
from consent.services.refusals import forget_refusals
from tests.statements import sent

T0 = datetime(2026, 3, 1, tzinfo=UTC)
ADA = b"a" * 16


def not_shown(identifier_id: int, reason: str = "denied", entry_id: int | None = 5) -> NewRefusal:
    return NewRefusal("recommendation", "personalization", reason, entry_id, identifier_id=identifier_id)


NOT_SENT = NewRefusal("send", "email_marketing", "withdrawn", 9, address_hash=ADA)


@pytest.mark.django_db
def test_refusals_are_counted_by_whom_use_purpose_and_reason() -> None:
    assert note_refusals([not_shown(1), not_shown(2), not_shown(1), NOT_SENT], T0) == 3
    assert note_refusals([not_shown(1), NOT_SENT], T0) == 0
    assert note_refusals([not_shown(1, "expired")], T0 + timedelta(minutes=1)) == 1
    forget_refusals()
    assert note_refusals([not_shown(1, entry_id=6)], T0 + timedelta(hours=2)) == 1
    common = {"use": "recommendation", "purpose": "personalization", "identifier_id": 1}
    assert queries.refusals_of([1]) == [
        RefusalFacts(
            reason="denied",
            entry_id=6,
            times=2,
            first_at=T0,
            last_at=T0 + timedelta(hours=2),
            **common,  # type: ignore[arg-type]
        ),
        RefusalFacts(
            reason="expired",
            entry_id=5,
            times=1,
            first_at=T0 + timedelta(minutes=1),
            last_at=T0 + timedelta(minutes=1),
            **common,  # type: ignore[arg-type]
        ),
    ]
    (mail,) = queries.refusals_of([], [ADA])
    assert (mail.use, mail.reason, mail.entry_id, mail.address_hash, mail.times) == ("send", "withdrawn", 9, ADA, 1)
    assert queries.refusals_of([99], [b"b" * 16]) == []


@pytest.mark.django_db
def test_what_was_noted_within_the_hour_costs_no_statement_and_many_cost_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with sent(monkeypatch) as found:
        note_refusals([not_shown(n) for n in range(1, 500)], T0)
        note_refusals([not_shown(n) for n in range(1, 500)], T0)
        note_refusals([], T0)
    assert len(found) == 1
    assert Refusal.objects.count() == 499


@pytest.mark.django_db(transaction=True)
def test_a_note_outside_a_transaction_does_not_wait_for_the_disk_and_changes_nobody_elses_durability() -> None:
    def durability() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            return str(cursor.fetchone()[0])

    usual = durability()
    note_refusals([not_shown(1)], T0)
    assert durability() == usual
    with transaction.atomic():
        note_refusals([not_shown(2)], T0)
        assert durability() == usual
    assert Refusal.objects.count() == 2


def test_a_refusal_is_of_one_subject() -> None:
    with pytest.raises(ValueError, match="exactly one subject"):
        NewRefusal("send", "email_marketing", "denied")
