"""A file on its way in, in few words: `take` drafts and maps it, `check` and `run` work its job here."""

from collections.abc import Callable, Mapping
from typing import Any

from cdp.jobs import services as jobs
from cdp.jobs.models import Job
from events.models import Event
from imports import services
from imports.models import Import, ImportReject

Drain = Callable[..., int]


def take(
    content: bytes | str,
    kind: str,
    *,
    name: str = "file.csv",
    mapping: Mapping[str, str] | None = None,
    **options: Any,
) -> Import:
    """A draft with its columns mapped as guessed, or as told."""
    raw = content.encode() if isinstance(content, str) else content
    job = services.draft(services.keep([raw]), kind=kind, name=name)
    services.choose(job, mapping or {}, options)
    return job


def check(job: Import) -> Import:
    """Checked, its report ready."""
    services.start_check(job)
    return worked(job)


def run(job: Import) -> Import:
    """Imported: everything handed to the inbox or the catalog."""
    services.start_run(job)
    return worked(job)


def worked(job: Import) -> Import:
    assert job.job_id is not None
    assert jobs.run_now(job.job_id)
    error = Job.objects.get(pk=job.job_id).error
    assert not error, error
    job.refresh_from_db()
    return job


def settled(job: Import, drain: Drain) -> Import:
    """Processed to the end, with the counts of processing."""
    drain()
    services.settle_slice()
    job.refresh_from_db()
    return job


def rejected(job: Import) -> list[tuple[int, str]]:
    return list(ImportReject.objects.filter(of=job).order_by("row").values_list("row", "code"))


def events(*fields: str) -> list[Any]:
    return list(Event.objects.order_by("occurred_at", "id").values_list(*fields, flat=len(fields) == 1))
