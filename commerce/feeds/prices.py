"""Prices as feeds write them: an amount with or without its currency, with a point or a comma. Pure.

"1,299" may be a thousand or a bit more than one: it is refused rather than guessed.
"""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from commerce import amounts

SYMBOLS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}
CODE = re.compile(r"^([A-Za-z]{3})\s*(?=[\d.,])|(?<=[\d.,])\s*([A-Za-z]{3})$")
PLAIN = re.compile(r"\d{1,12}(?:\.\d+)?")
COMMA_LAST = re.compile(r"\d{1,3}(?:\.\d{3})*,\d{1,2}|\d{1,12},\d{1,2}")
POINT_LAST = re.compile(r"\d{1,3}(?:,\d{3})+\.\d+|\d{1,3}(?:,\d{3}){2,}")
COMMA_LONG = re.compile(r"\d{1,3}(?:\.\d{3}){2,}")
WHY = "must be an amount like 19.99 or 19.99 EUR"


class Price(NamedTuple):
    """An amount from 0 up; `currency` is empty where none is told."""

    amount: Decimal
    currency: str


def price_of(value: Any) -> Price | None:
    """The price a feed's value tells; None where it is none, is negative, or may be read in two ways."""
    if not isinstance(value, str):
        amount = amounts.number(value)
        return None if amount is None or amount < 0 else Price(amounts.bounded(amount), "")
    return _price_in(value)


@lru_cache(maxsize=8192)  # a feed's prices are few different texts
def _price_in(value: str) -> Price | None:
    text, currency = _without_currency(value.replace("\u00a0", " ").replace("'", "").strip())
    if PLAIN.fullmatch(text):
        found = text
    elif COMMA_LAST.fullmatch(text):
        found = text.replace(".", "").replace(",", ".")
    elif POINT_LAST.fullmatch(text):
        found = text.replace(",", "")
    elif COMMA_LONG.fullmatch(text):
        found = text.replace(".", "")
    else:
        return None
    amount = amounts.number(found)
    return None if amount is None else Price(amounts.bounded(amount), currency)


def _without_currency(text: str) -> tuple[str, str]:
    for symbol, code in SYMBOLS.items():
        if text.startswith(symbol) or text.endswith(symbol):
            return text.strip(symbol).replace(" ", ""), code
    if found := CODE.search(text):
        code = (found[1] or found[2]).upper()
        return (text[: found.start()] + text[found.end() :]).replace(" ", ""), code
    return text.replace(" ", ""), ""
