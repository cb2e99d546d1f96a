"""Cleaning of traits and properties: fields a person or an order is described by, each written one way. Pure.

Bags are changed in place. What was sent is noted in `originals` under its path; the flags say what could not be read.
"""

from collections.abc import Callable, Mapping
from typing import Any

from events.cleaning.countries import country
from events.cleaning.currencies import codes as known_currencies
from events.cleaning.currencies import currency
from events.cleaning.locales import locale, time_zone
from events.cleaning.phones import Where, phone
from profiles.identifiers import Blocked, canonicalize

TRAITS = frozenset({"email", "phone", "country", "currency", "locale", "language", "timezone", "address"})
PROPERTIES = frozenset({"email", "phone"})
Originals = dict[str, Any]
_CODES = known_currencies()


def clean_traits(bag: dict[str, Any], path: str, where: Where, originals: Originals) -> tuple[str, ...]:
    """Clean a person's or an account's traits; the flags of what could not be read. `path`: traits, context.traits."""
    if TRAITS.isdisjoint(bag):
        return ()
    flags: list[str] = []
    if "country" in bag:
        _put(bag, "country", country, "country_unreadable", path, originals, flags)
    if isinstance(address := bag.get("address"), dict) and "country" in address:
        bag["address"] = address = dict(address)
        _put(address, "country", country, "country_unreadable", f"{path}.address", originals, flags)
    where = where._replace(told=country_of(bag) or where.told)
    if "currency" in bag:
        _put(bag, "currency", _currency_in(where), "currency_unreadable", path, originals, flags)
    for field in ("locale", "language"):
        if field in bag:
            _put(bag, field, locale, "locale_unreadable", path, originals, flags)
    if "timezone" in bag:
        _put(bag, "timezone", time_zone, "timezone_unreadable", path, originals, flags)
    _clean_contacts(bag, path, where, originals, flags)
    return tuple(flags)


def clean_properties(bag: dict[str, Any], where: Where, originals: Originals) -> tuple[str, ...]:
    """Clean what an event's properties say: currency, and e-mail and phone, which may name a person."""
    flags: list[str] = []
    if not is_clean_currency(bag.get("currency")):
        told = where._replace(told=country_of(bag) or where.told)
        _put(bag, "currency", _currency_in(told), "currency_unreadable", "properties", originals, flags)
    if not PROPERTIES.isdisjoint(bag):
        where = where._replace(told=country_of(bag) or where.told)
        _clean_contacts(bag, "properties", where, originals, flags)
    return tuple(flags)


def is_clean_currency(value: object) -> bool:
    """Whether there is nothing to do: no currency, or a code as it should be."""
    return value is None or (type(value) is str and (value in _CODES or not value))


def country_of(bag: Mapping[str, Any]) -> str:
    """The country a bag names, alpha-2, itself or in its address; else nothing."""
    found = country(bag["country"]) if "country" in bag else None
    if found is None and isinstance(address := bag.get("address"), Mapping):
        found = country(address.get("country"))
    return found or ""


def _clean_contacts(bag: dict[str, Any], path: str, where: Where, originals: Originals, flags: list[str]) -> None:
    if "email" in bag:
        _put(bag, "email", _email, "email_unreadable", path, originals, flags)
    if _says(raw := bag.get("phone")):
        found, flag = phone(raw, where)
        if flag:
            flags.append(flag)
        elif found is not None and found != raw:
            originals[f"{path}.phone"] = raw
            bag["phone"] = found


def _put(
    bag: dict[str, Any],
    field: str,
    read: Callable[[object], str | None],
    flag: str,
    path: str,
    originals: Originals,
    flags: list[str],
) -> None:
    raw = bag[field]
    if not _says(raw):
        return
    found = read(raw)
    if found is None:
        flags.append(flag)
    elif found != raw:
        originals[f"{path}.{field}"] = raw
        bag[field] = found


def _says(raw: object) -> bool:
    """Whether a field says anything: null and empty text say that the client does not know."""
    return raw is not None and raw != "" and not (type(raw) is str and raw.isspace())


def _currency_in(where: Where) -> Callable[[object], str | None]:
    return lambda raw: currency(raw, where.told or where.guessed or where.usual)


def _email(raw: object) -> str | None:
    """The address as identity writes it; what identity blocks, such as test@test.com, is readable and stays."""
    if type(raw) is not str:
        return None
    found = canonicalize("email", raw)
    if isinstance(found, Blocked):
        return raw if found.reason == "blocked_value" else None
    return found.value
