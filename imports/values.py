"""Cells read as values: numbers, money, dates, booleans, lists, as people write them in three languages. Pure.

Each parser takes a cell (text, or what a workbook holds) that is not empty, and raises BadValue with a sentence that
says what was expected. Instants come out as aware UTC datetimes; a date without a time stays a date.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cdp.lib.values import LIMIT, canonical, read_number, text
from imports.contracts import BadValue, Options

NOTHING = frozenset({"", "-", "–", "—", "n/a", "#n/a", "null", "none", "nil", "nan", "\\n", "k.a.", "(null)"})
YES = frozenset({"true", "yes", "y", "1", "t", "on", "x", "ja", "j", "wahr", "oui", "o", "vrai"})
NO = frozenset({"false", "no", "n", "0", "f", "off", "nein", "falsch", "non", "faux"})
TURN = 30  # years of two digits below are of this century, as spreadsheet programs read them
SYMBOLS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}
_POINT = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?")
_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)?(,\d+)?")
_BLANKS = re.compile(r"(?<=\d)[\s\u00a0\u202f'’](?=\d{3})")
_CURRENCY = re.compile(r"^\s*(?:([A-Z]{3})\b|([€$£¥]))\s*|\s*(?:\b([A-Z]{3})|([€$£¥]))\s*$")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?)?\s*(Z|[+-]\d{2}:?\d{2})?")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|(19|20)\d{6}")
_EPOCH = re.compile(r"\d{10}(\.\d+)?|\d{13}|\d{16}")
_TIME = (
    r"(?:[\sT,]+(?:um |at )?(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d*)?)?"
    r"\s*([AaPp]\.?[Mm]\.?)?(?:\s*Uhr)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?"
)
_PARTS = re.compile(r"(\d{1,2})([./-])\s?(\d{1,2})\2\s?(\d{4}|\d{2})" + _TIME)
_YEAR_FIRST = re.compile(r"(\d{4})([./])(\d{1,2})\2(\d{1,2})" + _TIME)
_DAY_NAMED = re.compile(r"(?:[^\W\d_]+\.?,?\s+)?(\d{1,2})(?:\.|st|nd|rd|th)?[\s-]+([^\W\d_]+)\.?[\s,-]+(\d{4})" + _TIME)
_NAMED_DAY = re.compile(r"(?:[^\W\d_]+\.?,\s+)?([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})" + _TIME)
_MONTHS = (
    [
        "jan",
        "jän",
        "feb",
        "fev",
        "fév",
        "mar",
        "mär",
        "mrz",
        "apr",
        "avr",
        "mai",
        "may",
        "jun",
        "juin",
        "jul",
        "juil",
        "aug",
        "aoû",
        "aou",
        "sep",
        "okt",
        "oct",
        "nov",
        "dez",
        "dec",
        "déc",
    ],
    (1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 8, 9, 10, 10, 11, 12, 12, 12),
)
MONTHS = dict(zip(*_MONTHS, strict=True))
_decode = msgspec.json.Decoder(Any, float_hook=read_number).decode
Parser = Callable[[Any], Any]


def is_nothing(cell: Any) -> bool:
    """Whether a cell tells nothing: empty, or one of the words by which exports say so."""
    if cell is None:
        return True
    return isinstance(cell, str) and (not cell or cell.isspace() or (len(cell) < 7 and cell.strip().lower() in NOTHING))


def parser(type_name: str, options: Options) -> Parser:
    """The parser of a type under these options."""
    if type_name in ("number", "money"):
        read = money if type_name == "money" else number
        return lambda cell: read(cell, decimal_comma=options.decimal_comma)
    if type_name in ("date", "ambiguous"):
        zone = ZoneInfo(options.zone)
        return lambda cell: moment(cell, zone=zone, day_first=options.day_first)
    return {"text": as_text, "boolean": boolean, "list": listed, "json": json_value}[type_name]


def as_text(cell: Any) -> str:
    """Any scalar as text; 12.0 of a workbook as 12."""
    if type(cell) is str:
        return text(cell.strip())
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, Decimal):
        return format(cell.normalize(), "f")
    if isinstance(cell, datetime):
        return cell.isoformat() if cell.time() != time() else cell.date().isoformat()
    if isinstance(cell, (dict, list)):
        return msgspec.json.encode(cell).decode()
    return str(cell)


def number(cell: Any, *, decimal_comma: bool) -> int | Decimal:
    """A number with its thousands set apart or not."""
    if isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool):
        return _fitted(repr(cell) if isinstance(cell, float) else str(cell), cell)
    if not isinstance(cell, str):
        raise BadValue("number", f"{_shown(cell)} is not a number.")
    written = _BLANKS.sub("", cell.strip()).replace("−", "-")
    pattern = _COMMA if decimal_comma else _POINT
    if not written or not pattern.fullmatch(written) or not written[-1].isdigit():
        example = "1.234,56" if decimal_comma else "1,234.56"
        raise BadValue("number", f"{_shown(cell)} is not a number like {example}.")
    plain = written.replace(".", "").replace(",", ".") if decimal_comma else written.replace(",", "")
    return _fitted(plain, cell)


def money(cell: Any, *, decimal_comma: bool) -> int | Decimal:
    """A number that may carry a currency's sign or code: €12.00, 12,00 EUR."""
    return number(_CURRENCY.sub("", cell) if isinstance(cell, str) else cell, decimal_comma=decimal_comma)


def currency_in(cell: Any) -> str:
    """The currency that an amount names, if it does."""
    found = _CURRENCY.search(cell) if isinstance(cell, str) else None
    told = next((part for part in found.groups() if part), "") if found else ""
    return SYMBOLS.get(told, told)


def moment(cell: Any, *, zone: tzinfo, day_first: bool | None) -> datetime | date:
    """A date, or an instant in UTC; a time without a zone is one of `zone`. 03.04.2026 has its day first, always."""
    if isinstance(cell, datetime):
        return _instant(cell, zone) if cell.time() != time() or cell.tzinfo else cell.date()
    if isinstance(cell, date):
        return cell
    written = as_text(cell)
    try:
        if _ISO_DATE.fullmatch(written):
            return date.fromisoformat(written)
        if _ISO.fullmatch(written):
            return _instant(datetime.fromisoformat(_microseconds(written)), zone)
        if _EPOCH.fullmatch(written):
            return _epoch(written)
        return _written_out(written, zone, day_first)
    except (ValueError, OverflowError):
        raise BadValue("date", f"{_shown(cell)} is not a date like 2026-04-03 14:05 or 03.04.2026.") from None


def order_of_day(cell: Any) -> bool | None:
    """What a date with slashes proves: True for day first, False for month first, None where it could be either.

    Raises ValueError for what is no such date.
    """
    found = _PARTS.fullmatch(cell.strip()) if isinstance(cell, str) else None
    if found is None or found[2] == ".":
        raise ValueError("no date with slashes")
    first, second = int(found[1]), int(found[3])
    if first == second:
        raise ValueError("the same either way")
    return True if first > 12 else False if second > 12 else None


def boolean(cell: Any) -> bool:
    """Yes or no, in three languages."""
    if isinstance(cell, bool):
        return cell
    word = as_text(cell).lower()
    if word in YES or word in NO:
        return word in YES
    raise BadValue("boolean", f"{_shown(cell)} is neither yes nor no (true, yes, 1, ja, oui; false, no, 0, nein, non).")


def listed(cell: Any) -> list[Any]:
    """A JSON list, or texts set apart by |, ; or commas."""
    if isinstance(cell, list):
        return cell
    written = as_text(cell)
    if written.startswith("["):
        found = json_value(written)
        if isinstance(found, list):
            return found
    mark = next((mark for mark in "|;," if mark in written), ",")
    return [part.strip() for part in written.split(mark) if part.strip()]


def json_value(cell: Any) -> Any:
    """What the JSON in a cell says."""
    if not isinstance(cell, str):
        return cell
    try:
        return canonical(_decode(cell))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadValue("json", f"{_shown(cell)} is not JSON.") from None


def shown_value(value: Any) -> Any:
    """A parsed value as it is stored: instants and dates as ISO text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def key_of(name: str) -> str:
    """A header without accents, case and punctuation, by which headers are compared."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss")).casefold()
    return "".join(sign for sign in plain if sign.isalnum())


def _fitted(plain: str, cell: Any) -> int | Decimal:
    try:
        found = Decimal(plain)
    except InvalidOperation:
        raise BadValue("number", f"{_shown(cell)} is not a number.") from None
    if not -LIMIT < found < LIMIT:
        raise BadValue("number", f"{_shown(cell)} is larger than a number here may be (12 digits before the point).")
    return int(found) if found == found.to_integral_value() and "." not in plain else found


def _microseconds(written: str) -> str:
    head, point, tail = written.replace(",", ".").partition(".")
    if not point:
        return head.replace(" ", "T", 1) if " " in head[:11] else head
    digits = re.match(r"\d+", tail)
    length = digits.end() if digits else 0
    return f"{head}.{tail[:length][:6].ljust(6, '0')}{tail[length:].strip()}"


def _epoch(written: str) -> datetime:
    whole = written.partition(".")[0]
    micro = int(Decimal(written) * 1_000_000) if len(whole) == 10 else int(written) * (1000 if len(whole) == 13 else 1)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micro)


def _written_out(written: str, zone: tzinfo, day_first: bool | None) -> datetime | date:
    if found := _PARTS.fullmatch(written):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        year += 0 if len(found[4]) == 4 else 2000 if year < TURN else 1900
        is_day_first = True if found[2] == "." else day_first
        if is_day_first is None:
            if first <= 12 and second <= 12 and first != second:
                raise BadValue("date_ambiguous", f"{_shown(written)} may be a day or a month first: say which.")
            is_day_first = first > 12
        day, month = (first, second) if is_day_first else (second, first)
        return _put(date(year, month, day), found.groups()[4:], zone)
    if found := _YEAR_FIRST.fullmatch(written):
        return _put(date(int(found[1]), int(found[3]), int(found[4])), found.groups()[4:], zone)
    if found := _DAY_NAMED.fullmatch(written):
        return _put(date(int(found[3]), _month(found[2]), int(found[1])), found.groups()[3:], zone)
    if found := _NAMED_DAY.fullmatch(written):
        return _put(date(int(found[3]), _month(found[1]), int(found[2])), found.groups()[3:], zone)
    raise ValueError(written)


def _month(name: str) -> int:
    lower = name.lower()
    found = MONTHS.get(lower[:4]) or MONTHS.get(lower[:3])
    if found is None:
        raise ValueError(name)
    return found


def _put(day: date, parts: tuple[str | None, ...], zone: tzinfo) -> datetime | date:
    hour, minute, second, fraction, half, offset = parts
    if hour is None:
        return day
    hours = int(hour)
    if half:
        hours = hours % 12 + (12 if half.lower().startswith("p") else 0)
    clock = time(hours, int(minute or 0), int(second or 0), int((fraction or "0").ljust(6, "0")))
    naive = datetime.combine(day, clock)
    if offset:
        return datetime.fromisoformat(naive.isoformat() + ("Z" if offset in ("Z", "UTC") else offset)).astimezone(UTC)
    return _instant(naive, zone)


def _instant(moment_: datetime, zone: tzinfo) -> datetime:
    return (moment_ if moment_.tzinfo else moment_.replace(tzinfo=zone)).astimezone(UTC)


def _shown(cell: Any) -> str:
    written = as_text(cell)
    return f"“{written[:40]}{'…' if len(written) > 40 else ''}”"
