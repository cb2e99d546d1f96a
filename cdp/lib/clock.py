"""The clock: instants as aware UTC datetimes and as integer microseconds since the epoch.

Only doors (views, tasks, commands) and services ask for the time; pure modules are given `now`.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import available_timezones

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def to_us(instant: datetime) -> int:
    """Exact integer microseconds since the epoch (floats would lose the last digits)."""
    return (instant - EPOCH) // MICROSECOND


def from_us(us: int) -> datetime:
    """The aware UTC datetime of integer microseconds since the epoch."""
    return EPOCH + timedelta(microseconds=us)


@cache
def known_zones() -> frozenset[str]:
    """The names of all IANA zones: read from the disk once a process, which takes up to 130 ms."""
    return frozenset(available_timezones())
