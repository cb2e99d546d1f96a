"""Phone numbers as E.164: those with + or 00 by themselves, others by the country the event or its source names."""

import re
from functools import lru_cache
from typing import NamedTuple

import phonenumbers

from profiles.identifiers import Blocked, canonicalize

UNREADABLE, NO_COUNTRY = "phone_unreadable", "phone_no_country"
LONGEST = 60
_INTERNATIONAL = re.compile(r"00[1-9]")


class Where(NamedTuple):
    """Which country a number may be of, alpha-2 or nothing, best first: `told` by the event outright; `guessed` from
    its locale, which counts only for numbers that are in use there (many Germans browse in en-US); `usual` for its
    source."""

    told: str = ""
    guessed: str = ""
    usual: str = ""


def phone(value: object, where: Where) -> tuple[str | None, str]:
    """(the number as E.164, "") or (None, why not: phone_unreadable, or phone_no_country where that alone lacks).

    (None, "") for what names nobody, such as zeros: identity blocks it as it stands.
    """
    if type(value) is int:
        value = str(value) if 0 < value < 10**18 else None
    if type(value) is not str or len(value) > LONGEST:
        return None, UNREADABLE
    return _phone(value, where)


@lru_cache(maxsize=65_536)
def _phone(value: str, where: Where) -> tuple[str | None, str]:
    given = value.strip()
    if given.startswith("+"):
        return _international(given)
    if canonicalize("phone", given) == Blocked("blocked_value"):
        return None, ""
    if where.told:
        return _national(given, where.told)
    if where.guessed and (found := _parsed(given, where.guessed)) and phonenumbers.is_valid_number(found):
        return _written(found), ""
    if where.usual:
        return _national(given, where.usual)
    if _INTERNATIONAL.match(given):
        return _international("+" + given[2:])
    digits = sum(character.isdigit() for character in given)
    return None, NO_COUNTRY if 5 <= digits <= 20 else UNREADABLE


def _international(given: str) -> tuple[str | None, str]:
    """As identity reads it, so that both write one number one way."""
    found = canonicalize("phone", given)
    return (None, UNREADABLE) if isinstance(found, Blocked) else (found.value, "")


def _national(given: str, country: str) -> tuple[str | None, str]:
    # 49171… of a German shop is a whole number that lost its +, though some village may have such an area code.
    whole = _parsed("+" + given, country) if given[:1].isdigit() and given[:1] != "0" else None
    if whole is not None and phonenumbers.is_valid_number_for_region(whole, country):
        return _written(whole), ""
    number = _parsed(given, country)
    is_possible = phonenumbers.ValidationResult.IS_POSSIBLE
    if number is None or phonenumbers.is_possible_number_with_reason(number) != is_possible:
        return None, UNREADABLE
    return _written(number), ""


def _parsed(given: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(given, country)
    except phonenumbers.NumberParseException:
        return None


def _written(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
