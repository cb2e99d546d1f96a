"""Codes as customers type them: one normal form however they are written, and random ones that nobody guesses. Pure.

Made codes have digits and consonants only: none is mistaken for another (0 and O, 1 and I and L), and none is a word.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
LEAST, MOST = 3, 64
MOST_PREFIX = 20
MOST_MADE = 1_000_000
GUESSES = 1_000_000
"""So many guesses at random find less than one code of a pool, on average."""
USUAL_LENGTH = 10
_DROPPED = re.compile(r"[\s\-\u2010-\u2015\u2212_.]+")
_PLAIN = re.compile(r"[A-Z0-9]+")
REJECTIONS = {
    "too_short": f"has fewer than {LEAST} letters and digits",
    "too_long": f"has more than {MOST} letters and digits",
    "characters": "holds other signs than A–Z, 0–9, blanks and dashes",
    "twice": "stands in the file already, perhaps written otherwise",
    "taken": "exists already, perhaps for another offer",
}


class BadCodes(ValueError):
    """Codes cannot be made or taken like this; the text says why and what would do."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an upload: its number from 1, the code as written, and in its normal form."""

    number: int
    shown: str
    code: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that was not taken. `reason`: a key of REJECTIONS."""

    number: int
    shown: str
    reason: str

    @property
    def detail(self) -> str:
        """In words."""
        return f"Line {self.number}: “{self.shown[:MOST]}” {REJECTIONS[self.reason]}."


def normal(written: str) -> str:
    """The code as it is stored and looked up: upper case, without blanks, dashes, dots and underscores."""
    return _DROPPED.sub("", unicodedata.normalize("NFKC", written)).upper()


def fault(code: str) -> str:
    """Why a code in its normal form cannot be one: a key of REJECTIONS; empty: it can."""
    if not code or not _PLAIN.fullmatch(code):
        return "characters" if code else "too_short"
    return "too_short" if len(code) < LEAST else "too_long" if len(code) > MOST else ""


def least_length(count: int) -> int:
    """How many random signs `count` codes need so that GUESSES guesses hardly find one."""
    length = 1
    while len(ALPHABET) ** length < count * GUESSES:
        length += 1
    return length


def check_making(count: int, length: int, prefix: str) -> None:
    """Raises BadCodes where so many codes of this shape cannot be made."""
    if not 1 <= count <= MOST_MADE:
        raise BadCodes(f"Make 1 to {MOST_MADE:,} codes at a time.")
    if length < (least := least_length(count)):
        raise BadCodes(f"{count:,} codes of {length} signs could be guessed: take at least {least} signs.")
    if length > MOST - MOST_PREFIX:
        raise BadCodes(f"Nobody types codes of {length} signs: take at most {MOST - MOST_PREFIX}.")
    if len(prefix) > MOST_PREFIX or (prefix and not _PLAIN.fullmatch(normal(prefix))):
        raise BadCodes(f"The beginning takes up to {MOST_PREFIX} letters A–Z and digits.")


def make(draw: Random, length: int, prefix: str = "") -> tuple[str, str]:
    """(normal form, as it is shown) of one code. `draw`: secrets.SystemRandom where it is meant in earnest."""
    signs = "".join(draw.choices(ALPHABET, k=length))
    head = normal(prefix)
    return head + signs, f"{head}-{signs}" if head else signs


def read_lines(text: str) -> tuple[list[Line], list[Rejected]]:
    """The codes of an uploaded file: the first column of each line; empty lines and a heading are passed over."""
    lines: list[Line] = []
    rejected: list[Rejected] = []
    seen: set[str] = set()
    for number, shown in _cells(text):
        code = normal(shown)
        reason = fault(code) or ("twice" if code in seen else "")
        seen.add(code)
        if reason:
            rejected.append(Rejected(number, shown, reason))
        else:
            lines.append(Line(number, shown, code))
    return lines, rejected


def several(told: str) -> Sequence[str]:
    """The codes an order names, in their normal form: one, or several between commas, semicolons or bars."""
    found = (normal(part) for part in re.split(r"[,;|]", told))
    return tuple(dict.fromkeys(code for code in found if code and not fault(code)))


def _cells(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        cell = re.split(r"[,;\t]", line, maxsplit=1)[0].strip().strip('"').strip()
        if cell and not (number == 1 and cell.casefold() in ("code", "codes", "coupon", "coupons", "voucher")):
            yield number, cell
