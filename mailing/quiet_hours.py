"""Quiet hours: when, in a zone's local time, a mail may go out. Pure; safe over daylight-saving gaps and folds."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_or_utc(name: str) -> ZoneInfo:
    """The zone of an IANA name; UTC for a name nobody knows (the admin refuses such names)."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def is_quiet(instant: datetime, *, from_hour: int | None, to_hour: int | None, zone: ZoneInfo) -> bool:
    """Whether the zone's clock shows an hour in [from_hour, to_hour), which may span midnight."""
    if from_hour is None or to_hour is None or from_hour == to_hour:
        return False
    hour = instant.astimezone(zone).hour
    if from_hour < to_hour:
        return from_hour <= hour < to_hour
    return hour >= from_hour or hour < to_hour


def next_allowed(now: datetime, *, from_hour: int | None, to_hour: int | None, zone: ZoneInfo) -> datetime:
    """`now` if it is not quiet, else the first instant at which it no longer is, in UTC.

    Walks real quarters of an hour (offsets are multiples of 15 minutes), so skipped and repeated hours need no rule.
    """
    if not is_quiet(now, from_hour=from_hour, to_hour=to_hour, zone=zone):
        return now
    quarter = timedelta(minutes=15)
    instant = now.astimezone(UTC).replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
    while is_quiet(instant, from_hour=from_hour, to_hour=to_hour, zone=zone):
        instant += quarter
    return instant
