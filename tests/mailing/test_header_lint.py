"""A mail as filters read it: a sound one has no findings, and each fault is found by itself."""

from collections.abc import Callable

import pytest

from mailing import sender_records
from mailing.header_lint import About, is_aligned, lint

ADDRESS = "1 Example Street, 10115 Berlin"
ABOUT = About(is_marketing=True, postal_address=ADDRESS, return_path="bounces+x@mail.shop.example")
WORDS = "Dear reader, here is what we have for you this week, and it is quite a lot if we may say so. " * 3
SOUND = "\r\n".join(
    [
        "From: Shop <hello@shop.example>",
        "To: jane@mail.example",
        "Subject: Your cart",
        "Date: Mon, 02 Nov 2026 10:00:00 +0000",
        "Message-ID: <1.x@shop.example>",
        "List-Unsubscribe: <https://cdp.example/u/x>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "MIME-Version: 1.0",
        'Content-Type: multipart/alternative; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain; charset=utf-8",
        "",
        f"{WORDS}",
        "",
        "--b",
        "Content-Type: text/html; charset=utf-8",
        "",
        f'<html><body><img src="https://shop.example/i.png" alt="Shoes"><p>{WORDS}</p>',
        f'<a href="https://cdp.example/u/x">Unsubscribe</a><p>{ADDRESS}</p></body></html>',
        "",
        "--b--",
        "",
    ]
)


def codes(text: str, about: About = ABOUT) -> list[str]:
    return [one.code for one in lint(text.encode(), about)]


def test_a_sound_mail_has_no_findings() -> None:
    assert codes(SOUND) == []


def _without(line: str) -> Callable[[str], str]:
    return lambda text: "\r\n".join(one for one in text.split("\r\n") if not one.startswith(line))


def _with(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("from", _without("From:")),
        ("reply_to", _with("To: jane", "Reply-To: x@other.example\r\nTo: jane")),
        ("dkim_domain", _with("From:", "DKIM-Signature: v=1; d=other.example; h=list-unsubscribe\r\nFrom:")),
        ("dkim_unsubscribe", _with("From:", "DKIM-Signature: v=1; d=shop.example; h=from\r\nFrom:")),
        ("date", _without("Date:")),
        ("message_id", _without("Message-ID:")),
        ("message_id_domain", _with("1.x@shop.example", "1.x@localhost")),
        ("to", _with("To: jane@mail.example", "To: a@x.example, b@x.example")),
        ("no_subject", _without("Subject:")),
        ("long_subject", _with("Your cart", "Your cart " * 9)),
        ("fake_reply", _with("Your cart", "Re: your cart")),
        ("loud_subject", _with("Your cart", "BUY YOUR CART NOW")),
        ("no_unsubscribe", _without("List-Unsubscribe:")),
        ("unsubscribe_http", _with("<https://cdp.example/u/x>", "<http://cdp.example/u/x>")),
        ("no_one_click", _without("List-Unsubscribe-Post:")),
        ("no_text", _with(f"\r\n{WORDS}\r\n", "\r\n\r\n")),
        ("clipped", _with("<body>", "<body>" + f"<!--{'x' * 70}-->\r\n" * 1_500)),
        ("mostly_pictures", _with(f"<p>{WORDS}</p>", "")),
        ("no_alt", _with(' alt="Shoes"', "")),
        ("insecure_link", _with("https://shop.example/i", "http://shop.example/i")),
        ("no_address", _with(f"<p>{ADDRESS}</p>", "")),
        ("no_link_out", _with('href="https://cdp.example/u/x"', 'href="https://shop.example/"')),
        ("long_line", _with("<body>", "<body>" + "x" * 1_000)),
        ("raw_header", _with("Your cart", "Dein Schränkchen")),
        ("bare_newline", _with("<body>", "<body>\n")),
    ],
)
def test_each_fault_is_found(code: str, change: Callable[[str], str]) -> None:
    changed = change(SOUND)
    assert changed != SOUND
    assert code in codes(changed)


def test_order_mails_need_no_way_out_and_bounces_elsewhere_are_told() -> None:
    plain = _without("List-Unsubscribe")(SOUND)
    assert codes(plain, About(is_marketing=False, postal_address="")) == []
    assert codes(SOUND, About(True, ADDRESS, return_path="x@relay.example")) == ["return_path"]
    assert codes(SOUND, About(True, "")) == ["no_address_set"]
    others = ("mail.shop.example", "SHOP.example", "myshop.example", "")
    assert [is_aligned("shop.example", other) for other in others] == [True, True, False, False]


KEY = "k=rsa; p=MIIB"


@pytest.mark.parametrize(
    ("record", "state", "part"),
    [
        (sender_records.spf("d", None, servers=["ip4:192.0.2.1"]), "unknown", "no resolver answers here"),
        (sender_records.spf("d", [], servers=[]), "bad", "no SPF record"),
        (sender_records.spf("d", ["v=spf1 a ~all", "v=spf1 mx ~all"], servers=[]), "bad", "2 SPF records"),
        (sender_records.spf("d", ["v=spf1 +all"], servers=[]), "bad", "everybody"),
        (sender_records.spf("d", ["v=spf1 " + "include:x " * 11 + "~all"], servers=[]), "bad", "11 further"),
        (sender_records.spf("d", ["v=spf1 a ~all"], servers=["ip4:192.0.2.1"]), "warn", "does not name ip4:192.0.2.1"),
        (sender_records.spf("d", ["x", "v=spf1 ip4:192.0.2.1 -all"], servers=["ip4:192.0.2.1"]), "ok", ""),
        (sender_records.dkim("d", "cdp", [], public_key=KEY), "bad", "every signature fails"),
        (sender_records.dkim("d", "cdp", ["v=DKIM1; k=rsa; p=MI IB"], public_key=KEY), "ok", ""),
        (sender_records.dkim("d", "cdp", ["v=DKIM1; p=XXXX"], public_key=KEY), "bad", "another key"),
        (sender_records.dkim("d", "cdp", ["v=DKIM1; p="], public_key=KEY), "bad", "withdrawn"),
        (sender_records.dkim("d", "cdp", [], public_key=""), "warn", "mail server must"),
        (sender_records.dmarc("d", [], reports_to="x"), "bad", "no DMARC"),
        (sender_records.dmarc("d", ["v=DMARC1; p=none"], reports_to="x"), "warn", "reports"),
        (sender_records.dmarc("d", ["v=DMARC1; p=none; rua=mailto:x"], reports_to="x"), "warn", "only watches"),
        (sender_records.dmarc("d", ["v=DMARC1; sp=reject"], reports_to="x"), "bad", "names no rule"),
        (sender_records.dmarc("d", ["v=DMARC1; p=reject; rua=mailto:x"], reports_to="x"), "ok", "refused"),
    ],
)
def test_what_records_in_the_dns_mean(record: sender_records.Record, state: str, part: str) -> None:
    assert record.state == state
    assert part in record.words
    assert record.wanted.startswith("v=")
