"""Due enrollments: claimed, decided, and turned into a queued message, a later look, or an end with its reason."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import OperationalError, transaction

from automation.abandonment import decide
from automation.contracts import Verdict
from automation.models import Enrollment, Message
from automation.queries import Situation, experiment_key, is_behind, rules_of, situations
from automation.services.journeys import HOLDOUT
from automation.services.refusing import note_refused
from cdp.lib.clock import utc_now
from cdp.lib.conflicts import retrying
from cdp.lib.failures import describe
from cdp.lib.hashing import address_hash
from cdp.outbox.services import wake
from experiments import services as experiments

SLICE = 50
PUT_OFF_FOR = timedelta(minutes=15)
log = structlog.get_logger(__name__)


def step_slice(*, now: datetime | None = None) -> int:
    """Work up to 50 due enrollments of live journeys in one transaction; how many were worked.

    None while processing is behind: an order may be waiting in front of us. One that cannot be worked is put off and
    stops nobody else.
    """
    if is_behind():
        return 0
    moment = now or utc_now()
    try:
        return retrying(lambda: _slice(moment, _due(moment)))
    except OperationalError:
        raise
    except Exception as error:
        log.error("step_slice_failed", failure=describe(error))
        return sum(_alone(pk, moment) for pk in _due(moment))


def _due(now: datetime) -> list[int]:
    due = Enrollment.objects.filter(state=Enrollment.State.WAITING, due_at__lte=now, journey__state="live")
    return list(due.order_by("due_at", "id").values_list("pk", flat=True)[:SLICE])


@transaction.atomic
def _slice(now: datetime, ids: Sequence[int]) -> int:
    due = Enrollment.objects.select_for_update(skip_locked=True, of=("self",)).select_related("journey")
    due = due.filter(pk__in=ids, state=Enrollment.State.WAITING, due_at__lte=now, journey__state="live")
    rows = list(due.order_by("due_at", "id"))
    found = situations(rows, now)
    verdicts = [decide(one.facts, rules=rules_of(row.journey), now=now) for row, one in zip(rows, found, strict=True)]
    queued = [_step(*step, now) for step in zip(rows, found, verdicts, strict=True)]
    if any(queued):
        wake("automation.send")
    note_refused(
        (
            (verdict, one.address_hash, row.journey.purpose_code)
            for row, one, verdict in zip(rows, found, verdicts, strict=True)
        ),
        now,
    )
    return len(rows)


def _alone(pk: int, now: datetime) -> int:
    """One enrollment in a transaction of its own; put off when it cannot be worked."""
    try:
        return retrying(lambda: _slice(now, [pk]))
    except OperationalError:
        raise
    except Exception as error:
        log.error("enrollment_put_off", enrollment=pk, failure=describe(error))
        waiting = Enrollment.objects.filter(pk=pk, state=Enrollment.State.WAITING)
        return waiting.update(due_at=now + PUT_OFF_FOR, reason="error")


def _step(row: Enrollment, found: Situation, verdict: Verdict, now: datetime) -> bool:
    """One enrollment; whether it queued a message."""
    if verdict.action == "wait":
        row.due_at, row.reason = verdict.not_before or now, verdict.reason
        row.save(update_fields=["due_at", "reason"])
        return False
    if verdict.action == "end":
        _finish(row, Enrollment.State.EXITED, verdict.reason, now)
        return False
    return _mail_or_hold_out(row, found, verdict, now)


def _mail_or_hold_out(row: Enrollment, found: Situation, verdict: Verdict, now: datetime) -> bool:
    """The moment at which an address is first exposed to the experiment: it would be mailed now."""
    address = found.address or ""
    hashed = address_hash(address)
    if experiments.expose(experiment_key(row.journey), hashed, now) == HOLDOUT:
        _finish(row, Enrollment.State.DONE, "held_out", now)
        return False
    message = Message(
        journey=row.journey,
        enrollment=row,
        occasion=row.occasion,
        address_hash=hashed,
        address=address,
        identifier_id=found.cart.identifier_id if found.cart else row.identifier_id,
        consent_entry_id=verdict.evidence,
        queued_at=now,
    )
    Message.objects.bulk_create([message], ignore_conflicts=True)
    _finish(row, Enrollment.State.DONE, "queued", now)
    return True


def _finish(row: Enrollment, state: str, reason: str, now: datetime) -> None:
    row.state, row.reason, row.ended_at = state, reason, now
    row.save(update_fields=["state", "reason", "ended_at"])
