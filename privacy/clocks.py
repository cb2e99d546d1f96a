"""The laws' clocks: by when a request must be answered, and by when if it is extended with a reason. Pure.

GDPR Art. 12(3): one month and two more. CCPA/CPRA: 45 days and 45 more. Elsewhere we promise 30 days and 30 more.
"""

import calendar
from datetime import datetime, timedelta

CCPA_DAYS = 45
OTHER_DAYS = 30
WARN_BEFORE = timedelta(days=3)


def due_at(received_at: datetime, regime: str, *, extended: bool = False) -> datetime:
    """The last instant at which an answer is in time."""
    if regime == "gdpr":
        return add_months(received_at, 3 if extended else 1)
    days = CCPA_DAYS if regime == "ccpa" else OTHER_DAYS
    return received_at + timedelta(days=days * (2 if extended else 1))


def add_months(instant: datetime, months: int) -> datetime:
    """The same day some months later, or that month's last day where it has no such day (Regulation 1182/71)."""
    year, month = divmod(instant.year * 12 + instant.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return instant.replace(year=year, month=month + 1, day=min(instant.day, last))


def left(due: datetime, now: datetime) -> str:
    """How long is left, in words: `12 days left`, `due today`, `3 days overdue`."""
    days = round((due - now) / timedelta(days=1))
    if due < now:
        over = max(1, -days)
        return f"{over} day{'' if over == 1 else 's'} overdue"
    return "due today" if days == 0 else f"{days} day{'' if days == 1 else 's'} left"
