"""What consent gives out of a person and what it deletes: all that shows and serves. The ledger stays, nameless."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from cdp.lib.hashing import address_hash, keyed_hash
from cdp.lib.rights import Held, Person, Row
from consent import rights, services
from consent.contracts import ANALYTICS, EMAIL_MARKETING, GRANTED, WITHDRAWN, NewEntry, NewRefusal
from consent.models import Address, DeviceDenial, Entry, MailPreference, Place, Proof, Refusal, Suppression
from consent.queries import wording

pytestmark = pytest.mark.django_db
T0 = datetime(2026, 3, 1, tzinfo=UTC)
ADA = Person((Held(1, "email", "ada@larkfell.example"), Held(2, "anonymous_id", "a1")))
BOB = Person((Held(3, "email", "bob@larkfell.example"), Held(4, "anonymous_id", "b1")))


def lives(person: Person) -> None:
    """Says yes with a proof, is refused something, has a place and preferences, and was mailed."""
    email, device = person.ids
    address = address_hash(person.addresses[0])
    proof = Proof.objects.create(kind="form", content={"email": person.addresses[0]}, address_hash=address)
    loose = Proof.objects.create(kind="tcf", content={"tc": person.values[1]})
    words = wording(EMAIL_MARKETING, "en")
    assert words is not None
    said = [
        NewEntry(
            keyed_hash("t", str(email)), EMAIL_MARKETING, GRANTED, "page", T0, address_hash=address, proof_id=proof.pk,
            wording_id=words.id, wording_sha256=words.sha256, notice_version=1, channel="email", actor="staff:7",
        ),
        NewEntry(
            keyed_hash("t", str(device)), ANALYTICS, WITHDRAWN, "tcf", T0, identifier_id=device, proof_id=loose.pk
        ),
    ]  # fmt: skip
    with transaction.atomic():
        for one in said:
            services.record_entries([one], now=T0)
    services.note_refusals([NewRefusal("send", EMAIL_MARKETING, "parent_withdrawn", 1, address_hash=address)], T0)
    services.note_refusals([NewRefusal("recommendation", "personalization", "denied", identifier_id=device)], T0)
    Place.objects.create(identifier_id=device, time_zone="Europe/Berlin", said_at=T0)
    DeviceDenial.objects.create(identifier_id=device, purpose_id=ANALYTICS, method="context", denied_at=T0)
    MailPreference.objects.create(address_hash=address, frequency="weekly", locale="de")
    services.lock_address(address)
    services.note_mailed(address, T0)
    services.suppress(address, "sms", "manual", T0)


def exported(person: Person) -> dict[str, list[Row]]:
    parts = [part for store in rights.STORES if store.export for part in store.export(person)]
    return {part.name: list(part.rows) for part in parts}


def test_a_person_is_given_every_entry_with_its_words_and_proof_and_nobody_elses() -> None:
    lives(ADA)
    lives(BOB)
    found = exported(ADA)
    assert [(row["about"], row["purpose"], row["state"], row["how"], row["by"]) for row in found["consent"]] == [
        ("ada@larkfell.example", EMAIL_MARKETING, GRANTED, "page", "staff"),
        ("anonymous_id: a1", ANALYTICS, WITHDRAWN, "tcf", ""),
    ]
    assert found["consent"][0]["words"]["title"] == "E-mail marketing"
    assert [row["proof"] for row in found["consent"]] == [{"email": "ada@larkfell.example"}, {"tc": "a1"}]
    assert [row["frequency"] for row in found["mail_preferences"]] == ["weekly"]
    assert [row["time_zone"] for row in found["time_zones"]] == ["Europe/Berlin"]
    assert [row["reason"] for row in found["not_done"]] == ["they took it back, of all it belongs to", "they said no"]
    assert [row["scope"] for row in found["consent_suppressions"]] == ["sms"]
    assert "bob" not in repr(found)


def test_erasing_leaves_the_ledger_without_proof_and_touches_nobody_else() -> None:
    lives(ADA)
    lives(BOB)
    held = {store.name: store.remains(ADA) for store in rights.STORES}
    assert held == {"consent_beside": 8, "consent_ledger": 0}
    for _ in range(2):
        for store in rights.STORES:
            store.erase(ADA, T0 + timedelta(days=1))
        assert [store.remains(ADA) for store in rights.STORES] == [0, 0]
    assert Entry.objects.count() == 4
    assert Suppression.objects.filter(address_hash=ADA.address_hashes[0]).count() == 1
    assert list(Address.objects.filter(address_hash__in=ADA.address_hashes).values_list("last_mailed_at")) == [(None,)]
    assert [row["proof"] for row in exported(ADA)["consent"]] == [None, None]
    assert rights.beside_remains(BOB) == 8
    assert Proof.objects.count() + Refusal.objects.count() + Place.objects.count() == 5
    erased = rights.erase_beside(BOB, T0)
    assert erased.counts == {
        "proofs deleted": 2,
        "mail preferences deleted": 1,
        "time zones deleted": 1,
        "device denials deleted": 1,
        "refusals deleted": 2,
        "times of last mails emptied": 1,
    }
