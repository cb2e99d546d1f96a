"""A mail's bytes taken apart for reading. Pure.

Promise: whatever the bytes are, there is an answer. What cannot be read is told in `Mail.trouble`; decoding never
fails, it replaces.
"""

import re
from dataclasses import dataclass
from email.errors import HeaderParseError, MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses, parseaddr

MAX_SHOWN = 2_000_000
"""Characters of a part that are shown; the source is always whole."""
MAX_PARTS = 200
ENVELOPE = frozenset({"return-path", "delivered-to", "received"})
"""What the sink writes above the mail, from the SMTP conversation."""


@dataclass(frozen=True, slots=True)
class Header:
    """One header line: its value in words, and as it arrived where that differs (else empty)."""

    name: str
    value: str
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of the mail's tree; `size` in bytes after decoding."""

    content_type: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail for reading. `html` and `text` are the first such parts; `recipients` the envelope's, else To's."""

    headers: tuple[Header, ...] = ()
    parts: tuple[Part, ...] = ()
    html: str = ""
    text: str = ""
    trouble: str = ""

    def first(self, name: str) -> str:
        """The first header of that name in words; empty if there is none."""
        return next((header.value for header in self.headers if header.name.lower() == name.lower()), "")

    @property
    def recipients(self) -> tuple[str, ...]:
        """Bare addresses, lower case."""
        given = self.first("Delivered-To") or self.first("To")
        return tuple(address.lower() for _, address in getaddresses([given]) if address)

    @property
    def sender(self) -> tuple[str, str]:
        """(name, address) of From."""
        return parseaddr(self.first("From"))

    @property
    def unsubscribe(self) -> str:
        """The http(s) URL of List-Unsubscribe; empty if there is none."""
        found = re.search(r"<\s*(https?://[^\s<>\"]+)\s*>", self.first("List-Unsubscribe"))
        return found[1] if found else ""

    @property
    def leaves_by_one_click(self) -> bool:
        """Whether a mail program may unsubscribe by itself (RFC 8058)."""
        return self.first("List-Unsubscribe-Post").replace(" ", "").lower() == "list-unsubscribe=one-click"


def parse(raw: bytes, *, headers_only: bool = False) -> Mail:
    """The mail; with `headers_only` without its parts."""
    try:
        message = BytesParser(policy=compat32).parsebytes(raw, headersonly=headers_only)
        headers = tuple(_header(name, str(value)) for name, value in message.items())
    except (MessageError, ValueError, LookupError, RecursionError) as error:
        return Mail(trouble=f"It cannot be taken apart ({type(error).__name__}); its source is whole.")
    if headers_only:
        return Mail(headers)
    try:
        return _with_parts(message, headers)
    except (MessageError, ValueError, LookupError, RecursionError, TypeError, AttributeError) as error:
        return Mail(headers, trouble=f"Its parts cannot be read ({type(error).__name__}); its source is whole.")


def decoded(raw: str) -> str:
    """A header's value in words (RFC 2047), on one line."""
    line = re.sub(r"\s*[\r\n]+\s*", " ", _printable(raw)).strip()
    try:
        return str(make_header(decode_header(line)))
    except (HeaderParseError, ValueError, LookupError):
        return line


def _header(name: str, raw: str) -> Header:
    value = decoded(raw)
    kept = _printable(raw).strip()
    return Header(_printable(name), value, kept if kept != value else "")


def _with_parts(message: Message, headers: tuple[Header, ...]) -> Mail:
    parts: list[Part] = []
    shown = {"text/html": "", "text/plain": ""}
    trouble = ""
    for leaf in (part for part in message.walk() if not part.is_multipart()):
        if len(parts) == MAX_PARTS:
            trouble = f"Only the first {MAX_PARTS} of its parts are listed."
            break
        content = _content(leaf)
        kind, name = leaf.get_content_type(), decoded(leaf.get_filename() or "")
        parts.append(Part(kind, name, len(content)))
        if kind in shown and not shown[kind] and leaf.get_content_disposition() != "attachment":
            text, cut = _text(content, leaf)
            shown[kind] = text
            trouble = f"The {kind} part is long: its first {MAX_SHOWN:,} characters are shown." if cut else trouble
    if not trouble and (message.defects or any(part.defects for part in message.walk())):
        trouble = "It breaks the rules of MIME somewhere; mail programs may show it differently."
    return Mail(headers, tuple(parts), shown["text/html"], shown["text/plain"].replace("\r\n", "\n"), trouble)


def _content(leaf: Message) -> bytes:
    payload = leaf.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _text(content: bytes, leaf: Message) -> tuple[str, bool]:
    """(the part's text, whether it was cut). A wrong charset is read as UTF-8 with replacements."""
    charset = leaf.get_content_charset() or "utf-8"
    try:
        text = content.decode(charset, "replace")
    except (LookupError, ValueError):
        text = content.decode("utf-8", "replace")
    return text[:MAX_SHOWN].replace("\x00", ""), len(text) > MAX_SHOWN


def _printable(text: str) -> str:
    """Bytes beyond ASCII, which the parser keeps as surrogates, read as UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
