"""When the next mail is to be expected: what the empty mailbox tells, and the line above the list."""

from dataclasses import dataclass
from datetime import datetime

from automation.models import Enrollment, Journey


@dataclass(frozen=True, slots=True)
class Expected:
    """`waiting`: carts whose time has not come; `next_at`: the first's. `idle_minutes`: None if nothing is live."""

    idle_minutes: int | None
    held_out_percent: int
    waiting: int
    next_at: datetime | None


def expected(now: datetime) -> Expected:
    """What the live journeys will do, from their settings and waiting carts."""
    journeys = list(Journey.objects.filter(state=Journey.State.LIVE).order_by("idle_minutes"))
    due = Enrollment.objects.filter(state=Enrollment.State.WAITING, journey__in=journeys, due_at__gt=now)
    return Expected(
        idle_minutes=journeys[0].idle_minutes if journeys else None,
        held_out_percent=round(float(journeys[0].holdout_share) * 100) if journeys else 0,
        waiting=due.count(),
        next_at=due.order_by("due_at").values_list("due_at", flat=True).first(),
    )
