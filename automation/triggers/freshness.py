"""Which events may let somebody into a journey: those that came in live and happened within the last day. Pure.

What is imported or replayed comes by the outbox's bulk lane and never does; nor does what a phone tells days later.
"""

from datetime import datetime, timedelta

FRESH = timedelta(hours=24)
MISSED = timedelta(hours=12)
"""How long after its instant a day or a turn of a schedule is still made up for, after an outage."""


def is_fresh(occurred_at: datetime, received_at: datetime, now: datetime) -> bool:
    """Whether an event happened, and came in, within the last day."""
    return min(occurred_at, received_at) >= now - FRESH
