"""Mentions: whether a text names one of some identifiers. Pure; for searching raw bytes, files and notes.

Addresses are found in any case and URL-encoded; other values as whole words where they are long, and only as a whole
JSON text or number under an id's name where they are short: `1001` is a price, too.
"""

import re
from collections.abc import Iterable

ADDRESSES = frozenset({"email", "phone"})
LONG = 10
_IDS = r"(?:user_?id|anonymous_?id|previous_?id|distinct_id|group_?id|customer_?id|\w*_id|id|value)"


class Mentions:
    """Asks texts for (kind, canonical value) of identifiers. False for every text where there are none."""

    def __init__(self, identifiers: Iterable[tuple[str, str]]) -> None:
        known = tuple(dict.fromkeys(identifiers))
        self.values = tuple(dict.fromkeys(value for _, value in known))
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
        text = raw.decode("latin-1")
        return self._pattern.sub(lambda found: "x" * len(found[0]), text).encode("latin-1")

    @property
    def likes(self) -> list[str]:
        """Patterns for SQL's `lower(text) LIKE ANY`: every text that names one of them matches, and some more do."""
        found = {value.lower() for value in self.values}
        found |= {value.lower().replace("@", "%40") for value in self.values}
        found |= {value.lower().replace("@", r"\u0040") for value in self.values}
        return [f"%{_literal(value)}%" for value in sorted(found)]


def _literal(value: str) -> str:
    return value.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


def _pattern(kind: str, value: str) -> str:
    plain = re.escape(value)
    if kind in ADDRESSES:
        spelled = plain.replace("@", r"(?:@|%40|\\u0040)").replace(r"\+", r"(?:\+|%2[Bb])")
        return rf"(?i:(?<![a-z0-9._+-]){spelled}(?![a-z0-9-]|\.[a-z0-9]))"
    if len(value) >= LONG:
        return rf"(?<![A-Za-z0-9_-]){plain}(?![A-Za-z0-9_-])"
    number = rf'|(?i:"{_IDS}")\s*:\s*{plain}(?![0-9.])' if value.isdigit() else ""
    return rf'"{plain}"{number}'
