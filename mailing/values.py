"""Values made plain for Liquid: texts, numbers, lists and dicts, and nothing else. Pure.

Amounts and days are written as the mail's language does; an empty text is nothing, so that an `if` can ask for it.
"""

import dataclasses
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from mailing.amounts import Money, day_words, price_words
from mailing.names import presentable

MAX_TEXT, MAX_ITEMS, MAX_DEPTH = 2_000, 200, 6


def plain(value: Any, locale: str, depth: int = 0) -> Any:
    """The value as Liquid gets it; nothing for what it cannot show, and for what is nested deeper than six times."""
    if value is None or depth > MAX_DEPTH:
        return None
    if isinstance(value, str):
        return value[:MAX_TEXT] or None
    if names := _fields(value.__class__):
        return {name: plain(getattr(value, name), locale, depth + 1) for name in names}
    if isinstance(value, bool | int | float | Decimal):
        return value
    if isinstance(value, Money):
        return price_words(value.amount, value.currency, locale)
    if isinstance(value, datetime | date):
        return day_words(value, locale)
    if isinstance(value, Mapping):
        return {str(key): plain(item, locale, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, locale, depth + 1) for item in list(value)[:MAX_ITEMS]]
    return None


@cache
def _fields(kind: type) -> tuple[str, ...]:
    """Of a dataclass that is shown field by field."""
    if kind is Money or not dataclasses.is_dataclass(kind):
        return ()
    return tuple(field.name for field in dataclasses.fields(kind))


def told(value: Any) -> Any:
    """What others said of a person or an event (traits, properties): texts that hold an address are not shown."""
    if isinstance(value, str):
        return presentable(value)
    if isinstance(value, Mapping):
        return {str(key): told(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [told(item) for item in value]
    return value if isinstance(value, bool | int | float | Decimal) else None
