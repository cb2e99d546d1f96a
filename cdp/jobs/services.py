"""Enqueue, run, cancel and repeat jobs.

One worker at a time runs a kind: it holds an advisory lock for as long as it does. A run whose heartbeat is older than
a minute and whose lock is free has lost its worker: it is queued again, and given up when that happened five times. A
run writes its row only while the row carries the run's own attempt number: a worker believed dead overwrites nothing.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any
from uuid import UUID

import msgspec
import structlog
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.utils.module_loading import import_string

from cdp.jobs import queries
from cdp.jobs.contracts import JobCancelled, JobRefused, JobRun, JobUnfinished, UnknownJobKind
from cdp.jobs.models import Job
from cdp.lib.clock import utc_now
from cdp.lib.failures import describe
from cdp.outbox.services import wake

log = structlog.get_logger(__name__)

LOST_AFTER_S = 60
MOST_LOST = 5
SLICE_S = 30.0
WRITE_EVERY_S = 0.25
LOOK_EVERY_S = 0.5

OPEN_KINDS = """
SELECT kind FROM jobs_job
WHERE state = 'queued' OR (state = 'running' AND heartbeat_at < statement_timestamp() - make_interval(secs => %s))
GROUP BY kind ORDER BY min(created_at)
"""
REQUEUE = """
UPDATE jobs_job SET lost = lost + 1,
  state = CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled' WHEN lost + 1 >= %s THEN 'failed'
    ELSE 'queued' END,
  error = CASE WHEN lost + 1 >= %s THEN 'its worker was lost too often' ELSE error END,
  finished_at = CASE WHEN lost + 1 >= %s OR cancel_requested_at IS NOT NULL THEN statement_timestamp() END
WHERE kind = %s AND state = 'running' AND heartbeat_at < statement_timestamp() - make_interval(secs => %s)
"""
CLAIM = """
UPDATE jobs_job SET state = 'running', attempts = attempts + 1, heartbeat_at = statement_timestamp(),
  started_at = coalesce(started_at, statement_timestamp()), error = ''
WHERE id = (SELECT id FROM jobs_job WHERE kind = %s AND state = 'queued' AND id = coalesce(%s, id)
  ORDER BY created_at, id LIMIT 1 FOR UPDATE)
RETURNING id, params::text, result::text, attempts
"""
HEARTBEAT = """
UPDATE jobs_job SET heartbeat_at = statement_timestamp(), done = %s, total = coalesce(%s, total), note = %s
WHERE id = %s AND attempts = %s AND state = 'running' RETURNING cancel_requested_at IS NOT NULL
"""


def enqueue(kind: str, params: Mapping[str, Any] | None = None, created_by: AbstractBaseUser | None = None) -> Job:
    """A new queued job. `params` is JSON (ids and settings, no personal data). Raises UnknownJobKind."""
    if kind not in _kinds():
        raise UnknownJobKind(kind)
    with transaction.atomic():
        job = Job.objects.create(kind=kind, params=dict(params or {}), created_by_id=getattr(created_by, "pk", None))
        wake("jobs.run")
    return job


def cancel(job_ids: Iterable[UUID]) -> int:
    """Cancel what is queued at once and ask what is running to stop. Returns how many jobs this concerned."""
    ids, now = list(job_ids), utc_now()
    with transaction.atomic():
        queued = Job.objects.filter(pk__in=ids, state=Job.State.QUEUED)
        stopped = queued.update(state=Job.State.CANCELLED, cancel_requested_at=now, finished_at=now)
        running = Job.objects.filter(pk__in=ids, state=Job.State.RUNNING, cancel_requested_at=None)
        return stopped + running.update(cancel_requested_at=now)


def is_cancelled(job_id: UUID) -> bool:
    """Whether somebody asked the job to stop."""
    return Job.objects.filter(pk=job_id, cancel_requested_at__isnull=False).exists()


@contextmanager
def cancel_noticed(job_id: UUID) -> Iterator[Event]:
    """Inside, the event is set within a second of somebody asking the job to stop: for work that cannot say how far it
    is meanwhile. A thread looks, on a connection of its own."""
    cancelled, over = Event(), Event()

    def look() -> None:
        try:
            while not over.wait(LOOK_EVERY_S):
                if is_cancelled(job_id):
                    cancelled.set()
                    return
        finally:
            connection.close()

    watcher = Thread(target=look, name=f"cancel of {job_id}", daemon=True)
    watcher.start()
    try:
        yield cancelled
    finally:
        over.set()
        watcher.join()


def run_slice() -> int:
    """Run one slice of one job of any kind that nobody else runs. Returns 1, or 0 when there is none to run."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN_KINDS, [LOST_AFTER_S])
        kinds = [row[0] for row in cursor.fetchall()]
    for kind in kinds:
        with _only_one(kind) as mine:
            if mine and (run := _claim(kind)):
                _work(run)
                return 1
    return 0


def run_now(job_id: UUID) -> bool:
    """Run a slice of this queued job here and now. False when a worker has it already, or is at another of its kind."""
    kind = Job.objects.values_list("kind", flat=True).get(pk=job_id)
    with _only_one(kind) as mine:
        if mine and (run := _claim(kind, job_id)):
            _work(run)
            return True
    return False


def follow(job_id: UUID, tell: Callable[[str], object], *, run: bool = False) -> Job | None:
    """Tell each new line of a job until it ends; None when it is gone. `run`: work its slices here, if nobody does."""
    shown = ""
    while True:
        ran = run and run_now(job_id)
        job = queries.find(job_id)
        if job is None:
            return None
        if (line := queries.describe(job)) != shown:
            shown = line
            tell(line)
        if job.state not in (Job.State.QUEUED, Job.State.RUNNING):
            return job
        if not ran:
            time.sleep(LOOK_EVERY_S)


class Run:
    """One attempt at one job; implements contracts.JobRun."""

    def __init__(
        self, *, job_id: UUID, kind: str, params: dict[str, Any], checkpoint: dict[str, Any], attempt: int
    ) -> None:
        self.id, self.kind, self.params, self.checkpoint, self.attempt = job_id, kind, params, checkpoint, attempt
        self._until = time.monotonic() + SLICE_S
        self._written_at = float("-inf")
        self._latest: tuple[int, int | None, str] | None = None

    @property
    def out_of_time(self) -> bool:
        """Whether this slice has used up its 30 seconds."""
        return time.monotonic() >= self._until

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """Write progress and heartbeat, at most four times a second. Raises JobCancelled."""
        self._latest = (done, total, note)
        if time.monotonic() - self._written_at >= WRITE_EVERY_S:
            self._written_at = time.monotonic()
            self.flush()

    def flush(self) -> None:
        """Write what was last reported. Raises JobCancelled."""
        if self._latest is None:
            return
        done, total, note = self._latest
        with connection.cursor() as cursor:
            cursor.execute(HEARTBEAT, [done, total, note[:500], self.id, self.attempt])
            row = cursor.fetchone()
        if row is None or row[0]:
            raise JobCancelled


def _work(run: Run) -> None:
    known = _kinds().get(run.kind)
    try:
        if known is None:
            raise UnknownJobKind(run.kind)
        handler: Callable[[JobRun], dict[str, Any] | None] = import_string(known)
        result = handler(run) or {}
        run.flush()
        _finish(run, Job.State.DONE, result=result)
    except JobUnfinished as unfinished:
        _finish(run, Job.State.QUEUED, result=unfinished.checkpoint)
    except JobCancelled:
        _finish(run, Job.State.CANCELLED)
    except JobRefused as refused:
        log.warning("job_refused", kind=run.kind, job=str(run.id), reason=str(refused))
        _finish(run, Job.State.FAILED, error=str(refused))
    except Exception as error:
        log.error("job_failed", kind=run.kind, job=str(run.id), error=describe(error))
        _finish(run, Job.State.FAILED, error=describe(error))


def _finish(run: Run, state: Job.State, *, result: Mapping[str, Any] | None = None, error: str = "") -> None:
    is_over = state != Job.State.QUEUED
    changes: dict[str, Any] = {"state": state, "error": error, "finished_at": utc_now() if is_over else None}
    if result is not None:
        changes["result"] = msgspec.to_builtins(result)
    Job.objects.filter(pk=run.id, attempts=run.attempt, state=Job.State.RUNNING).update(**changes)


def _claim(kind: str, job_id: UUID | None = None) -> Run | None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(REQUEUE, [MOST_LOST, MOST_LOST, MOST_LOST, kind, LOST_AFTER_S])
        cursor.execute(CLAIM, [kind, job_id])
        row = cursor.fetchone()
    if row is None:
        return None
    params, checkpoint = msgspec.json.decode(row[1]), msgspec.json.decode(row[2])
    return Run(job_id=row[0], kind=kind, params=params, checkpoint=checkpoint, attempt=row[3])


@contextmanager
def _only_one(kind: str) -> Iterator[bool]:
    """Hold the kind's advisory lock; False when another worker has it. It ends with the worker's connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('cdp.jobs'), hashtext(%s))", [kind])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('cdp.jobs'), hashtext(%s))", [kind])


def _kinds() -> Mapping[str, str]:
    kinds: Mapping[str, str] = import_string(settings.JOB_KINDS)
    return kinds
