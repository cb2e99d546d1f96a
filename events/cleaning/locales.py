"""Locales as BCP 47 (de_DE.UTF-8 becomes de-DE) and time zones as IANA names, where the text leaves no choice."""

import re
from functools import cache, lru_cache

from babel import Locale
from babel.core import get_global

from cdp.lib.clock import known_zones
from events.cleaning import countries

_SCRIPT = re.compile(r"[A-Za-z]{4}")
_VARIANT = re.compile(r"[a-z0-9]{5,8}|[0-9][a-z0-9]{3}")
_OFFSET = re.compile(r"((UTC|GMT)\s*)?[+-]\d{1,2}(:?\d{2})?", re.IGNORECASE)
ABBREVIATIONS = {
    "Z": "UTC", "GMT": "GMT", "UTC": "UTC", "JST": "Asia/Tokyo", "KST": "Asia/Seoul", "HKT": "Asia/Hong_Kong",
    "NZST": "Pacific/Auckland", "NZDT": "Pacific/Auckland", "WIB": "Asia/Jakarta", "MSK": "Europe/Moscow",
}  # fmt: skip
"""Letters that mean one zone the world over. Others (IST, CST, BST) mean several."""


def locale(value: object) -> str | None:
    """The BCP 47 tag of a locale; None for what names no language."""
    return _locale(value) if type(value) is str and len(value) <= 80 else None


def region(tag: object) -> str:
    """The country a locale names, alpha-2, or nothing."""
    return _region(tag) if type(tag) is str and len(tag) <= 80 else ""


def time_zone(value: object) -> str | None:
    """The IANA name of a zone; an offset from UTC stays as it was given. None for what names no zone."""
    return _time_zone(value) if type(value) is str and len(value) <= 80 else None


@lru_cache(maxsize=4096)
def _locale(value: str) -> str | None:
    # A header's list counts by its first; POSIX adds an encoding and a modifier.
    tag = re.split(r"[,;.@]", value.strip(), maxsplit=1)[0].strip().replace("_", "-")
    parts = tag.split("-")
    language = _language(parts[0])
    if language is None:
        return _language_names().get(countries.plain(value))
    rest = parts[1:]
    subtags = [language]
    if rest and _SCRIPT.fullmatch(rest[0]):
        subtags.append(rest.pop(0).title())
    if rest and (found := _area(rest[0])) is not None:
        subtags.append(found)
        rest.pop(0)
    while rest and _VARIANT.fullmatch(rest[0].lower()):
        subtags.append(rest.pop(0).lower())
    if rest and len(rest[0]) == 1 and len(rest) > 1 and all(one.isascii() and one.isalnum() for one in rest):
        return "-".join([*subtags, *map(str.lower, rest)])
    return None if rest else "-".join(subtags)


def _language(part: str) -> str | None:
    code = part.lower()
    if not (2 <= len(code) <= 3 and code.isascii() and code.isalpha()):
        return None
    code = str(get_global("language_aliases").get(code, code))
    return code if code in Locale("en").languages else None


def _area(part: str) -> str | None:
    code = part.upper()
    if len(code) == 3 and code.isdigit():
        return code if code in Locale("en").territories else None
    return countries.country(code) if len(code) == 2 else None


@lru_cache(maxsize=4096)
def _region(value: str) -> str:
    tag = _locale(value)
    for part in (tag or "").split("-")[1:]:
        if len(part) == 1:
            return ""
        if part.isupper() and len(part) == 2:
            return part
    return ""


@cache
def _language_names() -> dict[str, str]:
    """German, Deutsch, allemand …: languages of two letters by their names."""
    found: dict[str, str] = {}
    for spoken in countries.LANGUAGES:
        for code, name in Locale(spoken).languages.items():
            if len(code) == 2:
                found.setdefault(countries.plain(name), code)
    return found


@lru_cache(maxsize=4096)
def _time_zone(value: str) -> str | None:
    name = value.strip()
    if (known := _zones().get(name.lower())) is not None:
        return known
    if _OFFSET.fullmatch(name):
        return value
    found = ABBREVIATIONS.get(name.upper()) or get_global("windows_zone_mapping").get(name)
    # The CLDR lags behind the zones by a release or two; "localtime" is a file of this machine.
    return found or (name if "/" in name and name in known_zones() else None)


@cache
def _zones() -> dict[str, str]:
    names = {*get_global("zone_territories"), *get_global("zone_aliases"), *get_global("zone_aliases").values()}
    names |= {"UTC", "Etc/UTC", "GMT"}
    return {name.lower(): name for name in names if not name.startswith(("Etc/Unknown", "SystemV/"))}
