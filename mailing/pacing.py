"""How fast mail goes out: an even pace with small bursts, and the warm-up of a new sender. Pure.

A limit of N a minute lets no more than N go in any 60 seconds. Its state is one instant (`tat`): when the next message
would be due at an even pace (GCRA); a fresh one is None.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

BURSTS_A_MINUTE = 10
WINDOW_S = 60


@dataclass(frozen=True, slots=True)
class Limit:
    """`rate`: messages a second; `burst`: so many may go at once."""

    rate: float
    burst: int


def per_minute(most: int) -> Limit:
    """No more than `most` in any 60 seconds, in bursts of a tenth of that. `most` is 1 or more."""
    burst = max(1, most // BURSTS_A_MINUTE)
    return Limit((most - burst + 1) / WINDOW_S, burst)


def budget(tat: datetime | None, limit: Limit, now: datetime) -> int:
    """How many may go now."""
    ahead = max((tat - now).total_seconds(), 0.0) if tat else 0.0
    return max(int(limit.burst - ahead * limit.rate + 1e-6), 0)


def taken(tat: datetime | None, limit: Limit, now: datetime, count: int) -> datetime:
    """The state after `count` went; a negative count gives some back."""
    start = max(tat, now) if tat and (tat > now or count < 0) else now
    return start + timedelta(seconds=count / limit.rate)


def turn_of(tat: datetime | None, limit: Limit, now: datetime, place: int) -> datetime:
    """About when the message at this place (from 0) of those that wait has its turn."""
    ready = (tat or now) - timedelta(seconds=(limit.burst - 1) / limit.rate)
    return max(ready, now) + timedelta(seconds=place / limit.rate)


def warm_up_cap(started: date | None, first_day: int, growth_percent: int, days: int, today: date) -> int | None:
    """The most marketing mails of this day of a warm-up; None where none is on, or it is over."""
    day = (today - started).days if started else -1
    if not 0 <= day < days:
        return None
    return int(first_day * (1 + growth_percent / 100) ** day)
