"""A mail as it really arrives: its links are followed, a browser shows it, it comes back, and a linter reads it."""

import re
from datetime import timedelta
from email.message import EmailMessage
from html import unescape
from urllib.parse import urlsplit

import pytest
from pytest_django import Settings

from cdp.admin_delivery.linting import last_mails
from cdp.lib.clock import utc_now
from consent.contracts import EMAIL_OPEN_TRACKING, GRANTED
from consent.models import Suppression
from mailing.models import Message, Receipt
from mailing.services.receiving import receive
from mailing.services.settling import settle_slice
from tests.automation.sink import Sink
from tests.mailing import world
from tests.mailing.receipts_world import JANE, OUTLOOK, browser, say, told
from tests.mailing.test_bounces import report

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=2)


def arrived(sink: Sink, settings: Settings, *, opens: bool) -> tuple[EmailMessage, Message, list[str]]:
    """One mail as it came to the mail server, its row, and the paths of its links and pictures here."""
    settings.MAIL_BOUNCES_TO = "bounces@shop.example"
    if opens:
        say(EMAIL_OPEN_TRACKING, GRANTED)
    (pk,) = world.queue(JANE)
    world.run()
    (mail,) = sink.mails
    Message.objects.update(sending_at=utc_now() - timedelta(hours=1))
    part = mail.get_body(("html",))
    assert part is not None
    found = [unescape(one) for one in re.findall(r'(?:href|src)="([^"]*/m/[^"]*)"', str(part.get_content()))]
    paths = [f"{urlsplit(one).path}?{urlsplit(one).query}" for one in found]
    return mail, Message.objects.get(pk=pk), paths


def test_what_its_reader_does_becomes_events_and_comes_back_as_it_was_told(
    sender: type[world.TestSender], sink: Sink, settings: Settings
) -> None:
    mail, message, paths = arrived(sink, settings, opens=True)
    hidden, shown, pixel = (next(p for p in paths if p.startswith("/m/c/")), [*paths], paths[-1])
    clicks = [path for path in shown if path.startswith("/m/c/") and path != hidden]
    assert pixel.startswith("/m/o/")
    answer = browser().get(clicks[0])
    assert answer["Location"].startswith(
        "https://shop.example/new?utm_source=cdp&utm_medium=email&utm_campaign=a-test-mail_1"
    )
    browser(agent=OUTLOOK).get(pixel)
    settle_slice(now=utc_now() + LATER)
    message.refresh_from_db()
    assert None not in (message.clicked_at, message.opened_at)
    raw = report("postfix_unknown").replace(b"bounces+TOKEN@shop.example", sink.return_paths[0].encode())
    assert receive(raw.replace(b"<MESSAGEID@shop.example>", mail["Message-ID"].encode()), now=utc_now()) == ["bounced"]
    assert Suppression.objects.filter(scope="all", reason="hard_bounce").exists()
    assert sorted(name for name, _ in told()) == ["Email Bounced", "Email Link Clicked", "Email Opened"]


def test_without_a_yes_to_it_no_mail_carries_a_picture_that_tells_and_its_view_tells_nothing(
    sender: type[world.TestSender], sink: Sink, settings: Settings
) -> None:
    _, message, paths = arrived(sink, settings, opens=False)
    assert not [path for path in paths if path.startswith("/m/o/")]
    view = [path for path in paths if path.startswith("/m/v/")]
    shown = browser().get(view[0]) if view else None
    if shown is not None:
        assert "/m/c/" not in shown.content.decode()
    assert message.opened_at is None
    assert not Receipt.objects.exists()


def test_a_filter_finds_nothing_against_a_mail_of_ours(
    sender: type[world.TestSender], sink: Sink, settings: Settings
) -> None:
    settings.MAIL_FROM = "Shop <hello@shop.example>"
    settings.BASE_URL, settings.SHOP_URL = "https://cdp.example", "https://shop.example"
    arrived(sink, settings, opens=True)
    (linted,) = last_mails(utc_now())
    assert linted.findings == ()
