"""An erased person's yes does not wait for the next one who gives that address."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from cdp.lib.hashing import address_hash, keyed_hash
from consent import queries, services
from consent.contracts import EMAIL_MARKETING, EMAIL_OPEN_TRACKING, NewEntry, Subject
from consent.models import Entry
from consent.services.forgetting import end_grants

pytestmark = pytest.mark.django_db
T0 = datetime(2026, 3, 1, tzinfo=UTC)
ADA, BOB = address_hash("ada@example.com"), address_hash("bob@example.com")


def says(address: bytes, state: str, at: datetime, purpose: str = EMAIL_MARKETING) -> None:
    entry = NewEntry(
        keyed_hash("test", address.hex(), state, purpose, str(at)), purpose, state, "api", at, address_hash=address
    )
    services.record_entries([entry], now=at)


def allowed(address: bytes, at: datetime, purpose: str = EMAIL_MARKETING) -> tuple[bool, str]:
    decision = queries.allows(Subject(address), purpose, at)
    return decision.allowed, decision.reason


def test_what_stood_granted_or_pending_ends_and_only_a_later_yes_begins_again() -> None:
    says(ADA, "granted", T0)
    says(ADA, "pending", T0, EMAIL_OPEN_TRACKING)
    says(BOB, "granted", T0)
    erased = T0 + timedelta(days=1)
    with transaction.atomic():
        assert end_grants([ADA], erased) == 2
    assert allowed(ADA, T0) == (True, "granted"), "the past stays as it was"
    assert allowed(ADA, erased) == (False, "withdrawn")
    assert allowed(ADA, erased, EMAIL_OPEN_TRACKING) == (False, "withdrawn")
    assert allowed(BOB, erased) == (True, "granted")
    says(ADA, "granted", erased + timedelta(days=1))
    assert allowed(ADA, erased + timedelta(days=2)) == (True, "granted")


def test_what_was_refused_already_needs_no_second_line_and_a_second_run_writes_none() -> None:
    says(ADA, "withdrawn", T0)
    says(BOB, "granted", T0)
    assert end_grants([ADA, BOB], T0 + timedelta(days=1)) == 1
    assert end_grants([ADA, BOB], T0 + timedelta(days=1)) == 0
    assert Entry.objects.filter(method="erasure").count() == 1
