"""Bounces and complaints that come in: of our mails only, by their signed return path; what follows from them."""

import base64
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from consent import queries as consent_queries
from consent.contracts import EMAIL_MARKETING, GRANTED, Subject
from consent.models import Entry, Suppression
from mailing.models import Intake, Message, Receipt
from mailing.queries.tracking import return_path
from mailing.services.receiving import receive
from mailing.services.settling import settle_slice
from tests.mailing import world
from tests.mailing.receipts_world import JANE, sent, told
from tests.mailing.test_bounces import report

pytestmark = pytest.mark.django_db
HASH = address_hash(JANE)
TO_JANE = b"jane@mail.example", JANE.encode()


@pytest.fixture(autouse=True)
def bounces_come_in(settings: Settings) -> None:
    settings.MAIL_BOUNCES_TO = "bounces@shop.example"


def mail(name: str, message: Message, *, path: str = "", message_id: str = "") -> bytes:
    """A report as the server writes it, of this message."""
    raw = report(name).replace(b"bounces+TOKEN@shop.example", (path or return_path(message.pk)).encode())
    return raw.replace(b"<MESSAGEID@shop.example>", (message_id or message.message_id).encode()).replace(*TO_JANE)


def suppressions() -> list[tuple[str, str]]:
    return list(Suppression.objects.order_by("scope").values_list("scope", "reason"))


def may_be_mailed() -> bool:
    return consent_queries.allows(Subject(address_hash=HASH), EMAIL_MARKETING, utc_now()).allowed


@pytest.mark.parametrize(
    ("name", "kind", "weight", "suppressed"),
    [
        ("postfix_unknown", "bounced", "hard 5.1.1", [("all", "hard_bounce"), ("marketing", "unsubscribe")]),
        ("exchange_unknown", "bounced", "hard 5.1.10", [("all", "hard_bounce"), ("marketing", "unsubscribe")]),
        ("arf_abuse", "complained", "", [("marketing", "complaint")]),
        ("exim_full", "bounced", "soft 5.2.2", []),
        ("exchange_blocked", "bounced", "block 5.7.606", []),
        ("postfix_delayed", "delayed", "4.4.1", []),
    ],
)
def test_what_a_report_says_is_written_once_and_silences_whom_it_must(
    name: str, kind: str, weight: str, suppressed: list[tuple[str, str]]
) -> None:
    world.say(GRANTED, at=utc_now() - timedelta(days=1))
    message = sent(user="jane")
    assert may_be_mailed()
    for _ in range(2):
        assert receive(mail(name, message), now=utc_now()) == [kind]
    assert list(Receipt.objects.values_list("kind", "why")) == [(kind, weight)]
    assert suppressions() == suppressed
    assert may_be_mailed() is not bool(suppressed)
    events = {"bounced": "Email Bounced", "complained": "Email Marked as Spam"}
    found = told()
    assert [one for one, _ in found] == ([events[kind]] if kind in events else [])
    if kind == "bounced":
        assert (found[0][1]["bounce_type"], found[0][1]["bounce_status"]) == tuple(weight.split())
    assert Entry.objects.exclude(state=GRANTED).count() == bool(suppressed)  # the event said it no second time
    assert Intake.objects.get().count == 2


def test_a_tampered_return_path_or_a_foreign_mail_changes_nothing_and_is_only_counted() -> None:
    """The negative control stands above: the same report with the genuine path suppresses."""
    message, other = sent(), sent("tom@example.com")
    mine, theirs = return_path(message.pk), return_path(other.pk)
    tampered = mine[:20] + ("a" if mine[20] != "a" else "b") + mine[21:]
    mixed = theirs[:24] + mine[24:]
    for path in (tampered, mixed, "bounces+x@shop.example", "bounces@shop.example"):
        assert receive(mail("postfix_unknown", message, path=path, message_id="<f@x>"), now=utc_now()) == ["unknown"]
        assert receive(mail("arf_abuse", message, path=path, message_id="<f@x>"), now=utc_now()) == ["unknown"]
    # A known Message-ID is enough only with the address that mail was written to.
    raw = mail("postfix_unknown", message, path="bounces@shop.example").replace(JANE.encode(), b"tom@example.com")
    assert receive(raw, now=utc_now()) == ["unknown"]
    assert receive(mail("out_of_office", message), now=utc_now()) == ["other"]
    assert not Receipt.objects.exists()
    assert not Suppression.objects.exists()
    assert dict(Intake.objects.values_list("kind", "count")) == {"unknown": 9, "other": 1}


def test_without_a_return_path_of_its_own_a_mail_is_known_by_its_id_and_address() -> None:
    message = sent()
    assert receive(mail("gmail_unknown", message, path="shop@example.com"), now=utc_now()) == ["bounced"]
    assert suppressions()[0] == ("all", "hard_bounce")


def test_three_soft_bounces_in_thirty_days_stop_marketing_and_older_ones_do_not_count() -> None:
    now = utc_now()
    for days in (40, 3, 2):
        receive(mail("exim_full", sent()), now=now - timedelta(days=days))
    assert suppressions() == []
    receive(mail("exim_full", sent()), now=now)
    held = Suppression.objects.get()
    assert (held.scope, held.reason, held.note) == ("marketing", "hard_bounce", "3 soft bounces in 30 days")


def test_the_command_takes_a_mail_from_a_pipe_and_those_of_a_maildir(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = sent()
    raw = mail("exchange_blocked", message, path="postmaster@shop.example", message_id="<f@x>")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw)))
    call_command("receive_mail", to=return_path(message.pk))
    for folder in ("new", "cur", "tmp"):
        (tmp_path / folder).mkdir()
    (tmp_path / "new" / "1.host").write_bytes(mail("postfix_unknown", message))
    (tmp_path / "new" / "2.host").write_bytes(b"Subject: hello\n\nno report")
    call_command("receive_mail", maildir=str(tmp_path))
    call_command("receive_mail", maildir=str(tmp_path))
    assert capsys.readouterr().out.splitlines() == ["1 bounced", "1 bounced, 1 other", "nothing new"]
    assert sorted(path.name for path in (tmp_path / "cur").iterdir()) == ["1.host:2,S", "2.host:2,S"]
    assert sorted(Receipt.objects.values_list("why", flat=True)) == ["block 5.7.606", "hard 5.1.1"]
    with pytest.raises(CommandError, match="is no maildir"):
        call_command("receive_mail", maildir=str(tmp_path / "cur"))


SECRET = "hook:a-long-secret"
PROVEN = {"authorization": "Basic " + base64.b64encode(SECRET.encode()).decode()}


def post(body: Any, provider: str = "postmark", **headers: str) -> int:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = Client(headers=headers).post(f"/m/hooks/{provider}", raw, content_type="application/json")
    return answer.status_code


@pytest.fixture
def hooked(settings: Settings) -> None:
    settings.MAIL_HOOKS, settings.ANYMAIL = ["postmark", "mailjet"], {"WEBHOOK_SECRET": SECRET}


BOUNCE = {
    "RecordType": "Bounce", "Type": "HardBounce", "ID": 42, "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
    "Description": "The server was unable to deliver your message", "Email": JANE, "BouncedAt": "2026-11-02T10:00:00Z",
    "Details": "smtp;550 5.1.1 The email account that you tried to reach does not exist",
}  # fmt: skip


@pytest.mark.usefixtures("hooked")
def test_a_provider_that_proves_itself_reports_bounces_complaints_and_deliveries() -> None:
    sent(at=utc_now() - timedelta(days=1))
    message = sent()
    assert (
        post({"RecordType": "Delivery", "Recipient": JANE, "MessageID": message.message_id.strip("<>")}, **PROVEN)
        == 200
    )
    for _ in range(2):
        assert post(BOUNCE, **PROVEN) == 200
    assert post({"RecordType": "Open", "Recipient": JANE, "UserAgent": "Mozilla/5.0 (X11)"}, **PROVEN) == 200
    assert post([{"email": JANE, "event": "spam", "time": 1}], "mailjet", **PROVEN) == 200
    assert post({**BOUNCE, "Email": "nobody@example.com"}, **PROVEN) == 200
    found = list(Receipt.objects.order_by("id").values_list("message_id", "kind", "why"))
    assert found == [
        (message.pk, "delivered", ""),
        (message.pk, "bounced", "hard 5.1.1"),
        (message.pk, "complained", ""),
    ]
    message.refresh_from_db()
    assert None not in (message.delivered_at, message.bounced_at, message.complained_at)
    assert settle_slice(now=utc_now() + timedelta(hours=1)) == 0
    assert [name for name, _ in told()] == ["Email Delivered", "Email Bounced", "Email Marked as Spam"]


@pytest.mark.usefixtures("hooked")
def test_characters_that_no_database_takes_are_no_reason_to_fail() -> None:
    """A mail that fails would come again for ever, and stop the others of its folder."""
    raw = mail("postfix_unknown", sent(), path="bounces@shop.example", message_id="<a\0b@shop.example>")
    assert receive(raw, envelope_to="bounces+\0@shop.example", now=utc_now()) == ["unknown"]
    for odd in ("\0", "\ud800"):
        body = {**BOUNCE, "MessageID": f"883{odd}", "Email": f"a{odd}@example.com", "Details": f"smtp;550 5.1.1 {odd}"}
        assert post(body, **PROVEN) == 200
        assert post([{"email": f"a{odd}", "event": "spam", "CustomID": odd}], "mailjet", **PROVEN) == 200
    assert post(b"[" * 100_000, **PROVEN) == 400
    assert not Receipt.objects.exists()


@pytest.mark.usefixtures("hooked")
def test_who_does_not_prove_to_be_a_provider_is_refused_and_an_unknown_one_is_not_there(settings: Settings) -> None:
    message = sent()
    wrong = {"authorization": "Basic " + base64.b64encode(b"hook:guess").decode()}
    assert (post(BOUNCE), post(BOUNCE, **wrong)) == (400, 400)
    assert (post(b"{", **PROVEN), post(b"[1]", **PROVEN), post({"x": 1}, **PROVEN)) == (400, 400, 200)
    assert (post(BOUNCE, "brevo", **PROVEN), post(BOUNCE, "nobody", **PROVEN)) == (404, 404)
    assert Client().get("/m/hooks/postmark").status_code == 405
    settings.ANYMAIL = {}
    assert post(BOUNCE, **PROVEN) == 404
    assert not Receipt.objects.exists()
    message.refresh_from_db()
    assert message.bounced_at is None
