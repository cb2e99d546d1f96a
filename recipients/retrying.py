"""When a delivery is tried again and when it is given up, and how long a recipient that is away is left alone. Pure."""

from datetime import datetime, timedelta

DELAYS_S = (10, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200, 43200, 86400, 86400)
"""After the first, second, … failed attempt: 88 hours in all, so that nothing is lost over a weekend."""
MOST_ATTEMPTS = len(DELAYS_S) + 1
QUIET_S = (5, 15, 60, 300, 900)
"""For how long nothing at all is tried after a recipient could not be reached once, twice, … in a row."""
LEASE = timedelta(minutes=5)
"""What is being sent is due again after that: a worker that died sent it perhaps, and `key` tells the recipient."""


def next_try(attempts: int, now: datetime) -> datetime | None:
    """When to try again after `attempts` (1 or more) failed; None: given up."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return now + timedelta(seconds=DELAYS_S[min(attempts, len(DELAYS_S)) - 1])


def quiet_until(failures: int, now: datetime) -> datetime:
    """Until when a recipient is left alone after `failures` (1 or more) in a row."""
    return now + timedelta(seconds=QUIET_S[min(failures, len(QUIET_S)) - 1])


def is_final(status: int) -> bool:
    """Whether the recipient said that it does not want this ever: 410. All else is tried again."""
    return status == 410


def is_taken(status: int) -> bool:
    """2xx. A redirect is no delivery: nothing was taken, and nobody follows it."""
    return 200 <= status < 300
