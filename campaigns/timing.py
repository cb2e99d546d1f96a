"""When a campaign starts and when each person's turn is, over daylight saving. Pure.

A time of day that the clocks skip is as much later as they skip; one that comes twice is the first of the two.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FIRST_ZONE = "Etc/GMT-14"
"""Where every day begins first: a campaign by local time is frozen when it is its time there."""
ON_TIME = timedelta(minutes=15)
"""Whose time came so shortly before the audience was frozen is not late."""
NOW, INSTANT, LOCAL = "now", "instant", "local"
TOMORROW, SKIP = "tomorrow", "skip"


@dataclass(frozen=True, slots=True)
class Schedule:
    """`when`: now, instant (`send_at`) or local (`local_date` and `local_time` in each person's zone).

    `passed`: what holds for people whose local time has passed when the audience is frozen: tomorrow, now or skip.
    """

    when: str
    send_at: datetime | None = None
    local_date: date | None = None
    local_time: time | None = None
    passed: str = TOMORROW


def at_local(day: date, clock: time, zone: str) -> datetime:
    """The instant, in UTC, at which clocks in this zone first show that time or have skipped it."""
    shown = datetime.combine(day, clock.replace(tzinfo=None)).replace(tzinfo=ZoneInfo(zone), fold=0)
    return shown.astimezone(UTC)


def starts_at(schedule: Schedule, now: datetime) -> datetime:
    """When the audience is frozen; never before `now`."""
    if schedule.when == LOCAL and schedule.local_date and schedule.local_time:
        return max(now, at_local(schedule.local_date, schedule.local_time, FIRST_ZONE))
    return max(now, schedule.send_at) if schedule.when == INSTANT and schedule.send_at else now


def due_at(schedule: Schedule, zone: str, now: datetime) -> datetime | None:
    """When it is the turn of somebody in this zone, of an audience frozen `now`; None: they do not get it."""
    if schedule.when != LOCAL or not schedule.local_date or not schedule.local_time:
        return now
    due = at_local(schedule.local_date, schedule.local_time, zone)
    if due >= now - ON_TIME:
        return max(due, now)
    if schedule.passed == SKIP:
        return None
    return _next(schedule.local_time, zone, now) if schedule.passed == TOMORROW else now


def last_due(schedule: Schedule) -> datetime | None:
    """When it is the last zone's turn, by local time; None otherwise."""
    if schedule.when != LOCAL or not schedule.local_date or not schedule.local_time:
        return None
    return at_local(schedule.local_date, schedule.local_time, "Etc/GMT+12")


def _next(clock: time, zone: str, now: datetime) -> datetime:
    """The next instant after `now` at which clocks there show that time."""
    today = now.astimezone(ZoneInfo(zone)).date()
    coming = (at_local(today + timedelta(days=n), clock, zone) for n in range(3))
    return next(due for due in coming if due > now)
