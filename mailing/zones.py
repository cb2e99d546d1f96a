"""The time zone of a person's clock: by what they said, where their events came from, or their country. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import get_global

TRAITS = ("timezone", "time_zone")


def zone_of(traits: Mapping[str, object], *, told: str, country: str, fallbacks: Iterable[str]) -> str:
    """The IANA name: of a trait, else `told` last by an event's context, else of a country with one clock, else the
    first usable fallback, else UTC."""
    said = [str(traits[name]).strip() for name in TRAITS if isinstance(traits.get(name), str)]
    for name in (*said, told, zone_of_country(country), *fallbacks):
        if name and is_zone(name):
            return name
    return "UTC"


@lru_cache(maxsize=2_000)
def is_zone(name: str) -> bool:
    """Whether there is a zone of this name; names that are paths are none."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@lru_cache(maxsize=300)
def zone_of_country(country: str) -> str:
    """The zone of a country (alpha-2) where all clocks show the same time, summer and winter; else empty."""
    names = [str(name) for name in get_global("territory_zones").get(country, ()) if is_zone(str(name))]
    clocks = {_clock(name) for name in names}
    return names[0] if len(clocks) == 1 else ""


def _clock(name: str) -> tuple[object, ...]:
    zone = ZoneInfo(name)
    return tuple(datetime(2026, month, 1, tzinfo=UTC).astimezone(zone).utcoffset() for month in range(1, 13))
