"""Where people live and when they are awake: ten zones, a day's rhythm in local time, daylight saving time. Pure.

Instants are whole milliseconds of Unix time; days are proleptic ordinals (`date.toordinal`) of the local calendar.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cdp.demo.simulate.dice import Dice, running

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
EPOCH_DAY = date(1970, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Place(NamedTuple):
    """A town; `region` decides which consent is asked for, `south` whether it is summer in January."""

    country: str
    city: str
    zone: str
    locale: str
    region: str
    weight: float
    south: bool = False


PLACES = (
    Place("DE", "Berlin", "Europe/Berlin", "de-DE", "eu", 34),
    Place("AT", "Vienna", "Europe/Vienna", "de-AT", "eu", 10),
    Place("FR", "Lyon", "Europe/Paris", "fr-FR", "eu", 14),
    Place("GB", "Leeds", "Europe/London", "en-GB", "uk", 12),
    Place("US", "Boston", "America/New_York", "en-US", "us", 9),
    Place("US", "Portland", "America/Los_Angeles", "en-US", "us", 6),
    Place("BR", "Recife", "America/Recife", "pt-BR", "other", 4, south=True),
    Place("IN", "Pune", "Asia/Kolkata", "en-IN", "other", 4),
    Place("JP", "Osaka", "Asia/Tokyo", "ja-JP", "other", 4),
    Place("AU", "Sydney", "Australia/Sydney", "en-AU", "other", 3, south=True),
)
PLACE_SUMS = running([place.weight for place in PLACES])
# How many of a day's visits begin in each local hour.
WORKDAY = (2, 1, 1, 1, 1, 2, 5, 9, 10, 10, 10, 12, 15, 13, 11, 11, 13, 16, 20, 24, 26, 22, 13, 6)
WEEKEND = (4, 2, 1, 1, 1, 1, 2, 5, 9, 15, 19, 20, 19, 18, 18, 18, 19, 19, 20, 23, 24, 20, 13, 7)
# Monday to Sunday: visits a day beside the mean.
WEEK = (0.96, 0.92, 0.93, 0.95, 0.97, 1.08, 1.19)
_SUMS = (running(WORKDAY), running(WEEKEND))
_MEANS = (sum(WORKDAY) / 24, sum(WEEKEND) / 24)


def is_weekend(day: int) -> bool:
    """Whether a local day is a Saturday or Sunday."""
    return day % 7 in (6, 0)


def weekday_factor(day: int) -> float:
    """Visits on this day of the week beside the mean; ordinal 1 was a Monday."""
    return WEEK[(day - 1) % 7]


def moment(dice: Dice, day: int) -> int:
    """A local second of a day, after the rhythm of its kind of day."""
    return dice.weighted(_SUMS[is_weekend(day)]) * 3_600 + dice.below(3_600)


def wakefulness(zone: str, at_ms: int) -> float:
    """How much happens now in a zone beside the mean of its day."""
    ordinal, second = local(zone, at_ms)
    weights = WEEKEND if is_weekend(ordinal) else WORKDAY
    return weights[second // 3_600] / _MEANS[is_weekend(ordinal)] * weekday_factor(ordinal)


def instant(zone: str, day: int, second: int) -> int:
    """Unix milliseconds of a local day and second. In the hour that is skipped in spring the clock reads an hour on."""
    return (day - EPOCH_DAY) * DAY + second * SECOND - _offset(zone, day, second // 3_600)


def local(zone: str, at_ms: int) -> tuple[int, int]:
    """(day, second of the day) that the clocks of a zone show at an instant."""
    shown = (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(_zone(zone))
    return shown.toordinal(), shown.hour * 3_600 + shown.minute * 60 + shown.second


@lru_cache(maxsize=len(PLACES))
def _zone(name: str) -> ZoneInfo:
    """ZoneInfo itself keeps eight at hand: of ten, each would be read from its file again and again."""
    return ZoneInfo(name)


@lru_cache(maxsize=100_000)
def _offset(zone: str, day: int, hour: int) -> int:
    """Milliseconds by which local clocks are ahead of UTC: zones change on the hour."""
    wall = datetime.combine(date.fromordinal(day), time(hour), _zone(zone))
    offset = wall.utcoffset() or timedelta(0)
    return int(offset.total_seconds()) * SECOND


def to_ms(at: datetime) -> int:
    """Whole milliseconds of an instant."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def to_datetime(at_ms: int) -> datetime:
    """The instant as an aware datetime."""
    return _EPOCH + timedelta(milliseconds=at_ms)


def iso_ms(at_ms: int) -> str:
    """An instant as trackers write it: milliseconds and Z."""
    days, rest = divmod(at_ms, DAY)
    seconds, millis = divmod(rest, SECOND)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_day_text(days)}T{hour:02d}:{minute:02d}:{second:02d}.{millis:03d}Z"


@lru_cache(maxsize=10_000)
def _day_text(days: int) -> str:
    return date.fromordinal(EPOCH_DAY + days).isoformat()


def from_iso(text: str) -> int:
    """Milliseconds of an instant as `iso_ms` writes it."""
    return to_ms(datetime.fromisoformat(text))
