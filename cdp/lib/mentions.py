"""Mentions: whether a text names one of some identifiers. Pure; for searching raw bytes, files and notes.

Addresses are found in any case, phone numbers with marks between their digits, and all values also as JSON and URLs
escape them. Other values are found as whole words where they are long, and only as a whole JSON text or number under
an id's name where they are short: `1001` is a price, too.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

ADDRESSES = frozenset({"email", "phone"})
LONG = 10
_IDS = r"(?:user_?id|anonymous_?id|previous_?id|distinct_id|group_?id|customer_?id|\w*_id|id|value)"
_MARKS = r"(?:[\s()./–-]|\(0\)){0,3}"


class Mentions:
    """Asks texts for (kind, canonical value) of identifiers. False for every text where there are none."""

    def __init__(self, identifiers: Iterable[tuple[str, str]]) -> None:
        known = tuple(dict.fromkeys(identifiers))
        self.values = tuple(dict.fromkeys(value for _, value in known))
        self._phones = [value for kind, value in known if kind == "phone"]
        parts = [_pattern(kind, value) for kind, value in known]
        self._pattern = re.compile("|".join(parts)) if parts else None

    def in_text(self, text: str) -> bool:
        """Whether the text names one of them."""
        return self._pattern is not None and self._pattern.search(text) is not None

    def in_bytes(self, raw: bytes | memoryview | None) -> bool:
        """Whether these bytes do, read as UTF-8 as far as they are."""
        return raw is not None and self.in_text(bytes(raw).decode("utf-8", "replace"))

    def struck_out(self, raw: bytes) -> bytes:
        """The same number of bytes, with each mention overwritten."""
        if self._pattern is None:
            return raw
        text = raw.decode("utf-8", "surrogateescape")
        clean = self._pattern.sub(lambda found: "x" * len(found[0].encode("utf-8", "surrogateescape")), text)
        return clean.encode("utf-8", "surrogateescape")

    @property
    def likes(self) -> list[str]:
        """Patterns for SQL's `lower(text) LIKE ANY`: every text that names one of them matches, and some more do.

        Also of bytes, asked as `encode(bytes, 'escape')`. A number with marks in it takes `bare_likes`.
        """
        spelled = {one for value in self.values for one in _spellings(value)}
        found = {one.lower() for one in spelled} | {_escaped_bytes(one).lower() for one in spelled}
        return [f"%{_literal(one)}%" for one in sorted(found)]

    @property
    def bare_likes(self) -> list[str]:
        """Patterns of the phone numbers, for a text out of which every mark was taken."""
        return [f"%{_literal(value.lstrip('+'))}%" for value in self._phones]


def _spellings(value: str) -> list[str]:
    """The value itself, as JSON may escape it, and as URLs do; letters beyond ASCII in either case and composition."""
    forms = {value} if value.isascii() else {value, value.upper(), unicodedata.normalize("NFD", value)}
    found = set()
    for form in forms:
        texts = {json.dumps(form)[1:-1], json.dumps(form, ensure_ascii=False)[1:-1]}
        found |= {form, quote(form, safe=""), form.replace("@", "%40")} | texts
        found |= {text.replace("@", r"\u0040") for text in texts} | {text.replace("/", r"\/") for text in texts}
    return sorted(found)


def _escaped_bytes(text: str) -> str:
    """As PostgreSQL writes bytes as text."""
    return "".join(chr(byte) if byte < 128 else f"\\{byte:03o}" for byte in text.replace("\\", r"\\").encode())


def _literal(value: str) -> str:
    return value.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


def _pattern(kind: str, value: str) -> str:
    if kind in ADDRESSES:
        spelled = _digits(value) if kind == "phone" else "|".join(map(re.escape, _spellings(value)))
        return rf"(?i:(?<![a-z0-9._+-])(?:{spelled})(?![a-z0-9-]|\.[a-z0-9]))"
    escaped = "".join(f"|(?i:{re.escape(one)})" for one in _spellings(value) if one.lower() != value.lower())
    plain = f"(?:{re.escape(value)}{escaped})"
    if len(value) >= LONG:
        return rf"(?<![A-Za-z0-9_-]){plain}(?![A-Za-z0-9_-])"
    number = rf'|(?i:"{_IDS}")\s*:\s*{plain}(?![0-9.])' if value.isdigit() else ""
    return rf'"\s*{plain}\s*"{number}'


def _digits(value: str) -> str:
    plus = r"(?:\+|%2B|\\u002B)" if value.startswith("+") else ""
    return plus + _MARKS.join(re.escape(digit) for digit in value.lstrip("+"))
