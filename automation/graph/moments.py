"""Durations, local times and weekdays as a journey says them. Pure."""

import re
from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any

from automation.graph.place import Place

UNITS = ("minutes", "hours", "days")
MAX_WAIT = timedelta(days=365)
CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


def duration(raw: object, place: Place, *, least: timedelta = timedelta(minutes=1)) -> timedelta:
    """`{"minutes": 0, "hours": 0, "days": 1}`: from `least` to 365 days."""
    given = place.fields(raw, 'a duration, as in {"hours": 4} or {"days": 1}')
    place.only(given, UNITS)
    parts: dict[str, int] = {unit: place.whole(given, unit, 0, 365 * 1_440, 0) for unit in UNITS}
    length = timedelta(days=min(parts["days"], 366), hours=parts["hours"], minutes=parts["minutes"])
    if not least <= length <= MAX_WAIT:
        place.refuse(f"takes a duration from {said(least)} to {said(MAX_WAIT)}")
    return length


def clock(raw: Mapping[str, Any], key: str, place: Place, default: str | None = None) -> time:
    """A local time, as in "09:00"."""
    value = raw.get(key, default)
    found = CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        place.at(key).refuse('takes a local time from "00:00" to "23:59"')
    return time(int(found[1]), int(found[2]))


def weekdays(raw: Mapping[str, Any], key: str, place: Place) -> tuple[int, ...]:
    """Days of the week, 1 = Monday; all where none are said."""
    value = raw.get(key)
    if value is None:
        return EVERY_DAY
    if not isinstance(value, list) or not value or any(type(day) is not int or day not in EVERY_DAY for day in value):
        place.at(key).refuse("takes a list of days from 1 (Monday) to 7 (Sunday)")
    return tuple(sorted(set(value)))


def said(length: timedelta) -> str:
    """A duration in words: "1 day", "2 hours 30 minutes"."""
    minutes = int(length.total_seconds()) // 60
    counts = (("day", minutes // 1_440), ("hour", minutes % 1_440 // 60), ("minute", minutes % 60))
    return " ".join(f"{count:,} {unit}{'' if count == 1 else 's'}" for unit, count in counts if count) or "0 minutes"


def said_days(days: tuple[int, ...]) -> str:
    """Weekdays in words; empty for all of them."""
    if days == EVERY_DAY:
        return ""
    if days == EVERY_DAY[:5]:
        return "Monday to Friday"
    names = [WEEKDAYS[day - 1] for day in days]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
