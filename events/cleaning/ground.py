"""What an event is cleaned with besides itself: what its source and its request say. Pure."""

from collections.abc import Callable
from typing import NamedTuple


class Place(NamedTuple):
    """Where an address stands, as far as a file of addresses knows; `country` is alpha-2, `timezone` IANA."""

    country: str = ""
    region: str = ""
    city: str = ""
    timezone: str = ""


class Ground(NamedTuple):
    """Of a request: the country its source's phones are usually of, and where a person's own browser sent it, that
    browser's user agent and address. `locate` finds the place of an address, where a file for that was given."""

    country: str = ""
    agent: str = ""
    ip: str = ""
    locate: Callable[[str], Place | None] | None = None


NO_GROUND = Ground()
