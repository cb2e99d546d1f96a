"""When the next mail is to be expected: what the empty mailbox tells, and the line above the list."""

from dataclasses import dataclass
from datetime import datetime

from automation.graph import CartAbandoned
from automation.models import Enrollment
from automation.queries import running


@dataclass(frozen=True, slots=True)
class Expected:
    """`waiting`: carts whose time has not come; `next_at`: the first's. `idle_minutes`: None if nothing is live."""

    idle_minutes: int | None
    held_out_percent: int
    waiting: int
    next_at: datetime | None


def expected(now: datetime) -> Expected:
    """What the live journeys will do, from their settings and waiting carts."""
    carts = [(one, graph.trigger) for one, graph in running() if isinstance(graph.trigger, CartAbandoned)]
    journey, trigger = min(carts, key=lambda pair: pair[1].idle) if carts else (None, None)
    armed = Enrollment.objects.filter(state=Enrollment.State.ARMED, journey__in=[one for one, _ in carts])
    due = armed.filter(due_at__gt=now)
    return Expected(
        idle_minutes=int(trigger.idle.total_seconds() // 60) if trigger else None,
        held_out_percent=round(float(journey.holdout_share) * 100) if journey else 0,
        waiting=due.count(),
        next_at=due.order_by("due_at").values_list("due_at", flat=True).first(),
    )
