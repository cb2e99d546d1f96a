"""The instants that statements are given beside their tables: now, and the edges of the company's calendar. Pure.

Engines convert no zones: what moves with a calendar arrives as a number.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from segments.rules.facts import NEVER
from segments.rules.sql import NOW

UNITS = ("day", "week", "month", "quarter", "year")
"""The stretches of a calendar; weeks begin on Mondays."""
STANDARD, MARCH_DAY, MARCH_YEAR = "standard_us", "march_day", "march_year"
MICROSECOND, EPOCH = timedelta(microseconds=1), datetime(1970, 1, 1, tzinfo=UTC)
LAST_YEAR = 9990  # of datetime's, with room for the next stretch


class Edges(NamedTuple):
    """Where the stretch before the present one, the present one, the next and the one after that begin (µs)."""

    before: int
    start: int
    end: int
    after: int


class Anniversaries(NamedTuple):
    """What anniversaries are counted by. Years begin on 1 March, so that 29 February, if there is one, ends them.

    `standard_us`: what the company's standard time is ahead of UTC. `march_day`: today, 0 = 1 March. `march_year`: the
    days of the present such year, 365 or 366.
    """

    standard_us: int
    march_day: int
    march_year: int


def placeholders(now_us: int, zone: str) -> dict[str, int]:
    """The value of every placeholder a compiled rule can have. `zone`: an IANA name, the company's."""
    return {NOW: now_us, **_of_day(local_date(now_us, zone), zone)}


def edge_name(unit: str, edge: str) -> str:
    """The placeholder of an edge (a field of `Edges`) of a unit."""
    return f"{unit}_{edge}_us"


@lru_cache(maxsize=4096)
def edges(unit: str, day: date, zone: str) -> Edges:
    """The edges around a date of the company's calendar."""
    start = _start(unit, day)
    days = (_start(unit, start - timedelta(days=1)), start, _next(unit, start), _next(unit, _next(unit, start)))
    return Edges(*(midnight_us(each, zone) for each in days))


def local_date(instant_us: int, zone: str) -> date:
    """The date of an instant in a zone; of one outside datetime's years, the nearest there is."""
    try:
        moment = EPOCH + timedelta(microseconds=instant_us)
    except OverflowError:
        return date(LAST_YEAR, 12, 31) if instant_us > 0 else date(2, 1, 1)
    if not 2 <= moment.year <= LAST_YEAR:
        return date(LAST_YEAR, 12, 31) if instant_us > 0 else date(2, 1, 1)
    return moment.astimezone(ZoneInfo(zone)).date()


def midnight_us(day: date, zone: str) -> int:
    """The instant at which a date begins in a zone; where its midnight is skipped, the instant of the skip."""
    if day.year > LAST_YEAR:
        return NEVER
    return (datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) - EPOCH) // MICROSECOND


@lru_cache(maxsize=256)
def anniversaries(day: date, zone: str) -> Anniversaries:
    """What anniversaries are counted by on a date."""
    begun = date(day.year if day.month >= 3 else day.year - 1, 3, 1)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone))
    standard = (noon.utcoffset() or timedelta()) - (noon.dst() or timedelta())
    return Anniversaries(standard // MICROSECOND, (day - begun).days, (date(begun.year + 1, 3, 1) - begun).days)


@lru_cache(maxsize=256)
def _of_day(day: date, zone: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for unit in UNITS:
        around = edges(unit, day, zone)
        found |= {edge_name(unit, edge): getattr(around, edge) for edge in ("before", "start", "end")}
    counted = anniversaries(day, zone)
    return found | {STANDARD: counted.standard_us, MARCH_DAY: counted.march_day, MARCH_YEAR: counted.march_year}


def _start(unit: str, day: date) -> date:
    if unit == "day":
        return day
    if unit == "week":
        return day - timedelta(days=day.weekday())
    first_month = {"month": day.month, "quarter": day.month - (day.month - 1) % 3, "year": 1}[unit]
    return date(day.year, first_month, 1)


def _next(unit: str, start: date) -> date:
    """The start of the stretch after the one that begins on `start`."""
    longest = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}[unit]
    return _start(unit, start + timedelta(days=longest))
