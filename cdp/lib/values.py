"""Canonical values: how numbers, text and instants are written once, so that every engine reads the same. Pure.

Number: a JSON number, or text that is wholly ASCII `-?[0-9]{1,12}(.[0-9]+)?`, as Decimal(18,6) rounded half-even;
never NaN or infinite. A JSON number outside that range is kept as its text. Text is NFC; NUL and lone surrogates
become U+FFFD.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Any

NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]+)?", re.ASCII)
_SIMPLE = re.compile(r"-?[0-9]+\.[0-9]{1,6}", re.ASCII)  # fits as it stands, which is what nearly every price does
SIXTH = Decimal("0.000001")
LIMIT = 10**12
_EXACT = Context(prec=400, rounding=ROUND_HALF_EVEN)
_SURROGATE = re.compile("[\ud800-\udfff]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST_KEPT, _MOST_KEPT = 24, 32_768
_LONGEST_NUMBER = 330  # characters: past this a decimal literal is text


def _read(literal: str) -> Decimal | str:
    if len(literal) < 12 and _SIMPLE.fullmatch(literal):
        return Decimal(literal)
    if len(literal) > _LONGEST_NUMBER:
        return literal
    try:
        return _fit(Decimal(literal)) if "e" not in literal and "E" not in literal else _fit_exponent(literal)
    except InvalidOperation:
        return literal


class _Numbers(dict[str, Decimal | str]):
    """Literals read before: the same prices come again and again, and a lookup costs a fifth of reading."""

    def __missing__(self, literal: str) -> Decimal | str:
        found = _read(literal)
        if len(literal) <= _LONGEST_KEPT:
            if len(self) >= _MOST_KEPT:
                self.clear()
            self[literal] = found
        return found


_numbers = _Numbers()
read_number: Callable[[str], Decimal | str] = _numbers.__getitem__
"""A JSON number literal with a fraction or exponent: its canonical decimal, or its text when out of range."""


def number(value: object) -> Decimal | None:
    """The number a value is, or None. Text counts when it is wholly a plain decimal; booleans never do."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return Decimal(value) if -LIMIT < value < LIMIT else None
    if isinstance(value, float):
        fitted = read_number(repr(value)) if value == value and abs(value) < LIMIT else None
        return fitted if isinstance(fitted, Decimal) else None
    if isinstance(value, str) and NUMBER.fullmatch(value) and len(value) <= _LONGEST_NUMBER:
        return _round(Decimal(value))
    return None


def text(value: str) -> str:
    """NFC, without NUL and lone surrogates (each becomes U+FFFD)."""
    if value.isascii():
        return value.replace("\x00", "\ufffd") if "\x00" in value else value
    return unicodedata.normalize("NFC", _SURROGATE.sub("\ufffd", value.replace("\x00", "\ufffd")))


def canonical(value: Any) -> Any:
    """A decoded JSON value in canonical form; lists and dicts are changed in place. The wire bounds the depth."""
    kind = type(value)
    if kind is str:
        return value if value.isascii() and "\x00" not in value else text(value)
    if kind is dict:
        return _canonical_dict(value)
    if kind is list:
        for index, item in enumerate(value):
            value[index] = canonical(item)
        return value
    if kind is int:
        return value if -LIMIT < value < LIMIT else str(value)
    if kind is float:
        return read_number(repr(value)) if value - value == 0 else None
    return value


def as_text(value: object) -> str | None:
    """A scalar id as text: text stripped and in NFC, whole numbers as digits; None for all else and for nothing."""
    if isinstance(value, str):
        return text(value).strip() or None
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value) if -(10**40) < value < 10**40 else None
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return None


def instant_us(value: object) -> int | None:
    """An instant in integer µs UTC: ISO-8601 text (no zone means UTC), epoch seconds or milliseconds; else None."""
    if isinstance(value, str):
        return _iso_us(value)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    seconds = Decimal(value)
    if abs(seconds) >= 100_000_000_000:
        seconds = seconds / 1000
    return int(seconds * 1_000_000) if abs(seconds) < 100_000_000_000 else None


def _iso_us(value: str) -> int | None:
    if len(value) > 40:
        return None
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return (moment - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        return None


def _canonical_dict(value: dict[str, Any]) -> dict[str, Any]:
    foreign = False
    for key, item in value.items():
        kind = type(item)
        if kind is str:
            if not item.isascii() or "\x00" in item:
                value[key] = text(item)
        elif kind is not bool and item is not None and kind is not Decimal:
            value[key] = canonical(item)
        if not key.isascii() or "\x00" in key:
            foreign = True
    return {text(key): item for key, item in value.items()} if foreign else value


def _fit_exponent(literal: str) -> Decimal | str:
    found = Decimal(literal)
    if found and found.adjusted() < -30:
        return Decimal(0)
    return _fit(found) if found.adjusted() < 30 else literal


def _fit(found: Decimal) -> Decimal | str:
    rounded = _round(found) if found.adjusted() < 12 else None
    return str(found) if rounded is None else rounded


def _round(found: Decimal) -> Decimal | None:
    exponent = found.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -6:
        found = found.quantize(SIXTH, context=_EXACT)
    return found if -LIMIT < found < LIMIT else None
