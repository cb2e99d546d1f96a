"""Jobs that wait or run, as pages that wait for them show them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from cdp.jobs import queries
from cdp.jobs.models import Job


@dataclass(frozen=True, slots=True)
class Work:
    """A job that waits or runs. `share` done is from 0 to 1, None while nobody knows."""

    title: str
    url: str
    pace: str
    share: float | None
    id: UUID
    is_waiting: bool
    is_stopping: bool


def works(kinds: Collection[str] | Mapping[str, str], now: datetime) -> list[Work]:
    """What of these kinds waits or runs, oldest first, titled by the mapping where it is one."""
    states = (Job.State.QUEUED, Job.State.RUNNING)
    found = Job.objects.filter(kind__in=list(kinds), state__in=states).order_by("created_at")
    titles = kinds if isinstance(kinds, Mapping) else {}
    return [
        Work(
            titles.get(job.kind, job.kind),
            reverse("admin:jobs_job_change", args=[job.pk]),
            queries.pace(job, now),
            queries.share_done(job),
            job.pk,
            job.state == Job.State.QUEUED,
            job.cancel_requested_at is not None,
        )
        for job in found
    ]
