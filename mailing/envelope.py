"""A mail as bytes: headers, a text part and an HTML part, as RFC 5322 and its kin want them. Pure.

Built by hand, since the standard library takes milliseconds a mail; a test reads what comes out with its parser.
"""

import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.charset import QP, Charset
from email.header import Header
from email.utils import format_datetime, formataddr

CRLF = "\r\n"
PLAIN_UP_TO = 70
LONGEST_LINE = 990
PLAIN = bytes(range(0x20, 0x7F)) + b"\t\n"
RAW = ((b"<style", b"</style"), (b"<script", b"</script"), (b"<!--", b"-->"))
_UTF8 = Charset("utf-8")
_UTF8.header_encoding = QP


class EnvelopeError(ValueError):
    """A mail that cannot be sent as it is; the message says why, and never to whom. Trying again does not help."""


@dataclass(frozen=True, slots=True)
class Mail:
    """Everything a mail is. `sender`, `to`: `Name <address>` or an address; `headers`: further ones, in order.

    `html` may be empty: then the mail is its text.
    """

    sender: str
    to: str
    subject: str
    text: str
    html: str
    date: datetime
    message_id: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """The way out in a header (RFC 2369), good for one click (RFC 8058)."""

    url: str

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Both headers."""
        return (("List-Unsubscribe", f"<{self.url}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))


def mail_bytes(mail: Mail) -> bytes:
    """The mail with CRLF line ends, all of it ASCII. Raises EnvelopeError."""
    boundary = "=_" + binascii.crc32(mail.message_id.encode()).to_bytes(4, "big").hex() + "cdp"
    head = [
        ("From", header_address(mail.sender)),
        ("To", header_address(mail.to)),
        ("Subject", _words("Subject", mail.subject)),
        ("Date", format_datetime(mail.date)),
        ("Message-ID", mail.message_id),
        *mail.headers,
        ("MIME-Version", "1.0"),
    ]
    text = _part("text/plain", mail.text)
    if not mail.html:
        return _head(head).encode("ascii") + text
    head.append(("Content-Type", f'multipart/alternative; boundary="{boundary}"'))
    mark = f"--{boundary}".encode()
    parts = (text, _part("text/html", mail.html))
    body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts)
    return _head(head).encode("ascii") + b"\r\n" + body + mark + b"--\r\n"


def header_address(text: str) -> str:
    """`Name <address>` as a header takes it: names encoded, domains in ASCII. Raises EnvelopeError."""
    name, _, address = text.strip().removesuffix(">").rpartition("<")
    name = " ".join(name.replace('"', " ").split())
    try:
        return formataddr((name, ascii_address(address)), _UTF8)
    except (UnicodeError, ValueError) as error:
        raise EnvelopeError("an address has characters that mail servers do not take") from error


def ascii_address(address: str) -> str:
    """An address as SMTP takes it. Raises EnvelopeError: what is before the @ must be ASCII."""
    if address.isascii():
        if not address or " " in address or not address.isprintable():
            raise EnvelopeError("an address is empty or has blanks in it")
        return address
    local, _, domain = address.rpartition("@")
    try:
        return f"{local.encode('ascii').decode()}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise EnvelopeError("an address has characters that mail servers do not take") from error


def _words(name: str, text: str) -> str:
    line = " ".join(text.split())
    if line.isascii() and line.isprintable() and len(line) <= PLAIN_UP_TO:
        return line
    return str(Header(line, _UTF8, header_name=name, maxlinelen=76).encode(linesep=CRLF))


def _head(headers: Sequence[tuple[str, str]]) -> str:
    for name, value in headers:
        folded = value.replace("\r\n ", "")
        if "\r" in folded or "\n" in folded or not folded.isascii():
            raise EnvelopeError(f"header {name} has a line break or characters that headers do not take")
        if len(value) > LONGEST_LINE and "\r\n " not in value:
            raise EnvelopeError(f"header {name} is longer than {LONGEST_LINE} characters")
    return "".join(f"{name}: {value}{CRLF}" for name, value in headers)


def _part(kind: str, content: str) -> bytes:
    """A part with its headers. As it is where every line is one that SMTP takes (what is not ASCII in HTML becomes an
    entity), else in quoted-printable."""
    unified = content.replace("\r\n", "\n").replace("\r", "\n")
    if not unified.endswith("\n"):
        unified += "\n"
    if kind == "text/html" and not unified.isascii():
        unified = _with_entities(unified)
    encoding, body = "7bit", unified.encode("utf-8", "replace")
    if body.translate(None, PLAIN) or b"\nFrom " in body or _has_long_lines(body):
        encoding, body = "quoted-printable", binascii.b2a_qp(body, istext=True)
    head = f'Content-Type: {kind}; charset="utf-8"{CRLF}Content-Transfer-Encoding: {encoding}{CRLF}{CRLF}'
    return head.encode() + body.replace(b"\n", b"\r\n")


def _has_long_lines(text: bytes) -> bool:
    return max(map(len, text.split(b"\n"))) > LONGEST_LINE


def _with_entities(html: str) -> str:
    """HTML whose text and attributes are ASCII. Style sheets, scripts and comments know no entities: with others in
    them it stays as it is."""
    folded = html.encode("utf-8", "replace").lower()
    for opening, closing in RAW:
        start = folded.find(opening)
        while start >= 0:
            end = folded.find(closing, start)
            if not folded[start : end if end >= 0 else None].isascii():
                return html
            start = folded.find(opening, end) if end >= 0 else -1
    return html.encode("ascii", "xmlcharrefreplace").decode("ascii")
