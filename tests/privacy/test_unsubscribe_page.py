"""Unsubscribing: from all marketing mail, or from mails like this one only, in the reader's language."""

from datetime import timedelta

import pytest
from django.test import Client

from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from consent import queries, services
from consent.contracts import EMAIL_MARKETING, EMAIL_NEWS, EMAIL_REMINDERS, GRANTED, WITHDRAWN, Subject
from consent.models import Entry
from mailing.models import Message
from tests.mailing.rows import message
from tests.privacy.world import JANE, say

pytestmark = pytest.mark.django_db
HASH = address_hash(JANE)


@pytest.fixture
def link() -> str:
    """The link of a reminder to somebody who once agreed."""
    say(EMAIL_MARKETING, GRANTED, email=JANE, at=utc_now() - timedelta(days=1))
    made = message(JANE, purpose=EMAIL_REMINDERS)
    return "/u/" + queries.unsubscribe_url(JANE, message_id=made.pk).rpartition("/u/")[2]


def allowed(*purposes: str) -> list[bool]:
    return [queries.allows(Subject(HASH), purpose, utc_now()).allowed for purpose in purposes]


def test_one_click_ends_all_marketing_mail(client: Client, link: str) -> None:
    client.post(link, {"List-Unsubscribe": "One-Click"})
    assert allowed(EMAIL_MARKETING, EMAIL_NEWS, EMAIL_REMINDERS) == [False, False, False]


def test_the_link_opened_again_says_that_it_is_done(client: Client, link: str) -> None:
    client.post(link, {"action": "unsubscribe"})
    again = client.get(link).text
    assert "You are unsubscribed" in again
    assert "Undo: subscribe me again" in again
    assert "Stop marketing e-mails?" not in again
    client.post(link, {"action": "undo"})
    assert "Stop marketing e-mails?" in client.get(link).text


def test_the_page_offers_to_end_only_mails_of_this_kind(client: Client, link: str) -> None:
    page = client.get(link)
    words = queries.wording(EMAIL_REMINDERS, "en")
    assert words is not None
    assert words.title in page.text
    assert '<button class="quiet" name="action" value="topic">Stop only this kind</button>' in page.text
    done = client.post(link, {"action": "topic"})
    assert "no more e-mails of this kind" in done.text
    assert allowed(EMAIL_MARKETING, EMAIL_NEWS, EMAIL_REMINDERS) == [True, True, False]
    again = client.post(link, {"action": "undo", "of": "topic"})
    assert "You are subscribed again" in again.text
    assert allowed(EMAIL_MARKETING, EMAIL_REMINDERS) == [True, True]


def test_undoing_one_kind_does_not_undo_another_refusal(client: Client, link: str) -> None:
    client.post(link, {"List-Unsubscribe": "One-Click"})
    assert "Nothing was changed" in client.post(link, {"action": "undo", "of": "topic"}).text
    assert allowed(EMAIL_MARKETING, EMAIL_REMINDERS) == [False, False]


def test_a_message_of_somebody_else_offers_no_kind(client: Client, link: str) -> None:
    bo = "/u/" + queries.unsubscribe_url("bo@example.com", message_id=Message.objects.get().pk).rpartition("/u/")[2]
    assert "Stop only this kind" not in client.get(bo).text
    client.post(bo, {"action": "topic"})
    said = Entry.objects.filter(address_hash=address_hash("bo@example.com")).values_list("purpose_id", "state")
    assert said.get() == (EMAIL_MARKETING, WITHDRAWN)


def test_the_link_gives_nothing_and_leads_to_no_choices(client: Client, link: str) -> None:
    page = client.get(link).text
    assert "“E-mail preferences”" in page
    assert "/p/" not in page
    token = link.rpartition("/")[2]
    assert client.get(f"/p/{token}").status_code == 404
    client.post(link, {"action": "undo"})
    client.post(link, {"action": "save", "shown": EMAIL_NEWS, "on": EMAIL_NEWS})
    assert not Entry.objects.filter(method="preference_center").exists()
    assert allowed(EMAIL_MARKETING) == [False]


def test_it_speaks_the_language_that_was_chosen_before(client: Client, link: str) -> None:
    services.prefer(HASH, services.Preferring(locale="de"), now=utc_now())
    page = client.get(link)
    assert (page["Content-Language"], "Alle Werbung per E-Mail abbestellen" in page.text) == ("de", True)
    assert "Unsubscribe from all marketing" in client.get(link, {"lang": "en"}).text
    assert "Sie sind abgemeldet" in client.post(link, {"action": "unsubscribe", "lang": "de"}).text
