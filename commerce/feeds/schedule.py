"""When a feed is due: every so many minutes, or once a day at a time of the company's zone. Pure."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def is_due(
    *,
    every_minutes: int | None,
    at_time: time | None,
    zone: str,
    last: datetime | None,
    now: datetime,
    failures: int = 0,
) -> bool:
    """Whether a feed whose latest run began at `last` is to be pulled. After failures it is tried less and less often:
    every 5 minutes doubled, never longer apart than its schedule."""
    if every_minutes is None and at_time is None:
        return False
    if last is None:
        return True
    if failures and at_time is not None:
        return now >= last + min(retry_after(failures), timedelta(days=1))
    if every_minutes is not None:
        return now >= last + timedelta(minutes=every_minutes)
    assert at_time is not None
    return last < latest_edge(at_time, zone, now)


def retry_after(failures: int) -> timedelta:
    """How long after so many failures in a row it is tried again."""
    return timedelta(minutes=5 * 2 ** min(failures - 1, 10))


def latest_edge(at_time: time, zone: str, now: datetime) -> datetime:
    """The last instant at or before `now` that the clocks of the zone showed that time; a time that a day leaves out
    is the instant the clocks went on."""
    local = now.astimezone(ZoneInfo(zone))
    for days in (0, 1, 2):
        day = local.date() - timedelta(days=days)
        edge = datetime.combine(day, at_time, ZoneInfo(zone)).astimezone(UTC)
        if edge <= now:
            return edge
    return edge


def in_words(every_minutes: int | None, at_time: time | None, zone: str) -> str:
    """The schedule as staff read it."""
    if at_time is not None:
        return f"daily at {at_time:%H:%M} ({zone})"
    if every_minutes is None:
        return "only by hand"
    hours, minutes = divmod(every_minutes, 60)
    if not minutes:
        return "every hour" if hours == 1 else f"every {hours} hours"
    return f"every {every_minutes} minutes"
