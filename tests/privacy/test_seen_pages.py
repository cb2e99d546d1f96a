"""“See what is held” and “Why do I see this?”: shown once, by POST, to whoever reads the mailbox."""

import pytest
from django.test import Client
from pytest_django import Settings

from consent import queries
from privacy.models import Letter, Link
from tests.automation.sink import Sink
from tests.privacy.world import JANE, deliver, happened, identify, link_in, seen

pytestmark = pytest.mark.django_db(transaction=True)


def asked(client: Client, sink: Sink, use: str) -> str:
    """The path of a fresh link, as it arrives."""
    ids = seen(("email", JANE), ("user_id", "u1"))
    identify("u1", name="Jane Roe", email=JANE, city="Vienna")
    client.post("/p/" + queries.preferences_token(JANE, ids["email"]), {"ask": use})
    deliver()
    return link_in(sink.mails[-1])


def test_what_is_held_is_shown_once_by_post_alone(client: Client, sink: Sink) -> None:
    link = asked(client, sink, "held")
    for _ in range(2):
        page = client.get(link)
        assert (page.status_code, "Jane Roe" in page.text) == (200, False)
    assert client.head(link).status_code == 200
    assert Link.objects.get().used_at is None
    page = client.post(link)
    assert page.status_code == 200
    for text in ("Jane Roe", "Vienna", JANE, "u1", "What we know about you", "What we know you by"):
        assert text in page.text
    assert (page["Referrer-Policy"], page["Cache-Control"]) == ("no-referrer", "no-store")
    again = client.post(link)
    assert (again.status_code, "Jane Roe" in again.text) == (410, False)


def test_a_used_link_sends_another_to_the_mailbox(client: Client, sink: Sink) -> None:
    link = asked(client, sink, "held")
    client.post(link)
    Letter.objects.update(key="earlier")
    assert "We have sent a link to" in client.post(link, {"action": "again"}).text
    deliver()
    assert link_in(sink.mails[-1]) != link
    assert len(sink.mails) == 2


def test_a_link_opens_its_own_page_only(client: Client, sink: Sink) -> None:
    token = asked(client, sink, "held").rpartition("/")[2]
    assert client.post(f"/privacy/why/{token}").status_code == 404
    assert client.post("/privacy/held/" + "A" * 43).status_code == 404
    assert client.post("/privacy/held/x").status_code == 404
    assert Link.objects.get().used_at is None


def test_it_says_why_products_and_groups_are_shown(client: Client, sink: Sink) -> None:
    link = asked(client, sink, "why")
    happened(
        {"type": "track", "userId": "u1", "event": "Product Viewed", "properties": {"product_id": "p1", "name": "Mug"}}
    )
    page = client.post(link)
    assert page.status_code == 200
    assert "You looked at" in page.text
    assert "p1" in page.text
    assert "You are in none." in page.text


def test_without_a_yes_it_says_that_everybody_sees_the_same(client: Client, sink: Sink, settings: Settings) -> None:
    settings.CONSENT_DEFAULT_REGIME = "gdpr"
    link = asked(client, sink, "why")
    happened(
        {"type": "track", "userId": "u1", "event": "Product Viewed", "properties": {"product_id": "p1", "name": "Mug"}}
    )
    page = client.post(link).text
    assert "what we recommend is the same for everybody" in page
    assert "You looked at" not in page


def test_the_language_of_the_letter_is_that_of_the_page(client: Client, sink: Sink) -> None:
    ids = seen(("email", JANE))
    client.post("/p/" + queries.preferences_token(JANE, ids["email"]) + "?lang=de", {"ask": "held"})
    deliver()
    assert client.get(link_in(sink.mails[-1]))["Content-Language"] == "de"
