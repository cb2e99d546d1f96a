"""How many mails of a campaign may be queued now, by its throttle and by what still waits in the queue. Pure."""

from dataclasses import dataclass

BACKLOG = 2_000
"""So few are queued ahead: pausing, cancelling and withdrawals take effect soon, and other mail is not kept waiting."""
TICKS_A_MINUTE = 12


@dataclass(frozen=True, slots=True)
class Queued:
    """How many of a campaign were queued in the last hour, minute and five seconds, and how many wait in the queue."""

    hour: int = 0
    minute: int = 0
    tick: int = 0
    waiting: int = 0


def room(queued: Queued, *, per_minute: int | None, per_hour: int | None) -> int:
    """How many more may be queued; a minute's mails are spread over it."""
    left = BACKLOG - queued.waiting
    if per_hour is not None:
        left = min(left, per_hour - queued.hour, per_hour - queued.waiting)
    if per_minute is not None:
        a_tick = -(-per_minute // TICKS_A_MINUTE)
        left = min(left, per_minute - queued.minute, a_tick - queued.tick, per_minute - queued.waiting)
    return max(0, left)
