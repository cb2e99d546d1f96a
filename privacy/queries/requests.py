"""Requests as pages, the API and staff see them: the clock in words, the story of steps, the letters."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, DateTimeField, F, IntegerField, QuerySet, Value, When

from cdp.lib.hashing import address_hash
from commerce import queries as commerce
from consent.tokens import mask
from privacy import clocks
from privacy.models import Request, Step
from profiles import queries as profiles
from profiles.identifiers import EMAIL, USER_ID, Blocked, canonicalize

LATELY = timedelta(days=30)
STATES = {
    "unverified": "Waiting for the link",
    "open": "To decide",
    "working": "Working",
    "done": "Done",
    "refused": "Refused",
    "expired": "Expired",
    "failed": "Failed",
}
CLOSED = (Request.State.DONE, Request.State.REFUSED, Request.State.EXPIRED)
ENDED_STATUSES = frozenset({"cancelled", "refunded", "delivered", "completed", "fulfilled"})


@dataclass(frozen=True, slots=True)
class Clock:
    """How long is left. `is_late`: past the law's last day; `is_near`: due within three days."""

    words: str
    is_late: bool
    is_near: bool


def request_of(request_id: UUID | None) -> Request | None:
    """The request, if it still is."""
    return None if request_id is None else Request.objects.filter(pk=request_id).first()


def address_of_customer(user_id: str) -> str | None:
    """Where a customer of the shop is written to; None where nobody or no address of theirs alone is known."""
    found = profiles.find(USER_ID, user_id)
    return None if found is None or found.is_shared else profiles.email_of(found.profile_id)


def is_waiting(request_id: UUID | None) -> bool:
    """Whether it waits for its link to be used."""
    waiting = Request.objects.filter(state=Request.State.UNVERIFIED)
    return request_id is not None and waiting.filter(pk=request_id).exists()


def open_orders(request_id: UUID | None, *, now: datetime) -> int:
    """Orders of the last 30 days that nobody said had arrived or ended: deleting the data does not cancel them."""
    request = request_of(request_id)
    found = profiles.find(EMAIL, request.address) if request is not None and request.address else None
    if found is None or found.is_shared:
        return 0
    ids = [one.id for one in profiles.identifiers_of([found.profile_id])[found.profile_id] if not one.is_shared]
    orders = commerce.orders_since(ids, now - LATELY)
    return sum(order.status not in ENDED_STATUSES for order in orders)


def clock_of(request: Request, now: datetime) -> Clock | None:
    """The clock of a request that is not finished; None: it stands still."""
    if request.closed_at is not None or request.state in (Request.State.DONE, Request.State.REFUSED):
        return None
    return Clock(clocks.left(request.due_at, now), request.due_at < now, request.due_at < now + clocks.WARN_BEFORE)


def newest(*, state: str = "", kind: str = "", before: UUID | None = None, limit: int = 50) -> list[Request]:
    """Requests, newest first; `before`: the last id of the page before."""
    rows: QuerySet[Request] = Request.objects.order_by("-id").prefetch_related("steps")
    rows = rows.filter(state=state) if state else rows
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.filter(id__lt=before) if before else rows
    return list(rows[:limit])


def queue_order() -> tuple[Any, ...]:
    """Those that are open first, the most urgent on top, then the finished, newest first."""
    is_closed = Case(When(state__in=CLOSED, then=Value(1)), default=Value(0), output_field=IntegerField())
    urgency = Case(When(state__in=CLOSED, then=None), default=F("due_at"), output_field=DateTimeField())
    return (is_closed.asc(), urgency.asc(), "-id")


def by_clock(rows: QuerySet[Request], clock: str, now: datetime) -> QuerySet[Request]:
    """`open`, `near` (due within three days) or `late`; all for anything else."""
    left = rows.exclude(state__in=CLOSED)
    if clock == "late":
        return left.filter(due_at__lt=now)
    if clock == "near":
        return left.filter(due_at__lt=now + clocks.WARN_BEFORE)
    return left if clock == "open" else rows


def searched(rows: QuerySet[Request], text: str) -> QuerySet[Request]:
    """By a whole address, or an id."""
    key = canonicalize(EMAIL, text)
    if not isinstance(key, Blocked):
        return rows.filter(address_hash=address_hash(key.value))
    try:
        return rows.filter(pk=UUID(text.strip()))
    except ValueError:
        return rows.none() if text.strip() else rows


def masked(address: str) -> str:
    """The address as staff without the right to personal data see it."""
    return mask(address) if address else ""


def progress(steps: Sequence[Step]) -> dict[str, Any]:
    """How far it is: steps done of all, and which is next."""
    done = [step for step in steps if step.state == Step.State.DONE]
    left = [step for step in steps if step.state != Step.State.DONE]
    return {"done": len(done), "of": len(steps), "next": left[0].title if left else ""}
