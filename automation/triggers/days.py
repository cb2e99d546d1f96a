"""Days and local times of triggers: when it is whose turn, in every zone of the world. Pure.

29 February falls on the 28th in other years, as in segments' rules. A local time that a clock change skips is the
instant of the skip plus what was missing; one that comes twice is the first.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lake.facets import instant_us
from segments.rules.calendar import local_date
from segments.rules.facts import DAY_US

EAST, WEST = timedelta(hours=14), timedelta(hours=-12)  # of UTC: no zone is further


def instant_of(day: date, at: time, zone: str) -> datetime:
    """The instant at which a clock in `zone` shows `at` on `day`. A zone that is none counts as UTC."""
    return datetime.combine(day, at, tzinfo=zone_of(zone)).astimezone(UTC)


def begins(day: date, at: time) -> datetime:
    """When the first clock of the world shows `at` on `day`."""
    return datetime.combine(day, at, tzinfo=UTC) - EAST


def ends(day: date, at: time) -> datetime:
    """When the last one does."""
    return datetime.combine(day, at, tzinfo=UTC) - WEST


def days_about(now: datetime, lasting: timedelta) -> Iterator[date]:
    """The dates whose turn may begin now, or began and may still be made up for within `lasting`."""
    first, last = (now - lasting + WEST).date() - timedelta(days=1), (now + EAST).date()
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def falls_on(day: date, every: str, weekday: int, of_month: int) -> bool:
    """Whether a schedule has a turn on that date. `every`: day, week, month."""
    return every == "day" or (day.isoweekday() == weekday if every == "week" else day.day == of_month)


def day_in(value: object, company_zone: str) -> date | None:
    """The date a trait holds; of an instant the date it was in the company's zone. None for what is no date."""
    told = instant_us(value)
    if told is None:
        return None
    return local_date(told, "UTC" if told % DAY_US == 0 else company_zone)


def comes_on(told: date, day: date, *, annual: bool) -> bool:
    """Whether the date in a trait is `day`, or comes round on it."""
    if not annual or told >= day:
        return told == day
    return (told.month, told.day) == (day.month, day.day) or (_is_leap_day(told) and _stands_in(day))


def written_as(day: date) -> tuple[str, ...]:
    """What stands in a date that may come round on `day` (with a day to spare for zones), to look them up by."""
    found = {day + timedelta(days=shift) for shift in (-1, 0, 1)}
    texts = {f"-{one:%m-%d}" for one in found}
    return tuple(sorted(texts | {"-02-29"} if any(_stands_in(one) for one in found) else texts))


def zone_of(name: str) -> ZoneInfo:
    """The zone of that IANA name; UTC for what is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _is_leap_day(day: date) -> bool:
    return (day.month, day.day) == (2, 29)


def _stands_in(day: date) -> bool:
    """28 February of a year without a 29th."""
    return (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3
