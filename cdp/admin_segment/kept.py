"""Figures that take longer than a page may: kept in the cache for a while, with the instant they are of.

Losing the cache loses nothing: they are counted again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache

FRESH = timedelta(minutes=10)
SHAPE = "1"  # of what is kept: another one is not read


@dataclass(frozen=True, slots=True)
class Kept:
    """A figure and when it was made."""

    value: Any
    at: datetime


def figure(key: str, make: Callable[[], Any] | None, now: datetime, *, anew: bool = False) -> Kept | None:
    """What is kept under a key, at most ten minutes old; else what `make` gives. None where nothing may be made."""
    name = f"segments:figure:{SHAPE}:{key}"
    found = None if anew else cache.get(name)
    if isinstance(found, Kept):
        return found
    if make is None:
        return None
    made = Kept(make(), now)
    cache.set(name, made, timeout=int(FRESH.total_seconds()))
    return made
