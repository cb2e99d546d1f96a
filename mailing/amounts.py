"""Amounts, quantities and days as a mail shows them, in the way of its language. Pure."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹"}
NO_CENTS = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "HUF"})
# Between thousands, before decimals; every other language writes as English does.
COMMA_FIRST = {
    **dict.fromkeys(("de", "es", "it", "nl", "pt", "da", "id", "tr", "el", "hr", "sl", "ro"), (".", ",")),
    **dict.fromkeys(("fr", "pl", "cs", "sk", "sv", "nb", "no", "fi", "uk", "ru", "hu", "bg"), ("\u202f", ",")),
}
SWISS = ("’", ".")
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount that is not in words yet: a mail writes it as its language does."""

    amount: Decimal
    currency: str


def price_words(amount: Decimal | None, currency: str, locale: str = "en") -> str:
    """`€18.99`, `1,204.50 CHF`; in German `18,99 €`; empty when the amount is not known."""
    if amount is None:
        return ""
    unit = Decimal(1) if currency in NO_CENTS else Decimal("0.01")
    number = f"{amount.quantize(unit, rounding=ROUND_HALF_EVEN):,}"
    thousands, decimals = _marks(locale)
    if (thousands, decimals) != (",", "."):
        number = number.replace(",", "\0").replace(".", decimals).replace("\0", thousands)
    if currency not in SYMBOLS:
        return f"{number} {currency}".strip()
    return f"{number}\u00a0{SYMBOLS[currency]}" if decimals == "," else f"{SYMBOLS[currency]}{number}"


def quantity_words(quantity: Decimal) -> str:
    """`2`, `0.5`: no trailing zeros."""
    text = f"{quantity:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def day_words(day: date, locale: str = "en") -> str:
    """`3 May 2026`; in German `3. Mai 2026`; `2026-05-03` where the language's months are not known."""
    language = locale.split("-")[0]
    if language not in MONTHS:
        return f"{day:%Y-%m-%d}"
    month = MONTHS[language].split()[day.month - 1]
    between = {"de": ". ", "es": " de "}.get(language, " ")
    before_year = " de " if language == "es" else " "
    return f"{day.day}{between}{month}{before_year}{day.year}"


def _marks(locale: str) -> tuple[str, str]:
    if locale in ("de-CH", "de-LI", "it-CH"):
        return SWISS
    return COMMA_FIRST.get(locale.split("-")[0], (",", "."))
