"""Currencies as ISO 4217: from codes in any case, names, and symbols where symbol and country leave one."""

from functools import cache, lru_cache

from babel import Locale
from babel.core import get_global

from events.cleaning.countries import plain

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "nb", "cs")
SYMBOLS: dict[str, tuple[str, ...]] = {
    "€": ("EUR",), "£": ("GBP", "EGP", "LBP", "SYP", "GIP", "FKP", "SHP", "SSP"),
    "$": ("USD", "CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "MXN", "ARS", "CLP", "COP", "UYU", "BSD", "BBD", "BZD",
          "BMD", "KYD", "FJD", "GYD", "JMD", "LRD", "NAD", "SBD", "SRD", "TTD", "XCD", "BND", "DOP", "CUP"),
    "¥": ("JPY", "CNY"), "￥": ("JPY", "CNY"), "円": ("JPY",), "元": ("CNY",), "₹": ("INR",),
    "₽": ("RUB",), "₺": ("TRY",),
    "₩": ("KRW", "KPW"), "₪": ("ILS",), "₫": ("VND",), "₴": ("UAH",), "₱": ("PHP",), "₦": ("NGN",), "฿": ("THB",),
    "₸": ("KZT",), "₼": ("AZN",), "₾": ("GEL",), "₡": ("CRC",), "₲": ("PYG",), "₵": ("GHS",),
    "₮": ("MNT",), "₭": ("LAK",),
    "៛": ("KHR",), "zł": ("PLN",), "kč": ("CZK",), "ft": ("HUF",), "лв": ("BGN",), "руб": ("RUB",), "грн": ("UAH",),
    "us$": ("USD",), "ca$": ("CAD",), "c$": ("CAD", "NIO"), "a$": ("AUD",), "au$": ("AUD",), "nz$": ("NZD",),
    "hk$": ("HKD",), "s$": ("SGD",), "nt$": ("TWD",), "mx$": ("MXN",), "r$": ("BRL",), "cn¥": ("CNY",), "jp¥": ("JPY",),
    "kr": ("SEK", "NOK", "DKK", "ISK"), "fr": ("CHF",), "sfr": ("CHF",),
    "rs": ("INR", "PKR", "LKR", "NPR", "MUR", "SCR"),
    "rmb": ("CNY",), "rm": ("MYR",), "rp": ("IDR",),
}  # fmt: skip
SPOKEN = {"euros": "EUR", "pound sterling": "GBP", "sterling": "GBP", "swiss francs": "CHF", "schweizer franken": "CHF",
          "franken": "CHF", "us dollars": "USD", "yen": "JPY", "zloty": "PLN", "zlotys": "PLN"}  # fmt: skip


@cache
def codes() -> frozenset[str]:
    """All codes of ISO 4217, withdrawn ones too: a history may hold them."""
    return frozenset(get_global("all_currencies"))


def currency(value: object, country: str = "") -> str | None:
    """The code of a currency; `country` (alpha-2) settles a symbol that several use. None for what names none."""
    return _currency(value, country) if type(value) is str and len(value) <= 60 else None


@lru_cache(maxsize=4096)
def _currency(value: str, country: str) -> str | None:
    code = value.strip().upper()
    if code in codes():
        return code
    symbol = value.strip().rstrip(".").casefold()
    if (candidates := SYMBOLS.get(symbol)) is not None:
        if len(candidates) == 1:
            return candidates[0]
        own = _money_of(country)
        return own if own in candidates else None
    return _names().get(plain(value))


@cache
def _money_of(country: str) -> str | None:
    """The currency paid with in a country: the latest legal tender that has not ended."""
    for code, _, ended, tender in reversed(get_global("territory_currencies").get(country, ())):
        if tender and ended is None:
            return str(code)
    return None


@cache
def _names() -> dict[str, str]:
    found: dict[str, str | None] = {}
    for language in LANGUAGES:
        locale = Locale(language)
        plurals = locale._data["currency_names_plural"]
        for code, name in locale.currencies.items():
            for spelled in {name, *plurals.get(code, {}).values()}:
                key = plain(spelled)
                found[key] = code if found.get(key, code) == code else None
    return {key: code for key, code in found.items() if code is not None and key} | SPOKEN
