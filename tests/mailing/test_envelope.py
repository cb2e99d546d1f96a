"""Mails as bytes, read by the standard library's parser; signatures, checked by dkimpy."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from mailing.dkim_signing import KeyUnusableError, signer
from mailing.envelope import EnvelopeError, Mail, Unsubscribe, mail_bytes

MAIL = Mail(
    sender="Löwe & Söhne, “Shop” <shop@example.com>",
    to="jane@bücher.example",
    subject="Grüße: 20 % off — only today, for everybody who reads subjects that are very long indeed ✂",
    text=".\n.a dot begins a line\nÜber alles " + "x" * 300 + " \nlast line without end",
    html="<html><body>" + "<p>Grüße — =3D &amp; €</p>" * 200 + "</body></html>",
    date=datetime(2026, 6, 10, 9, 8, 7, tzinfo=UTC),
    message_id="<7.abc@example.com>",
    headers=Unsubscribe("https://shop.example/u/" + "t" * 300).headers,
)


def parsed(raw: bytes) -> EmailMessage:
    found = message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    assert found.defects == []
    return found


def content(part: EmailMessage) -> str:
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_parser_reads_what_was_meant() -> None:
    raw = mail_bytes(MAIL)
    mail = parsed(raw)
    assert mail["From"].addresses[0].display_name == "Löwe & Söhne, “Shop”"
    assert mail["From"].addresses[0].addr_spec == "shop@example.com"
    assert mail["To"].addresses[0].addr_spec == "jane@xn--bcher-kva.example"
    assert (mail["Subject"], mail["Date"].datetime) == (MAIL.subject, MAIL.date)
    assert (mail["Message-ID"], mail["List-Unsubscribe-Post"]) == (MAIL.message_id, "List-Unsubscribe=One-Click")
    assert mail["List-Unsubscribe"] == f"<https://shop.example/u/{'t' * 300}>"
    text, html = (part for part in mail.iter_parts())
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert (content(text), unescape(content(html))) == (MAIL.text + "\n", unescape(MAIL.html + "\n"))


def test_every_line_is_ascii_ends_with_crlf_and_is_no_longer_than_smtp_takes() -> None:
    lines = mail_bytes(MAIL).split(b"\r\n")
    assert all(line.isascii() and b"\n" not in line and b"\r" not in line for line in lines)
    assert max(map(len, lines)) <= 998


@pytest.mark.parametrize(
    ("html", "encoding"),
    [
        ("<p>Grüße</p>\n<p>plain lines</p>", "7bit"),
        ("<style>.a::after { content: '✂' }</style><p>x</p>", "quoted-printable"),
        ("<!-- ü --><p>x</p>", "quoted-printable"),
        ("<p>" + "x" * 1_000 + "</p>", "quoted-printable"),
        ("<p>\nFrom here</p>", "quoted-printable"),
    ],
)
def test_html_goes_as_it_is_where_that_is_safe(html: str, encoding: str) -> None:
    part = list(parsed(mail_bytes(replace(MAIL, html=html))).iter_parts())[1]
    assert isinstance(part, EmailMessage)
    assert part["Content-Transfer-Encoding"] == encoding
    assert unescape(content(part)) == html + "\n"


def test_a_mail_without_html_is_its_text() -> None:
    mail = parsed(mail_bytes(replace(MAIL, html="")))
    assert (mail.get_content_type(), content(mail)) == ("text/plain", MAIL.text + "\n")


@pytest.mark.parametrize(
    "changed",
    [
        {"headers": (("X-One", "a\r\nBcc: eve@example.com"),)},
        {"message_id": "<1@a>\nX: y"},
        {"to": "jäne@example.com"},
        {"to": "jane doe"},
        {"sender": ""},
        {"headers": (("X-Long", "x" * 1_000),)},
    ],
)
def test_what_no_header_takes_is_refused_and_adds_none(changed: dict[str, object]) -> None:
    with pytest.raises(EnvelopeError):
        mail_bytes(replace(MAIL, **changed))  # type: ignore[arg-type]


def test_a_subject_of_two_lines_is_one() -> None:
    assert parsed(mail_bytes(replace(MAIL, subject="one\r\nBcc: eve@example.com")))["Bcc"] is None


def keys() -> dict[str, tuple[bytes, bytes]]:
    """{kind: (private key, what DNS tells of it)}."""
    one, other = rsa.generate_private_key(65537, 2048), ed25519.Ed25519PrivateKey.generate()
    pem = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    of_rsa = base64.b64encode(one.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return {
        "rsa": (one.private_bytes(*pem), b"v=DKIM1; k=rsa; p=" + of_rsa),
        "ed25519": (other.private_bytes(*pem), b""),
    }


def test_dkimpy_verifies_the_signature_and_not_one_of_a_changed_mail(tmp_path: Path) -> None:
    private, public = keys()["rsa"]
    (tmp_path / "key.pem").write_bytes(private)
    signed = signer("example.com", "cdp", str(tmp_path / "key.pem")).sign(mail_bytes(MAIL))
    asked: list[bytes] = []

    def dns(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return public

    verify: Callable[..., bool] = dkim.verify
    assert verify(signed, dnsfunc=dns) is True
    assert asked == [b"cdp._domainkey.example.com."]
    assert parsed(signed)["Subject"] == MAIL.subject
    for before, after in (
        (b"List-Unsubscribe-Post: List", b"List-Unsubscribe-Post: Lost"),
        (b"last line", b"lost line"),
    ):
        assert verify(signed.replace(before, after), dnsfunc=dns) is False


def test_an_ed25519_key_signs_too(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(keys()["ed25519"][0])
    assert b"a=ed25519-sha256" in signer("example.com", "cdp", str(tmp_path / "key.pem")).sign(mail_bytes(MAIL))


def test_a_file_without_a_key_is_refused_and_not_quoted(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("secret")
    for path in (tmp_path / "key.pem", tmp_path / "none.pem"):
        with pytest.raises(KeyUnusableError, match="make one with `openssl genrsa") as error:
            signer("example.com", "cdp", str(path))
        assert "secret" not in str(error.value)
