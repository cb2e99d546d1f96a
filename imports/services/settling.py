"""After an import: what processing made of it, imports whose jobs were given up, and files whose time is over."""

from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q

from cdp.jobs import queries as jobs
from cdp.lib.clock import utc_now
from events.queries import messages
from imports.contracts import WITHOUT_SOURCE
from imports.models import Import, ImportReject, ImportRequest
from imports.queries import requests_of
from imports.services import files

State = Import.State
OVER = ("failed", "cancelled", "done")
STRAY_AFTER = timedelta(days=1)
A_SLICE = 20


def settle_slice() -> int:
    """Settle what can be; returns how many imports were touched, 0 when nothing is due."""
    now = utc_now()
    touched = sum(_settle(job, now) for job in Import.objects.filter(state=State.DONE, settled_at=None)[:A_SLICE])
    touched += sum(_give_up(job, now) for job in Import.objects.filter(state__in=(State.RUNNING, State.CHECKING)))
    return touched + _clean(now)


def _settle(job: Import, now: datetime) -> int:
    """Counts exact once every request is processed: sent = stored + refused + quarantined + duplicates."""
    if job.kind in WITHOUT_SOURCE:
        return Import.objects.filter(pk=job.pk, settled_at=None).update(settled_at=now, stored=F("sent"))
    inbox_ids = requests_of(job.pk)
    if messages.undone(inbox_ids):
        return 0
    found = messages.outcome(inbox_ids)
    again = max(0, job.sent - found.stored - found.refused - found.quarantined)
    return Import.objects.filter(pk=job.pk, settled_at=None).update(
        settled_at=now,
        stored=found.stored,
        refused=found.refused,
        quarantined=found.quarantined,
        duplicates=F("duplicates") + again,
    )


def _give_up(job: Import, now: datetime) -> int:
    """An import whose job ended without it: its worker was lost too often, or somebody cancelled the job."""
    work = jobs.find(job.job_id) if job.job_id else None
    if work is None or work.state not in OVER:
        return 0
    was = work.state
    state = State.FAILED if was == "failed" else State.CANCELLED if job.state == State.RUNNING else State.DRAFT
    problem = f"Its job ended: {work.error or was}." if state == State.FAILED else ""
    held = Import.objects.filter(pk=job.pk, state=job.state, job_id=job.job_id)
    return held.update(state=state, problem=problem, finished_at=now)


def _clean(now: datetime) -> int:
    """Delete files and what was kept of their rows, IMPORT_KEEP_DAYS after their end; uploads that no import knows."""
    since = now - timedelta(days=settings.IMPORT_KEEP_DAYS)
    ended = Q(finished_at__lt=since) | Q(finished_at=None, created_at__lt=since)
    old = Import.objects.filter(ended).exclude(path="").exclude(state__in=(State.RUNNING, State.CHECKING))
    count = 0
    for job in old[:A_SLICE]:
        forget_file(job)
        count += 1
    known = set(Import.objects.exclude(path="").values_list("path", flat=True))
    with suppress(OSError):
        count += len(list(files.strays(known, older_than=(now - STRAY_AFTER).timestamp())))
    return count


def forget_file(job: Import) -> None:
    """Delete an import's file, preview, samples and rejected rows; what it became and its counts stay."""
    files.forget(job.path)
    ImportReject.objects.filter(of=job).delete()
    ImportRequest.objects.filter(of=job).exclude(of__settled_at=None).delete()
    report = {name: value for name, value in job.report.items() if name != "samples"}
    Import.objects.filter(pk=job.pk).update(path="", preview={}, report=report)
