"""What comes of a mail: clicks and opens are receipts, only what people did counts, and scanners change nothing."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import quote, urlsplit

import pytest
from django.test import Client

from cdp.lib.clock import utc_now
from cdp.lib.rights import Held, Person
from consent import queries as consent_queries
from consent.contracts import EMAIL_MARKETING, EMAIL_OPEN_TRACKING, GRANTED, WITHDRAWN
from consent.models import Entry, Suppression
from mailing import rights
from mailing.models import Message, Receipt
from mailing.queries.tracking import tracker
from mailing.services import noticing
from mailing.services.settling import settle_slice
from mailing.tracking import open_url, view_url
from profiles.models import Identifier
from tests.mailing import world
from tests.mailing.receipts_world import CHROME, HOME, JANE, OUTLOOK, browser, link, say, sent, told

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=2)


def pixel(message: Message) -> str:
    return urlsplit(open_url(message.pk, tracker())).path


def settled() -> list[tuple[str, str, str]]:
    """(kind, who, why) of all receipts, two minutes later."""
    while settle_slice(now=utc_now() + LATER):
        pass
    return list(Receipt.objects.order_by("id").values_list("kind", "who", "why"))


def test_a_click_leads_on_at_once_and_counts_a_minute_later_when_a_person_did_it() -> None:
    message = sent(user="jane")
    answer = browser().get(link(message, 2))
    assert (answer.status_code, answer["Location"]) == (302, "https://shop.example/p2")
    assert (answer["Cache-Control"], answer["Referrer-Policy"], answer.cookies) == ("no-store", "no-referrer", {})
    message.refresh_from_db()
    assert message.clicked_at is None
    assert settle_slice(now=utc_now()) == 0
    assert settled() == [("clicked", "human", "")]
    receipt = Receipt.objects.get()
    assert (receipt.link, receipt.url, receipt.agent) == (2, "https://shop.example/p2", "browser")
    message.refresh_from_db()
    assert message.clicked_at == receipt.at
    ((name, properties),) = told()
    assert name == "Email Link Clicked"
    assert properties == {
        "email_id": str(message.pk),
        "campaign_id": "journey-1",
        "campaign_name": "Abandoned cart",
        "sender": "journey",
        "step": "mail_1",
        "template": "cart",
        "purpose": "email_marketing",
        "link_id": "2",
        "link_url": "https://shop.example/p2",
    }
    settled()
    assert len(told()) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.replace("shop.example", "evil.example"),
        lambda path: path + "%2Fmore",
        lambda path: path.partition("?")[0] + "?u=" + quote("https://evil.example/", safe=""),
        lambda path: path.partition("?")[0] + "?u=//evil.example",
        lambda path: path.partition("?")[0] + "?u=javascript:alert(1)",
        lambda path: path.partition("?")[0],
        lambda path: path.replace("/m/c/A", "/m/c/B"),
        lambda path: "/m/c/x?u=https://evil.example/",
        lambda path: path + "&u=https://evil.example/",
    ],
)
def test_a_link_leads_nowhere_else_and_says_so_in_words(change: "object") -> None:
    assert callable(change)
    answer = browser().get(change(link(sent())))
    assert (answer.status_code, "Location" in answer) == (404, False)
    assert "This link is not valid" in answer.content.decode()
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert not Receipt.objects.exists()


def test_a_scanner_that_follows_every_link_by_get_and_head_unsubscribes_nobody_and_counts_for_nothing() -> None:
    """Of a whole mail: every link, the hidden one, the ways out and the one-click address."""
    world.say(GRANTED, at=utc_now() - timedelta(days=1))
    message = sent()
    unsubscribe = urlsplit(consent_queries.unsubscribe_url(JANE, message_id=message.pk)).path
    preferences = urlsplit(consent_queries.preferences_url(JANE, message.identifier_id)).path
    links = [unescape(one) for one in re.findall(r'href="([^"]*)"', message.html)]
    paths = [f"{urlsplit(one).path}?{urlsplit(one).query}" for one in links]
    assert len(paths) == 5
    scanner = browser(ip="198.51.99.7")
    for path in [*paths, pixel(message), unsubscribe, preferences, urlsplit(view_url(message.pk, tracker())).path]:
        assert scanner.head(path).status_code in (200, 302)
        assert scanner.get(path).status_code in (200, 302)
    assert {who for _, who, _ in settled()} == {"machine"}
    message.refresh_from_db()
    assert (message.clicked_at, message.opened_at, message.unsubscribed_at) == (None, None, None)
    assert not Suppression.objects.exists()
    assert not Entry.objects.filter(state=WITHDRAWN).exists()
    assert told() == []
    # The negative control: the same address, posted as a mail program's button does, ends it.
    assert Client().post(unsubscribe, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Suppression.objects.get().reason == "unsubscribe"


def test_head_notes_nothing_a_program_without_a_name_is_none_and_a_bot_says_so() -> None:
    message = sent()
    assert browser().head(link(message)).status_code == 302
    assert not Receipt.objects.exists()
    Client(REMOTE_ADDR=HOME).get(link(message))
    browser(agent="python-requests/2.31").get(link(message))
    Client(headers={"user-agent": CHROME}).get(link(message))
    assert settled() == [
        ("clicked", "machine", "no_agent"),
        ("clicked", "machine", "agent"),
        ("clicked", "machine", "no_language"),
    ]


def test_a_flood_from_one_link_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    message, other = sent(), sent("tom@example.com")
    for _ in range(5):
        browser().get(link(message))
    assert Receipt.objects.count() <= 2  # the minute may change meanwhile
    monkeypatch.setattr(noticing, "MOST_OF_A_KIND", 3)
    for index in range(6):
        assert browser().get(link(message, index)).status_code == 302
    assert Receipt.objects.filter(message=message).count() == 3
    browser().get(link(other))
    assert Receipt.objects.filter(message=other).count() == 1


def test_opens_count_only_where_their_reader_allows_it_when_they_are_told() -> None:
    message = sent()
    say(EMAIL_OPEN_TRACKING, GRANTED)
    answer = browser(agent=OUTLOOK).get(pixel(message))
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (200, "image/gif", "no-store")
    assert settled() == [("opened", "human", "")]
    message.refresh_from_db()
    assert message.opened_at is not None
    say(EMAIL_OPEN_TRACKING, WITHDRAWN)
    browser(agent=CHROME).get(pixel(message))
    assert len(settled()) == 1
    assert [name for name, _ in told()] == ["Email Opened"]
    assert browser().get("/m/o/nothing.gif").status_code == 404


def test_one_network_behind_many_mails_is_a_filter_and_is_forgotten_within_hours() -> None:
    mails = [sent(f"p{n}@example.com") for n in range(8)]
    for mail in mails:
        browser(ip="198.51.99.7").get(link(mail))
    browser().get(link(sent()))
    assert [why for _, _, why in settled()] == ["crowd"] * 8 + [""]
    assert Receipt.objects.exclude(network=None).count() == 9
    assert settle_slice(now=utc_now() + timedelta(hours=4)) == 9
    assert not Receipt.objects.exclude(network=None).exists()


def test_behind_a_proxy_readers_are_told_apart_by_what_it_forwards() -> None:
    for n in range(9):
        browser(ip="10.0.0.2", **{"x-forwarded-for": f"93.184.{n}.34, 10.0.0.1"}).get(link(sent(f"p{n}@example.com")))
        browser(ip="127.0.0.1").get(link(sent(f"q{n}@example.com")))
    assert {who for _, who, _ in settled()} == {"human"}


def test_the_mail_in_a_browser_runs_nothing_counts_nothing_and_its_ways_out_work() -> None:
    message = sent()
    path = urlsplit(view_url(message.pk, tracker())).path
    answer = browser().get(path)
    assert "/m/c/" not in answer.content.decode()
    assert 'href="https://shop.example/p0"' in answer.content.decode()
    policy = answer["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy
    assert not Receipt.objects.exists()
    Message.objects.update(html="")
    for gone in (path, "/m/v/nothing"):
        assert browser().get(gone).status_code == 404
    for method in ("post", "put", "delete"):
        assert getattr(browser(), method)(path).status_code == 405


def test_who_unsubscribes_by_a_mails_link_is_told_of_that_mail_once_and_consent_is_said_once() -> None:
    world.say(GRANTED, at=utc_now() - timedelta(days=1))
    message = sent(user="jane")
    path = urlsplit(consent_queries.unsubscribe_url(JANE, message_id=message.pk)).path
    for _ in range(2):
        Client().post(path, {})
    message.refresh_from_db()
    assert message.unsubscribed_at is not None
    said = Entry.objects.filter(state=WITHDRAWN)
    assert [(one.purpose_id, one.method) for one in said] == [(EMAIL_MARKETING, "page")]
    Client().post(path, {"action": "undo"})
    assert [name for name, _ in told()] == ["Unsubscribed"]
    assert not Suppression.objects.exists()  # the event, processed after the undo, says nothing of consent
    other = consent_queries.unsubscribe_url("tom@example.com", message_id=message.pk)
    Client().post(urlsplit(other).path, {})
    assert Receipt.objects.filter(kind="unsubscribed").count() == 1


def test_a_person_is_told_what_came_of_their_mails_and_of_an_erased_one_nothing_is_kept_or_noted() -> None:
    message = sent()
    browser().get(link(message))
    who = Identifier.objects.get(kind="email", value=JANE)
    person = Person((Held(who.pk, who.kind, who.value),), ())
    (part,) = rights.export(person)
    ((row,),) = [list(part.rows)]
    ((told_of, *_),) = [row["receipts"]]
    assert (told_of["what"], told_of["link"]) == ("clicked", "https://shop.example/p0")
    rights.erase(person, utc_now())
    assert list(Receipt.objects.values_list("url", "network")) == [("", None)]
    Receipt.objects.all().delete()
    assert browser().get(link(message)).status_code == 302
    assert not Receipt.objects.exists()
