"""The page of deliverability: rates by domain, the sender's records as a real resolver tells them, linted mails."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import dns.flags
import dns.message
import dns.resolver
import dns.rrset
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import Settings

from cdp.admin_delivery import page
from cdp.admin_delivery.records import sender_records_now, signing
from cdp.lib.clock import utc_now
from mailing.models import Policy
from mailing.queries.addressing import forget_signer
from mailing.queries.delivering import DomainFigures, by_domain
from mailing.services.receiving import Told, take
from tests.mailing.receipts_world import sent

pytestmark = pytest.mark.django_db


@contextmanager
def resolver(records: dict[str, list[str]], *, knows: bool = True) -> Iterator[dns.resolver.Resolver]:
    """A real name server on loopback, and a resolver that asks it. `knows`: top-level domains have name servers."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            raw, asker = server.recvfrom(4_096)
            if raw == b"stop":
                return
            asked = dns.message.from_wire(raw)
            answer = dns.message.make_response(asked)
            answer.flags |= dns.flags.RA
            name = asked.question[0].name.to_text(omit_final_dot=True).lower()
            texts = [f'"{text[:200]}" "{text[200:]}"' for text in records.get(name, [])]
            if knows and "." not in name:
                answer.answer.append(dns.rrset.from_text(asked.question[0].name, 60, "IN", "NS", "ns.example."))
            elif texts:
                answer.answer.append(dns.rrset.from_text(asked.question[0].name, 60, "IN", "TXT", *texts))
            server.sendto(answer.to_wire(), asker)

    thread = threading.Thread(target=serve)
    thread.start()
    found = dns.resolver.Resolver(configure=False)
    found.nameservers, found.port = ["127.0.0.1"], int(server.getsockname()[1])
    found.timeout = found.lifetime = 20
    try:
        yield found
    finally:
        server.sendto(b"stop", server.getsockname())
        thread.join(10)
        server.close()


@pytest.fixture
def signed(settings: Settings, tmp_path: Path) -> Iterator[None]:
    key = generate_private_key(65_537, 2_048)
    path = tmp_path / "dkim.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    settings.DKIM_KEY_FILE, settings.MAIL_FROM, settings.EMAIL_HOST = (
        str(path),
        "Shop <s@shop.example>",
        "mx.shop.example",
    )
    forget_signer()
    yield
    forget_signer()


@pytest.mark.usefixtures("signed")
def test_records_are_asked_of_the_resolver_and_held_against_what_this_installation_does() -> None:
    _, _, public_key = signing("shop.example")
    right = {
        "shop.example": ["other", "v=spf1 a:mx.shop.example -all"],
        "cdp._domainkey.shop.example": [f"v=DKIM1; {public_key}"],
        "_dmarc.shop.example": ["v=DMARC1; p=quarantine; rua=mailto:d@shop.example"],
    }
    with resolver(right) as asked:
        assert [(one.name, one.state) for one in sender_records_now(asked)] == [
            ("SPF", "ok"),
            ("DKIM", "ok"),
            ("DMARC", "ok"),
        ]
    with resolver(right | {"cdp._domainkey.shop.example": ["v=DKIM1; p=MIIB"], "_dmarc.shop.example": []}) as asked:
        found = sender_records_now(asked)
    assert [one.state for one in found] == ["ok", "bad", "bad"]
    assert found[1].wanted == f"v=DKIM1; {public_key}"


def test_where_no_resolver_knows_the_world_nothing_is_said_of_the_records() -> None:
    with resolver({}, knows=False) as asked:
        assert {one.state for one in sender_records_now(asked)} == {"unknown"}
    assert {one.words for one in sender_records_now(None)} >= {
        "no resolver answers here: ask from a machine that has one, or compare by hand"
    }


def test_figures_stand_by_domain_and_in_all() -> None:
    at = utc_now() - timedelta(days=2)
    mails = [sent(f"p{n}@gmail.com", at=at) for n in range(4)] + [sent("q@web.de", at=at), sent("old@web.de", at=at)]
    mails[5].finished_at = utc_now() - timedelta(days=20)
    mails[5].save()
    told = [("bounced", "hard"), ("bounced", "soft"), ("bounced", "block"), ("complained", "")]
    take([Told(mail.pk, kind, weight) for mail, (kind, weight) in zip(mails, told, strict=False)], now=utc_now())
    whole, domains = by_domain(utc_now() - timedelta(days=7))
    assert domains == [
        DomainFigures("gmail.com", handed=4, hard=1, soft=1, blocked=1, complained=1),
        DomainFigures("web.de", handed=1),
    ]
    assert whole == DomainFigures("", handed=5, hard=1, soft=1, blocked=1, complained=1)
    assert (whole.bounce_rate, whole.complaint_rate) == (1 / 5, 1 / 4)
    assert page.headline(whole, 7) == "5 mails in 7 days: 1 came back for good, 1 was reported as spam"
    many = DomainFigures("", handed=10_000, hard=50, complained=5)
    assert (
        page.headline(many, 7)
        == "10,000 mails in 7 days: 0.50\u202f% came back for good, 0.05\u202f% were reported as spam"
    )


def test_the_page_is_for_who_may_see_the_policy_and_lints_the_last_mails(settings: Settings) -> None:
    settings.MAIL_HOOKS = ["postmark", "nobody"]
    sent(subject="Your cart", text="words")
    user = User.objects.create_user("m", is_staff=True)
    client = Client()
    assert client.get("/admin/mail/delivery/").status_code == 302
    client.force_login(user)
    assert [client.get(f"/admin/mail/delivery/{part}").status_code for part in ("", "records/")] == [403, 403]
    user.user_permissions.add(Permission.objects.get(codename="view_policy"))
    shown = client.get("/admin/mail/delivery/?days=30").content.decode()
    assert "1 mail in 30 days: 0 came back for good" in shown
    for words in (
        "The postal address does not stand in the mail",
        "No secret",
        "MAIL_HOOKS names nobody",
        "example.com",
    ):
        assert words in shown
    assert client.post("/admin/mail/delivery/").status_code == 405


def test_the_warm_up_is_told_by_its_day() -> None:
    today = utc_now().date()
    assert page.warm_up(None, today).startswith("No warm-up is set")
    Policy.objects.update_or_create(id=1, defaults={"warm_up_from": today - timedelta(days=1)})
    assert page.warm_up(today - timedelta(days=1), today) == "Day 2 of 21: 0 of 300 marketing mails of today went out."
    assert page.warm_up(today - timedelta(days=40), today).endswith("is over.")
    assert page.warm_up(today + timedelta(days=1), today).startswith("The warm-up begins")
