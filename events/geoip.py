"""Where an address stands, by the file of addresses the operator gave (GEOIP_DATABASE, an .mmdb); nothing without one.

The file is opened once a process and mapped, so all processes share its pages; the last 16,384 answers are kept.
"""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

import maxminddb
from django.conf import settings

from events.cleaning.ground import Place


def locator() -> Callable[[str], Place | None] | None:
    """What finds the place of an address; None where no file was given."""
    return _locator(settings.GEOIP_DATABASE) if settings.GEOIP_DATABASE else None


@cache
def _locator(path: str) -> Callable[[str], Place | None]:
    reader = maxminddb.open_database(path)  # what the settings checked at the start

    @lru_cache(maxsize=16_384)
    def locate(ip: str) -> Place | None:
        try:
            found = reader.get(ip.strip()) if ip else None
        except (ValueError, maxminddb.InvalidDatabaseError):  # no address; a page of the file that cannot be read
            return None
        return _place(found) if isinstance(found, dict) else None

    return locate


def _place(found: Mapping[str, Any]) -> Place | None:
    """The place in a record as MaxMind, DB-IP and IPinfo write it."""
    subdivisions = found.get("subdivisions")
    first = subdivisions[0] if isinstance(subdivisions, list) and subdivisions else None
    place = Place(
        country=_code(found.get("country")) or _code(found.get("country_code")),
        region=_name(first) or _name(found.get("region")),
        city=_name(found.get("city")),
        timezone=_zone(found.get("location")) or _zone(found),
    )
    return place if any(place) else None


def _code(value: object) -> str:
    code = value.get("iso_code") if isinstance(value, Mapping) else value
    return code.upper() if isinstance(code, str) and len(code) == 2 else ""


def _name(value: object) -> str:
    if isinstance(value, Mapping):
        names = value.get("names")
        value = names.get("en") if isinstance(names, Mapping) else value.get("iso_code")
    return value if isinstance(value, str) else ""


def _zone(value: object) -> str:
    found = (value.get("time_zone") or value.get("timezone")) if isinstance(value, Mapping) else None
    return found if isinstance(found, str) else ""
