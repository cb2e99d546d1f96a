"""The filters of Liquid in mails, each bounded in what it takes and makes. Pure.

There is none that marks text as safe, decodes, or reaches anything but its arguments.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import partial
from typing import Any
from urllib.parse import quote_plus

from mailing.amounts import MONTHS, day_words
from mailing.rendering.scanning import LiquidProblem

MAX_STRING, MAX_ITEMS = 5_000, 500
NUMBER = re.compile(r"\s*(-?\d{1,15})(\.\d{1,10})?\s*")
LINK = re.compile(r"(?:https?://|mailto:)[^\s\"'<>\\]+", re.IGNORECASE)
NOWHERE = "#"
Filter = Callable[..., Any]


def words(value: Any) -> str:
    """A value as it is printed; nothing for what has no words."""
    if value is None or isinstance(value, Mapping):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "".join(words(one) for one in value)
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def number(value: Any) -> int | Decimal:
    """A number of whatever was given; 0 where it is none."""
    if isinstance(value, bool) or value is None:
        return 0
    if isinstance(value, int) and abs(value) < 10**30:
        return value
    found = NUMBER.fullmatch(words(value)[:40])
    if not found:
        return 0
    return Decimal(found[0].strip()) if found[2] else int(found[1])


def default(value: Any, instead: Any = "") -> Any:
    """`instead` where there is nothing: nil, false, an empty text or an empty list."""
    return instead if value is None or value is False or value == "" or value == [] else value


def link(value: Any) -> str:
    """An address that a mail may lead to; `#` for anything but http, https and mailto."""
    url = words(value).strip()
    return url if len(url) <= 2_000 and LINK.fullmatch(url) else NOWHERE


def bounded(name: str, made: Any) -> Any:
    """What a filter made, if it is not too large; raises LiquidProblem."""
    if isinstance(made, str) and len(made) > MAX_STRING:
        raise LiquidProblem(f"the filter “{name}” makes a text of more than {MAX_STRING:,} characters")
    if isinstance(made, list) and len(made) > MAX_ITEMS:
        raise LiquidProblem(f"the filter “{name}” makes a list of more than {MAX_ITEMS} items")
    return made


def filters_for(locale: str) -> Mapping[str, Filter]:
    """Every filter by its name; days are written in the locale's language."""
    return FILTERS | {"date": partial(_date, locale=locale)}


def _items(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    return [] if value is None else [value]


def _replace(value: Any, old: Any = "", new: Any = "", count: int = -1) -> str:
    text, wanted, instead = words(value), words(old), words(new)
    if len(text) + text.count(wanted) * len(instead) > 4 * MAX_STRING:
        raise LiquidProblem(f"the filter “replace” makes a text of more than {MAX_STRING:,} characters")
    return text.replace(wanted, instead, count)


def _truncate(value: Any, length: Any = 50, end: Any = "…") -> str:
    text, most, tail = words(value), int(number(length)), words(end)
    return text if len(text) <= most else text[: max(most - len(tail), 0)] + tail


def _truncate_words(value: Any, count: Any = 15, end: Any = "…") -> str:
    parts, most = words(value).split(), max(int(number(count)), 1)
    return " ".join(parts) if len(parts) <= most else " ".join(parts[:most]) + words(end)


def _slice(value: Any, start: Any = 0, length: Any = 1) -> Any:
    whole = value if isinstance(value, list) else words(value)
    begin, count = int(number(start)), max(int(number(length)), 0)
    begin = max(begin + len(whole), 0) if begin < 0 else begin
    return whole[begin : begin + count]


def _divided_by(value: Any, by: Any = 1) -> int | Decimal | None:
    top, bottom = number(value), number(by)
    if not bottom:
        return None
    whole = isinstance(top, int) and isinstance(bottom, int)
    return top // bottom if whole else Decimal(top) / Decimal(bottom)


def _modulo(value: Any, by: Any = 1) -> int | Decimal | None:
    return number(value) % number(by) if number(by) else None


def _round(value: Any, digits: Any = 0) -> int | Decimal:
    rounded = round(Decimal(number(value)), max(min(int(number(digits)), 6), 0))
    return int(rounded) if rounded == int(rounded) else rounded


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str | list | tuple | Mapping) else 0


def _sort(value: Any, key: Any = "") -> list[Any]:
    """Numbers before texts; what has nothing to sort by comes last."""
    return sorted(_items(value), key=lambda one: _rank(_of(one, words(key)) if key else one))


def _rank(value: Any) -> tuple[int, Decimal, str]:
    if value is None:
        return (2, Decimal(0), "")
    if isinstance(value, int | float | Decimal):
        return (0, Decimal(number(value)), "")
    return (1, Decimal(0), words(value).casefold())


def _of(one: Any, key: str) -> Any:
    return one.get(key) if isinstance(one, Mapping) else None


def _where(value: Any, key: Any = "", wanted: Any = None) -> list[Any]:
    name = words(key)
    found = ((one, _of(one, name)) for one in _items(value))
    return [one for one, of in found if (of == wanted if wanted is not None else default(of, None) is not None)]


def _uniq(value: Any) -> list[Any]:
    seen: list[Any] = []
    for one in _items(value):
        if one not in seen:
            seen.append(one)
    return seen


def _split(value: Any, by: Any = " ") -> list[str]:
    text, mark = words(value), words(by)
    return (text.split(mark) if mark else list(text)) if text else []


def _strip_html(value: Any) -> str:
    return "".join(part.rpartition(">")[2] if n else part for n, part in enumerate(words(value).split("<")))


def _date(value: Any, form: Any = "", *, locale: str = "en") -> str:
    """A day or instant (as ISO 8601) in words, or by a form of %d, %m, %Y, %y, %B, %b, %H, %M, %-d and %-m."""
    day = value if isinstance(value, date) else _read_day(words(value))
    if day is None:
        return words(value)
    if not form:
        return day_words(day, locale)
    months = MONTHS.get(locale.split("-")[0], MONTHS["en"]).split()
    month = months[day.month - 1]
    said = {"d": f"{day.day:02}", "m": f"{day.month:02}", "Y": f"{day.year}", "y": f"{day.year % 100:02}", "B": month}
    said |= {"b": month[:3], "-d": str(day.day), "-m": str(day.month)}
    said |= {"H": f"{day.hour:02}", "M": f"{day.minute:02}"} if isinstance(day, datetime) else {}
    return re.sub(r"%(-?[a-zA-Z])", lambda found: said.get(found[1], ""), words(form)[:100])


def _read_day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text[:40])
    except ValueError:
        return None


FILTERS: dict[str, Filter] = {
    "abs": lambda value: abs(number(value)),
    "append": lambda value, more="": words(value) + words(more),
    "at_least": lambda value, least=0: max(number(value), number(least)),
    "at_most": lambda value, most=0: min(number(value), number(most)),
    "capitalize": lambda value: words(value).capitalize(),
    "ceil": lambda value: int(Decimal(number(value)).to_integral_value(ROUND_CEILING)),
    "compact": lambda value: [one for one in _items(value) if one is not None],
    "concat": lambda value, more=(): _items(value) + _items(more),
    "date": _date,
    "default": default,
    "divided_by": _divided_by,
    "downcase": lambda value: words(value).lower(),
    "escape": words,  # everything is escaped where it is printed
    "first": lambda value: (_items(value) or [None])[0],
    "floor": lambda value: int(Decimal(number(value)).to_integral_value(ROUND_FLOOR)),
    "join": lambda value, by=" ": words(by).join(words(one) for one in _items(value)),
    "last": lambda value: (_items(value) or [None])[-1],
    "link": link,
    "lstrip": lambda value: words(value).lstrip(),
    "map": lambda value, key="": [_of(one, words(key)) for one in _items(value)],
    "minus": lambda value, less=0: number(value) - number(less),
    "modulo": _modulo,
    "plus": lambda value, more=0: number(value) + number(more),
    "prepend": lambda value, first="": words(first) + words(value),
    "remove": lambda value, old="": _replace(value, old),
    "replace": _replace,
    "replace_first": lambda value, old="", new="": _replace(value, old, new, 1),
    "reverse": lambda value: _items(value)[::-1],
    "round": _round,
    "rstrip": lambda value: words(value).rstrip(),
    "size": _size,
    "slice": _slice,
    "sort": _sort,
    "split": _split,
    "strip": lambda value: words(value).strip(),
    "strip_html": _strip_html,
    "strip_newlines": lambda value: " ".join(words(value).splitlines()),
    "times": lambda value, by=1: number(value) * number(by),
    "truncate": _truncate,
    "truncatewords": _truncate_words,
    "uniq": _uniq,
    "upcase": lambda value: words(value).upper(),
    "url_encode": lambda value: quote_plus(words(value)),
    "where": _where,
}
