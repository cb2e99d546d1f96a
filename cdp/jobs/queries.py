"""Reads of jobs: the latest ones, and one as a line of text."""

from datetime import datetime
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


def pace(job: Job, now: datetime) -> str:
    """How it goes in words: waiting, rate and time left, how long it took, or why it failed."""
    if job.state == Job.State.FAILED:
        return job.error.strip().splitlines()[-1][:200] if job.error.strip() else "failed"
    if job.started_at is None:
        return "waits for a worker" if job.state == Job.State.QUEUED else ""
    seconds = max(0.001, ((job.finished_at or now) - job.started_at).total_seconds())
    if job.finished_at:
        return f"took {_duration(seconds)}"
    words = [job.note] if job.note else []
    if job.total and job.total > 100 and job.done:
        words.append(f"{job.done / seconds:,.0f} a second")
    if job.total and job.done:
        words.append(f"about {_duration(seconds * (job.total - job.done) / job.done)} left")
    return ", ".join(words) or "running"


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.0f} min"


def describe(job: Job) -> str:
    """One line: id, kind, state, progress, note or error."""
    share = share_done(job)
    amount = f"{job.done:,}" + (f" of {job.total:,}" if job.total else "")
    percent = f"{share:4.0%}" if share is not None else "    "
    tail = job.error or job.note
    return f"{job.pk}  {job.kind:<26} {job.state:<9} {percent} {amount:>22}  {tail}".rstrip()
