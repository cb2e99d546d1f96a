"""Checks and imports as jobs: begun, worked, stopped. A job whose process dies is queued again and goes on."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from cdp.jobs import services as jobs
from cdp.jobs.contracts import JobCancelled, JobRun
from cdp.lib.clock import utc_now
from cdp.lib.failures import describe
from imports.contracts import WrongFile, WrongState
from imports.models import Import
from imports.queries import columns_of, options_of
from imports.services import files, rejecting
from imports.services.checking import Checker
from imports.services.drafting import asks_for_day
from imports.services.running import Importer, TakenOver
from imports.targets import require_whole

log = structlog.get_logger(__name__)
State = Import.State
MAY_CHECK = (State.DRAFT, State.CHECKED, State.FAILED, State.CANCELLED)
FAULT = "A fault on our side: {}. The import can go on from where it stopped."


def start_check(job: Import, *, created_by: AbstractBaseUser | None = None) -> None:
    """Queue a check. Raises MappingIncomplete, WrongState."""
    _require_mapping(job)
    if job.rows:
        raise WrongState("A part of the file is imported already: continue, or upload it again.")
    _start(job, "imports.check", MAY_CHECK, State.CHECKING, created_by, report={}, problem="")


def start_run(job: Import, *, created_by: AbstractBaseUser | None = None) -> None:
    """Queue the import, or let one that was stopped or failed go on. Raises MappingIncomplete, WrongState."""
    _require_mapping(job)
    if not job.path:
        raise WrongState("The file was deleted: upload it again.")
    if job.state != State.CHECKED and not job.rows:
        rejecting.forget(job)
        files.forget_spools(job.path)
    started = job.started_at or utc_now()
    _start(job, "imports.run", MAY_CHECK, State.RUNNING, created_by, problem="", started_at=started, finished_at=None)


def cancel(job: Import) -> None:
    """Stop a check or an import; what is imported stays. Raises WrongState where neither is under way."""
    if job.job_id is None or job.state not in (State.CHECKING, State.RUNNING):
        raise WrongState(f"The import is {job.get_state_display().lower()}: there is nothing to stop.")
    jobs.cancel([job.job_id])
    _stop(job)


def check_job(run: JobRun) -> dict[str, Any]:
    """The handler of imports.check."""
    return _work(run, State.CHECKING, _check)


def run_job(run: JobRun) -> dict[str, Any]:
    """The handler of imports.run."""
    return _work(run, State.RUNNING, _run)


def _check(job: Import, run: JobRun, now: datetime) -> dict[str, Any]:
    tally = Checker(job, run, now, _digest(job)).check()
    report = {**msgspec.to_builtins(tally), "checked_at": now.isoformat()}
    Import.objects.filter(pk=job.pk, state=State.CHECKING).update(
        state=State.CHECKED, report=report, about_rows=max(1, tally.rows)
    )
    return {"rows": tally.rows, "good": tally.good, "bad": tally.bad}


def _run(job: Import, run: JobRun, now: datetime) -> dict[str, Any]:
    try:
        Importer(job, run, now, _digest(job)).work()
    except TakenOver:
        raise JobCancelled from None
    Import.objects.filter(pk=job.pk, state=State.RUNNING).update(state=State.DONE, finished_at=utc_now())
    job.refresh_from_db()
    return {"rows": job.rows, "sent": job.sent, "duplicates": job.duplicates, "rejected": job.rejected}


def _work(run: JobRun, state: str, do: Callable[[Import, JobRun, datetime], dict[str, Any]]) -> dict[str, Any]:
    job = Import.objects.filter(pk=UUID(run.params["import"]), state=state).first()
    if job is None:
        return {"note": "the import was stopped or deleted before its job began"}
    try:
        return do(job, run, utc_now())
    except JobCancelled:
        if _is_asked_to_stop(job, run):
            _stop(job)
        raise
    except WrongFile as wrong:
        _fail(job, wrong.detail)
        return {"problem": wrong.code}
    except Exception as error:
        log.error("import_failed", job=str(job.pk), error=describe(error))
        _fail(job, FAULT.format(describe(error)))
        raise


def _is_asked_to_stop(job: Import, run: JobRun) -> bool:
    """Not when another worker has taken the job over: then that one goes on."""
    return Import.objects.filter(pk=job.pk, job_id=run.id).exists() and jobs.is_cancelled(run.id)


def _start(
    job: Import, kind: str, allowed: tuple[str, ...], state: str, by: AbstractBaseUser | None, **changes: Any
) -> None:
    with transaction.atomic():
        held = Import.objects.select_for_update().get(pk=job.pk)
        if held.state not in allowed:
            raise WrongState(f"The import is {held.get_state_display().lower()}.")
        work = jobs.enqueue(kind, {"import": str(job.pk)}, created_by=by)
        Import.objects.filter(pk=job.pk).update(state=state, job_id=work.pk, **changes)
    job.refresh_from_db()


def _stop(job: Import) -> None:
    running = Import.objects.filter(pk=job.pk, state=State.RUNNING)
    running.update(state=State.CANCELLED, finished_at=utc_now())
    Import.objects.filter(pk=job.pk, state=State.CHECKING).update(state=State.DRAFT)


def _fail(job: Import, problem: str) -> None:
    open_ones = Import.objects.filter(pk=job.pk, state__in=(State.RUNNING, State.CHECKING))
    open_ones.update(state=State.FAILED, problem=problem, finished_at=utc_now())


def _require_mapping(job: Import) -> None:
    columns = columns_of(job)
    require_whole(job.kind, columns, options_of(job), asks_for_day=asks_for_day(job, columns))


def _digest(job: Import) -> str:
    """Of the mapping: rows sorted under another one are sorted anew."""
    return hashlib.sha256(msgspec.json.encode([job.mapping, job.options])).hexdigest()[:16]
