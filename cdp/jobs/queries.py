"""Reads of jobs: the latest ones, and one as a line of text."""

from uuid import UUID

from cdp.jobs.models import Job


def latest(limit: int = 20) -> list[Job]:
    """The newest jobs, newest first."""
    return list(Job.objects.order_by("-created_at", "-id")[:limit])


def find(job_id: UUID) -> Job | None:
    """The job, if there is one."""
    return Job.objects.filter(pk=job_id).first()


def share_done(job: Job) -> float | None:
    """From 0 to 1; None while the total is unknown."""
    if job.state == Job.State.DONE:
        return 1.0
    return min(1.0, job.done / job.total) if job.total else None


def describe(job: Job) -> str:
    """One line: id, kind, state, progress, note or error."""
    share = share_done(job)
    amount = f"{job.done:,}" + (f" of {job.total:,}" if job.total else "")
    percent = f"{share:4.0%}" if share is not None else "    "
    tail = job.error or job.note
    return f"{job.pk}  {job.kind:<26} {job.state:<9} {percent} {amount:>22}  {tail}".rstrip()
