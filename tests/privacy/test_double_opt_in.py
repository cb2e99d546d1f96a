"""A sign-up nobody proved gets one mail; its page shows the exact words and a button, and only pressing it confirms."""

from datetime import timedelta

import pytest
from django.test import Client

from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from cdp.outbox.services import drain_all
from consent import queries as consent
from consent import services as consent_services
from consent.contracts import EMAIL_MARKETING, GRANTED, WITHDRAWN, Subject
from consent.models import Entry, Proof
from privacy.models import Letter, Link
from tests.automation.sink import Sink
from tests.privacy.world import JANE, body_of, deliver, link_in

pytestmark = pytest.mark.django_db(transaction=True)


def sign_up(purpose: str = EMAIL_MARKETING, locale: str = "en", *, is_verified: bool = False) -> None:
    words = consent.wording(purpose, locale)
    assert words is not None
    choice = consent_services.Choice(
        purpose=purpose,
        state=GRANTED,
        method="form",
        address=JANE,
        locale=locale,
        wording_id=words.id,
        is_verified=is_verified,
    )
    consent_services.choose(choice, now=utc_now())
    drain_all(only={"privacy.confirm"})
    deliver()


def allowed(purpose: str = EMAIL_MARKETING) -> bool:
    return consent.allows(Subject(address_hash(JANE)), purpose, utc_now()).allowed


def test_an_unproven_sign_up_gets_one_mail_and_nothing_else_yet(sink: Sink) -> None:
    sign_up()
    assert len(sink.mails) == 1
    assert sink.recipients == [JANE]
    assert link_in(sink.mails[0]).startswith("/privacy/confirm/")
    assert "<img" not in body_of(sink.mails[0], "html")
    assert not allowed()


def test_its_page_shows_the_exact_words_and_looking_confirms_nothing(client: Client, sink: Sink) -> None:
    sign_up()
    path = link_in(sink.mails[0])
    entry = Entry.objects.get(state="pending")
    facts = consent.entry_facts([entry.pk])[entry.pk]
    assert facts.wording is not None
    for _ in range(3):
        client.head(path)
        page = client.get(path, headers={"purpose": "prefetch"}).content.decode()
    assert facts.wording.title in page
    assert "j•••@e•••.com" in page
    assert JANE not in page
    assert not allowed()
    assert Link.objects.get().used_at is None


def test_pressing_the_button_confirms_and_again_says_that_it_is_done(client: Client, sink: Sink) -> None:
    sign_up()
    path = link_in(sink.mails[0])
    first, again, looked = client.post(path), client.post(path), client.get(path)
    assert allowed()
    assert [page.status_code for page in (first, again, looked)] == [200, 200, 200]
    assert all("Confirmed" in page.content.decode() for page in (first, again, looked))
    granted = Entry.objects.get(state=GRANTED)
    assert (granted.method, granted.proof_id) == ("double_opt_in", Proof.objects.get().pk)


def test_after_seven_days_the_link_says_how_to_ask_again(client: Client, sink: Sink) -> None:
    sign_up()
    path = link_in(sink.mails[0])
    Link.objects.update(expires_at=utc_now() - timedelta(seconds=1))
    for page in (client.get(path), client.post(path)):
        assert page.status_code == 410
        assert "sign up again" in page.content.decode()
    assert not allowed()


def test_the_link_lives_for_seven_days(sink: Sink) -> None:
    sign_up()
    link = Link.objects.get()
    assert link.expires_at - link.made_at == timedelta(days=7)


def test_what_was_withdrawn_since_is_not_confirmed(client: Client, sink: Sink) -> None:
    sign_up()
    withdrawal = consent_services.Choice(
        purpose=EMAIL_MARKETING, state=WITHDRAWN, method="api", address=JANE, is_verified=True
    )
    consent_services.choose(withdrawal, now=utc_now())
    page = client.post(link_in(sink.mails[0])).content.decode()
    assert "nothing to confirm any more" in page
    assert not allowed()


def test_the_mail_and_its_page_speak_the_language_of_the_sign_up(client: Client, sink: Sink) -> None:
    sign_up(locale="de")
    assert "Bitte" in str(sink.mails[0]["Subject"])
    assert "Ja, das möchte ich" in client.get(link_in(sink.mails[0])).content.decode()


def test_a_letter_of_a_deleted_proof_is_not_written(sink: Sink) -> None:
    words = consent.wording(EMAIL_MARKETING, "en")
    assert words is not None
    choice = consent_services.Choice(
        purpose=EMAIL_MARKETING, state=GRANTED, method="form", address=JANE, wording_id=words.id
    )
    consent_services.choose(choice, now=utc_now())
    Proof.objects.all().delete()
    drain_all(only={"privacy.confirm"})
    assert not Letter.objects.exists()


def test_negative_control_a_grant_that_was_proven_needs_no_mail(sink: Sink) -> None:
    sign_up(is_verified=True)
    assert sink.mails == []
    assert allowed()
