"""Job kinds of the tests."""

from typing import Any

from cdp.jobs import services
from cdp.jobs.contracts import JobRefused, JobRun, JobUnfinished
from cdp.jobs.models import Job

ran: list[str] = []


def add(job: JobRun) -> dict[str, Any]:
    """Adds two numbers, reporting progress."""
    ran.append("add")
    job.progress(1, 2, "half way")
    return {"sum": job.params["a"] + job.params["b"]}


def fail(job: JobRun) -> dict[str, Any]:
    """Always fails."""
    raise ValueError("a.customer@example.com is no number")


def refuse(job: JobRun) -> dict[str, Any]:
    """Says what is missing."""
    raise JobRefused("There is no order yet: send some.")


def cancelled_in_between(job: JobRun) -> dict[str, Any]:
    """Staff cancels it while it runs."""
    services.cancel([job.id])
    job.progress(5)
    raise AssertionError("progress should have raised")


def in_slices(job: JobRun) -> dict[str, Any]:
    """Takes three slices."""
    seen = job.checkpoint.get("seen", 0) + 1
    if seen < 3:
        raise JobUnfinished({"seen": seen})
    return {"seen": seen}


def overtaken(job: JobRun) -> dict[str, Any]:
    """Another worker takes it over while this one dreams."""
    Job.objects.filter(pk=job.id).update(attempts=7, note="the successor's")
    return {"by": "the dreamer"}


KINDS = {
    "test.add": "tests.jobs.kinds.add",
    "test.fail": "tests.jobs.kinds.fail",
    "test.refuse": "tests.jobs.kinds.refuse",
    "test.cancelled": "tests.jobs.kinds.cancelled_in_between",
    "test.slices": "tests.jobs.kinds.in_slices",
    "test.overtaken": "tests.jobs.kinds.overtaken",
}
