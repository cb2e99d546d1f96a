"""The ledger's promises as the database keeps them, and what is written from entries, signals and suppressions."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from cdp.lib.hashing import address_hash, identifier_hash, keyed_hash
from cdp.outbox.models import TopicRow
from consent import queries, services
from consent.contracts import (
    DENIED,
    EMAIL_MARKETING,
    GRANTED,
    PERSONALIZATION,
    WITHDRAWN,
    NewEntry,
    SignalEvent,
    Subject,
)
from consent.models import Address, Entry, Purpose, Suppression, Tombstone
from profiles.contracts import IdentifierKey, Sighting
from profiles.services import register_sightings

pytestmark = pytest.mark.django_db
T0 = datetime(2026, 3, 1, tzinfo=UTC)
NOW = T0 + timedelta(days=1)
JANE = address_hash("jane@example.com")


def minute(n: int) -> datetime:
    return T0 + timedelta(minutes=n)


def entry(state: str, *, at: datetime = T0, key: str = "", purpose: str = EMAIL_MARKETING, **subject: Any) -> NewEntry:
    return NewEntry(
        entry_key=keyed_hash("test", key or f"{state}{at}{subject}"),
        purpose=purpose,
        state=state,
        method="api",
        occurred_at=at,
        **(subject or {"address_hash": JANE}),
    )


def record(*entries: NewEntry) -> int:
    with transaction.atomic():
        return services.record_entries(entries, now=NOW)


def mail_to(address: bytes = JANE, *ids: int) -> tuple[bool, str]:
    decision = queries.allows(Subject(address, ids), EMAIL_MARKETING, NOW)
    return decision.allowed, decision.reason


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_entry SET state = 'granted'",
        "DELETE FROM consent_entry",
        "TRUNCATE consent_entry",
        "TRUNCATE consent_entry CASCADE",
    ],
)
def test_the_database_refuses_to_change_the_ledger(statement: str) -> None:
    record(entry(WITHDRAWN))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or TRUNCATE would fail for the pending foreign key alone
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            cursor.execute(statement)
    assert list(Entry.objects.values_list("state", flat=True)) == [WITHDRAWN]


def test_the_triggers_fire_in_every_replication_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'consent_entry'::regclass AND NOT tgisinternal"
            " AND tgname <> 'consent_entry_number'"
        )
        assert dict(cursor.fetchall()) == {"consent_entry_append_only": "A", "consent_entry_no_truncate": "A"}


def test_an_entry_has_exactly_one_subject() -> None:
    with pytest.raises(ValueError, match="exactly one subject"):
        entry(GRANTED, address_hash=JANE, identifier_id=1)
    with pytest.raises(IntegrityError, match="consent_entry_one_subject"), transaction.atomic():
        Entry.objects.create(entry_key=b"k" * 16, purpose_id="analytics", state=GRANTED, method="x", occurred_at=T0)
    assert Entry.objects.count() == 0


def test_the_shipped_purposes_are_installed_and_marketing_needs_consent() -> None:
    assert set(Purpose.objects.values_list("code", flat=True)) >= {
        "analytics",
        "personalization",
        "email_marketing",
        "email_open_tracking",
        "ml_training",
        "third_party_sharing",
    }
    assert mail_to() == (False, "default_denied")
    assert queries.allows(Subject(None, (1,)), PERSONALIZATION, NOW).reason == "default_allowed"
    assert queries.allows(Subject(None, (1,)), EMAIL_MARKETING, NOW).reason == "no_address"
    assert queries.allows(Subject(JANE), "carrier_pigeon", NOW).reason == "unknown_purpose"


def test_recording_twice_writes_once_and_tells_once() -> None:
    assert record(entry(GRANTED), entry(GRANTED)) == 1
    assert record(entry(GRANTED)) == 0
    assert Entry.objects.count() == 1
    assert TopicRow.objects.filter(topic="consent.changed").count() == 1


def test_each_decision_names_the_entry_it_rests_on() -> None:
    record(entry(GRANTED))
    assert queries.allows(Subject(JANE), EMAIL_MARKETING, NOW).evidence == Entry.objects.get().pk


def test_a_withdrawal_dated_in_the_future_holds_now() -> None:
    record(entry(GRANTED), entry(WITHDRAWN, at=NOW + timedelta(minutes=9)))
    assert mail_to() == (False, WITHDRAWN)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1)])
def test_an_unsubscribe_suppression_mirrors_the_ledger_in_any_order_of_arrival(order: tuple[int, ...]) -> None:
    said = [entry(GRANTED, at=minute(1)), entry(WITHDRAWN, at=minute(2)), entry(GRANTED, at=minute(3))]
    for i in order:
        record(said[i])
    assert mail_to() == (True, GRANTED)
    assert queries.suppression(JANE) is None
    record(entry(WITHDRAWN, at=minute(4)))
    found = queries.suppression(JANE)
    assert found is not None
    assert (found.reason, found.scope, found.created_at) == ("unsubscribe", "marketing", minute(4))


def test_a_grant_never_lifts_a_complaint_a_bounce_or_a_staff_suppression() -> None:
    for reason, scope in (("complaint", "marketing"), ("hard_bounce", "all"), ("manual", "marketing")):
        Suppression.objects.all().delete()
        services.suppress(JANE, scope, reason, T0)
        record(entry(WITHDRAWN, at=minute(1), key=reason + "w"), entry(GRANTED, at=minute(2), key=reason + "g"))
        found = queries.suppression(JANE)
        assert found is not None
        assert found.reason == reason


def test_a_stronger_suppression_replaces_a_weaker_one_and_never_the_reverse() -> None:
    services.suppress(JANE, "marketing", "unsubscribe", T0)
    services.suppress(JANE, "marketing", "complaint", minute(1))
    services.suppress(JANE, "marketing", "unsubscribe", minute(2))
    assert Suppression.objects.values_list("reason", "created_at").get() == ("complaint", minute(1))
    assert services.lift_suppression(JANE, "marketing")
    assert queries.suppression(JANE) is None


def test_only_a_suppression_of_everything_stops_transactional_mail() -> None:
    services.suppress(JANE, "marketing", "manual", T0)
    assert queries.suppression(JANE, marketing=False) is None
    services.suppress(JANE, "all", "hard_bounce", T0)
    assert queries.suppression(JANE, marketing=False) is not None


def test_tombstones_are_found_by_the_hash_of_an_identifier() -> None:
    gone, kept = ("email", "gone@example.com"), ("email", "kept@example.com")
    Tombstone.objects.create(identifier_hash=identifier_hash(*gone), erased_at=T0, refuses_all=True)
    found = queries.erased([gone, kept])
    assert set(found) == {gone}
    assert (found[gone].erased_at, found[gone].refuses_all) == (T0, True)


def seen(*keys: tuple[str, str], n: int = 1) -> dict[IdentifierKey, int]:
    us = n * 1_000_000
    identifiers = tuple(IdentifierKey(kind, value) for kind, value in keys)
    return register_sightings([Sighting(identifiers, us, us, 1, b"h" * 16)])


def signal(name: str, *, identifier_id: int, at: datetime = T0, message: bytes = b"m" * 16, **rest: Any) -> SignalEvent:
    rest.setdefault("server_side", True)
    return SignalEvent(
        source_id=1, message_hash=message, type="track", name=name, occurred_at=at, identifier_id=identifier_id, **rest
    )


def hear(*events: SignalEvent) -> int:
    with transaction.atomic():
        return services.record_signals(events, now=NOW)


def test_a_statement_about_mail_goes_to_the_address_the_event_names() -> None:
    assert hear(signal("Email Subscribed", identifier_id=1, properties={"email": " Jane@Example.com "})) == 1
    assert mail_to() == (True, GRANTED)
    assert mail_to(address_hash("other@example.com"), 1) == (False, "default_denied")


def test_an_event_without_an_address_speaks_for_the_addresses_of_its_profile() -> None:
    ids = seen(("user_id", "u1"), ("email", "jane@example.com"))
    hear(signal("Email Subscribed", identifier_id=ids[IdentifierKey("user_id", "u1")]))
    assert mail_to(JANE, *ids.values()) == (True, GRANTED)
    assert mail_to(address_hash("other@example.com"), *ids.values()) == (False, "default_denied")


@pytest.mark.parametrize("order", ["grant_first", "address_first"])
def test_whether_a_grant_or_the_address_is_known_first_changes_nothing(order: str) -> None:
    user = seen(("user_id", "u1"))[IdentifierKey("user_id", "u1")]
    if order == "address_first":
        seen(("user_id", "u1"), ("email", "jane@example.com"), n=2)
    preferences = {"consent": {"categoryPreferences": {"email_marketing": True}}}
    hear(signal("Segment Consent Preference Updated", identifier_id=user, context=preferences))
    email = seen(("user_id", "u1"), ("email", "jane@example.com"), n=2)[IdentifierKey("email", "jane@example.com")]
    assert mail_to(JANE, user, email) == (True, GRANTED)
    entry_now = Entry.objects.get()
    assert (entry_now.identifier_id, entry_now.address_hash) == (user, None)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_later_grant_of_the_account_lifts_an_unsubscription_of_its_only_address(order: tuple[int, ...]) -> None:
    ids = seen(("user_id", "u1"), ("email", "jane@example.com"))
    user = ids[IdentifierKey("user_id", "u1")]
    for i in order:
        if i == 1:
            record(entry(WITHDRAWN, at=minute(2)))
        else:
            hear(signal("Email Subscribed", identifier_id=user, at=minute(1 + i), message=bytes([i]) * 16))
    subject = Subject(JANE, tuple(ids.values()))
    assert queries.mail_gate([subject], EMAIL_MARKETING, minute(2))[0][1] == "unsubscribe"
    ((decision, suppressed),) = queries.mail_gate([subject], EMAIL_MARKETING, NOW)
    assert (decision.reason, suppressed) == (GRANTED, "")
    services.suppress(JANE, "marketing", "complaint", minute(1))
    assert queries.mail_gate([subject], EMAIL_MARKETING, NOW)[0][1] == "complaint"


def test_a_device_that_is_no_account_grants_nothing_for_an_address() -> None:
    ids = seen(("anonymous_id", "tablet"), ("email", "jane@example.com"))
    hear(signal("Email Subscribed", identifier_id=ids[IdentifierKey("anonymous_id", "tablet")]))
    assert mail_to(JANE, *ids.values()) == (False, "default_denied")


def test_a_grant_is_not_spread_over_several_addresses_but_a_withdrawal_is() -> None:
    ids = seen(("user_id", "u1"), ("email", "jane@example.com"))
    seen(("user_id", "u1"), ("email", "jane@work.example"), n=2)
    user = ids[IdentifierKey("user_id", "u1")]
    known = seen(("user_id", "u1"), ("email", "jane@work.example"), n=2) | ids
    hear(signal("Email Subscribed", identifier_id=user))
    for email in ("jane@example.com", "jane@work.example"):
        assert mail_to(address_hash(email), *known.values()) == (False, "default_denied")
        record(entry(GRANTED, at=minute(1), address_hash=address_hash(email)))
        assert mail_to(address_hash(email), *known.values()) == (True, GRANTED)
    hear(signal("Unsubscribed", identifier_id=user, at=minute(2)))
    for email in ("jane@example.com", "jane@work.example"):
        assert mail_to(address_hash(email), *known.values()) == (False, WITHDRAWN)


def test_a_withdrawal_with_no_known_address_waits_on_the_identifier_for_one() -> None:
    assert hear(signal("Unsubscribed", identifier_id=7)) == 1
    record(entry(GRANTED, at=T0 - timedelta(days=1)))
    assert mail_to(JANE, 7) == (False, WITHDRAWN)
    assert mail_to(JANE) == (True, GRANTED)


def test_complaints_and_hard_bounces_suppress_the_address() -> None:
    hear(signal("Email Marked as Spam", identifier_id=1, properties={"email": "jane@example.com"}))
    hear(signal("Email Bounced", identifier_id=1, properties={"email": "bo@example.com", "bounce_type": "hard"}))
    rows = Suppression.objects.values_list("address_hash", "scope", "reason")
    found = {(bytes(address), scope): reason for address, scope, reason in rows}
    assert found[JANE, "marketing"] == "complaint"
    assert found[address_hash("bo@example.com"), "all"] == "hard_bounce"


def test_preferences_sent_with_every_event_of_a_batch_are_kept_once_a_change() -> None:
    def with_analytics(allowed: bool, n: int) -> SignalEvent:
        context = {"consent": {"categoryPreferences": {"Analytics": allowed}}}
        return signal("Product Viewed", identifier_id=7, at=minute(n), message=bytes([n]) * 16, context=context)

    said = [with_analytics(allowed, n) for n, allowed in enumerate([True, True, True, False, False, True])]
    assert hear(*reversed(said)) == 3
    rows = Entry.objects.order_by("occurred_at").values_list("state", "occurred_at")
    assert list(rows) == [(GRANTED, minute(0)), (DENIED, minute(4)), (GRANTED, minute(5))]


def test_a_grant_sent_along_with_every_event_does_not_grow_the_ledger_with_each() -> None:
    preferences = {"email_marketing": True, "analytics": True}
    context = {"consent": {"categoryPreferences": preferences}, "traits": {"email": "jane@example.com"}}
    for n in (3, 0, 4, 2, 9, 6):
        hear(signal("Product Viewed", identifier_id=7, at=minute(n), message=bytes([n]) * 16, context=context))
    rows = Entry.objects.filter(purpose_id="analytics").order_by("occurred_at").values_list("occurred_at", flat=True)
    assert list(rows) == [minute(0), minute(5)]
    assert Entry.objects.filter(purpose_id=EMAIL_MARKETING).count() == 1
    assert mail_to() == (True, GRANTED)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_grant_sent_along_lifts_no_unsubscription(order: tuple[int, ...]) -> None:
    context = {"consent": {"categoryPreferences": {"email_marketing": True}}}
    for i in order:
        if i == 0:
            record(entry(WITHDRAWN, at=minute(1)))
        else:
            traits = {"email": "jane@example.com"}
            hear(signal("Product Viewed", identifier_id=7, at=minute(2), context=context, traits=traits))
    assert mail_to() == (False, WITHDRAWN)
    found = queries.suppression(JANE)
    assert found is not None
    assert found.reason == "unsubscribe"
    record(entry(GRANTED, at=minute(3)))
    assert (mail_to(), queries.suppression(JANE)) == ((True, GRANTED), None)


@pytest.mark.django_db(transaction=True)
def test_who_locks_an_address_first_goes_first_and_crossed_batches_do_not_deadlock() -> None:
    addresses = sorted(address_hash(f"{n}@example.com") for n in range(20))
    failures: list[BaseException] = []

    def write(order: Callable[[list[bytes]], list[bytes]], name: str) -> None:
        try:
            for n in range(10):
                with transaction.atomic():
                    entries = [entry(GRANTED, key=f"{name}{n}{a.hex()}", address_hash=a) for a in order(addresses)]
                    services.record_entries(entries, now=NOW)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=write, args=(list, "a")),
        threading.Thread(target=write, args=(lambda rows: rows[::-1], "b")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Entry.objects.count() == 400
    assert Address.objects.count() == 20
