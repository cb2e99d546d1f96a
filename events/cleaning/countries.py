"""Countries as ISO 3166-1 alpha-2: from codes of two and three letters, numbers, and names in some forty languages.

Names come from the Unicode CLDR (babel). A name that means two countries in two languages means none.
"""

import re
import unicodedata
from functools import cache, lru_cache

from babel import Locale
from babel.core import get_global

LANGUAGES = (
    "en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "nb", "fi", "cs", "sk", "sl", "hu", "ro", "bg",
    "el", "hr", "sr", "et", "lv", "lt", "ga", "mt", "is", "tr", "ru", "uk", "ar", "he", "fa", "hi", "ja", "ko",
    "zh", "th", "vi", "id", "ms", "ca", "eu", "gl", "cy",
)  # fmt: skip
NO_COUNTRY = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
"""Two letters the CLDR knows that ISO has given to no country."""
SPOKEN = {
    "uk": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB", "great britain": "GB",
    "britain": "GB", "grossbritannien": "GB", "el": "GR", "usa": "US", "u s": "US", "u s a": "US", "america": "US",
    "united states of america": "US", "vereinigte staaten von amerika": "US", "amerika": "US", "holland": "NL",
    "the netherlands": "NL", "bundesrepublik deutschland": "DE", "brd": "DE", "germany de": "DE",
    "federal republic of germany": "DE", "czech republic": "CZ", "tschechische republik": "CZ", "ceska republika": "CZ",
    "ivory coast": "CI", "burma": "MM", "swaziland": "SZ", "macedonia": "MK", "cape verde": "CV", "turkey": "TR",
    "russian federation": "RU", "viet nam": "VN", "republic of ireland": "IE", "south korea": "KR",
    "republic of korea": "KR", "north korea": "KP", "uae": "AE", "hong kong": "HK", "macau": "MO", "palestine": "PS",
    "kosovo": "XK", "vatican": "VA", "the bahamas": "BS", "the gambia": "GM", "schweizerische eidgenossenschaft": "CH",
    "swiss confederation": "CH", "republik osterreich": "AT", "osterreich": "AT", "oesterreich": "AT", "espana": "ES",
}  # fmt: skip


@cache
def codes() -> frozenset[str]:
    """The two-letter codes of all countries."""
    known = Locale("en").territories
    return frozenset(code for code in map(str, known) if len(code) == 2 and code.isalpha()) - NO_COUNTRY


def country(value: object) -> str | None:
    """The alpha-2 code of a country given as code, number or name; None for what names none."""
    if type(value) is str:
        return _country(value) if len(value) <= 80 else None
    if type(value) is int and 0 < value < 1000:
        return _country(f"{value:03d}")
    return None


@lru_cache(maxsize=4096)
def _country(value: str) -> str | None:
    code = value.strip().upper()
    if code in codes():
        return code
    if (len(code) == 3 and code.isascii() and code.isalnum()) or code in ("UK", "EL"):
        found = "GR" if code == "EL" else _alias(code)
        if found is not None:
            return found
    return _names().get(plain(value))


def _alias(code: str) -> str | None:
    """The country behind three letters or digits."""
    found = get_global("territory_aliases").get(code.zfill(3) if code.isdigit() else code)
    return found[0] if found and len(found) == 1 and found[0] in codes() else None


def plain(name: str) -> str:
    """A name without case, accents, punctuation and surplus blanks: how names are compared."""
    bare = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(character for character in bare if not unicodedata.combining(character))
    return re.sub(r"[\W_]+", " ", bare.replace("&", " and ")).strip()


@cache
def _names() -> dict[str, str]:
    """Every name in every language by its plain form; read once, at the first name that is no code."""
    found: dict[str, str | None] = {}
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if code in codes():
                key = plain(name)
                found[key] = code if found.get(key, code) == code else None
    # English says which of two a disputed name means; what people say and the CLDR does not comes on top.
    english = {plain(name): code for code, name in Locale("en").territories.items() if code in codes()}
    return {key: code for key, code in found.items() if code is not None and key} | english | SPOKEN
