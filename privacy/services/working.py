"""Requests carried out step by step: one worker at a time a request, each step safe to run again after a kill anywhere.

A step that fails keeps its request in `failed`, raises an alarm and is tried again, after a minute and then twice as
long up to six hours, until it succeeds or staff step in. Nothing is ever given up by itself: the law's clock runs on.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import connection, transaction

from cdp.alarms.contracts import Level
from cdp.alarms.services import clear_alarm, clear_others, raise_alarm
from cdp.lib.clock import utc_now
from cdp.lib.failures import describe
from privacy import clocks, steps
from privacy.models import Request, Step
from privacy.services import exporting, links
from privacy.services.doing import DOING, NotYet
from privacy.services.letters import drop_letters
from privacy.services.requests import UNVERIFIED_FOR, close, locked

MOST = 500
SOON = timedelta(seconds=5)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
WAITS_FOR = timedelta(minutes=5)
FAILED, DUE = "privacy.failed", "privacy.due"
log = structlog.get_logger(__name__)


def work_slice() -> int:
    """Carry out what is due; how many requests were worked. Ends what nobody verified, deletes exports of old."""
    now = utc_now()
    worked = expire_unverified(now) + exporting.delete_expired(now)
    watch(now)
    return worked + sum(_turn(request_id, now) for request_id in due_requests(now))


def due_requests(now: datetime) -> list[UUID]:
    """Verified requests whose next step may be tried now, the most urgent first."""
    open_ones = Request.objects.filter(state__in=(Request.State.WORKING, Request.State.FAILED)).order_by("due_at")
    rows = open_ones.prefetch_related("steps")[:MOST]
    return [request.pk for request in rows if (step := _next(request.steps.all())) is None or _is_due(step, now)]


def expire_unverified(now: datetime) -> int:
    """Requests whose link nobody used for 7 days end, and keep no address; how many."""
    waiting = Request.objects.filter(state=Request.State.UNVERIFIED, received_at__lt=now - UNVERIFIED_FOR)
    for request_id in waiting.values_list("pk", flat=True)[:MOST]:
        with transaction.atomic():
            request = locked(request_id)
            if request.state == Request.State.UNVERIFIED:
                request.state = Request.State.EXPIRED
                drop_letters(request)
                links.end_links(request.pk, now=now)
                close(request, now)
    return 0


def watch(now: datetime) -> None:
    """An alarm for every verified request that is due within three days, for as long as it is open."""
    late = Request.objects.filter(closed_at=None, verified_at__isnull=False, due_at__lt=now + clocks.WARN_BEFORE)
    standing = set()
    for request in late[:MOST]:
        if request.state in (Request.State.DONE, Request.State.REFUSED):
            continue
        standing.add(str(request.pk))
        message = f"{request}: {clocks.left(request.due_at, now)}. Decide it, see why it is stuck, or extend it."
        level: Level = "error" if request.due_at < now else "warning"
        raise_alarm(DUE, str(request.pk), message, level=level, link=page_of(request.pk))
    clear_others(DUE, standing)


def page_of(request_id: UUID) -> str:
    """The path of a request's page in the admin."""
    return f"/admin/privacy/request/{request_id}/change/"


def _turn(request_id: UUID, now: datetime) -> int:
    with _held(request_id) as is_mine:
        if is_mine:
            carry_out(request_id, now)
    return int(is_mine)


def carry_out(request_id: UUID, now: datetime) -> None:
    """Every step that is left, in order, until one fails or has to wait. The caller holds the request."""
    request = Request.objects.get(pk=request_id)
    while request.state in (Request.State.WORKING, Request.State.FAILED):
        step = _next(request.steps.all())
        if step is None:
            _finish(request_id, now)
            return
        if not _is_due(step, now) or not _try(request, step, now):
            return
        request.refresh_from_db()


def _try(request: Request, step: Step, now: datetime) -> bool:
    """One attempt at a step; whether it is done."""
    step.state, step.attempts, step.started_at = Step.State.WORKING, step.attempts + 1, step.started_at or now
    step.save(update_fields=["state", "attempts", "started_at"])
    name = steps.ERASE if step.name.startswith(steps.ERASE_PREFIX) else step.name
    try:
        evidence = DOING[name](request, step, now)
    except NotYet as waiting:
        if now - step.started_at < WAITS_FOR:
            _put_off(step, str(waiting))
            return False
        return _failed(request, step, waiting)
    except Exception as error:
        if connection.connection is None or connection.connection.closed:
            raise
        return _failed(request, step, error)
    step.state, step.error, step.ended_at = Step.State.DONE, "", utc_now()
    step.evidence = {**step.evidence, **evidence}
    step.save(update_fields=["state", "error", "ended_at", "evidence"])
    if request.state == Request.State.FAILED:
        Request.objects.filter(pk=request.pk, state=Request.State.FAILED).update(state=Request.State.WORKING)
        clear_alarm(FAILED, str(request.pk))
    return True


def _put_off(step: Step, reason: str) -> None:
    """To wait is no attempt that failed: the pause after a failure grows with those alone."""
    step.state, step.error, step.ended_at, step.attempts = Step.State.WAITING, reason, utc_now(), step.attempts - 1
    step.save(update_fields=["state", "error", "ended_at", "attempts"])


def _failed(request: Request, step: Step, error: Exception) -> bool:
    failure = describe(error)
    log.error("privacy_step_failed", request=str(request.pk), step=step.name, attempts=step.attempts, error=failure)
    step.state, step.error, step.ended_at = Step.State.FAILED, failure, utc_now()
    step.save(update_fields=["state", "error", "ended_at"])
    Request.objects.filter(pk=request.pk).update(state=Request.State.FAILED)
    message = f"{request}: the step “{step.title}” failed ({failure}). It is tried again by itself; see its page."
    raise_alarm(FAILED, str(request.pk), message, level="error", link=page_of(request.pk))
    return False


@transaction.atomic
def _finish(request_id: UUID, now: datetime) -> None:
    request = locked(request_id)
    request.state = Request.State.DONE
    request.closed_at = now
    request.save(update_fields=["state", "closed_at"])
    clear_alarm(FAILED, str(request.pk))


def _next(all_steps: Iterable[Step]) -> Step | None:
    """The first step that is not done."""
    left = [step for step in all_steps if step.state != Step.State.DONE]
    return min(left, key=lambda step: step.position) if left else None


def _is_due(step: Step, now: datetime) -> bool:
    """What a dead worker left in `working` is due at once: whoever holds the request knows that nobody works on it."""
    if step.state == Step.State.WORKING or step.ended_at is None:
        return True
    if step.state == Step.State.WAITING:
        return now >= step.ended_at + SOON
    pause: timedelta = min(FIRST_PAUSE * 2 ** min(step.attempts - 1, 20), LONGEST_PAUSE)
    return now >= step.ended_at + pause


@contextmanager
def _held(request_id: UUID) -> Iterator[bool]:
    """Hold the request; False when another worker has it. It ends with the worker's connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(20607, hashtext(%s))", [str(request_id)])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(20607, hashtext(%s))", [str(request_id)])
