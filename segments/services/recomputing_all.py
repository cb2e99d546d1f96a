"""Recomputation of every live segment as one job: level by level, each as one query on the lake.

What is done is kept segment by segment: a job that is cancelled, whose worker is lost or whose turn is over begins
again where it was, and leaves no segment half right, since each chunk of people commits on its own.
"""

import resource
import time
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import structlog
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import DatabaseError

from cdp.jobs.contracts import JobRun, JobUnfinished
from cdp.jobs.models import Job
from cdp.jobs.services import cancel_noticed, enqueue
from cdp.lib.failures import describe
from profiles.models import Profile
from segments.contracts import Written
from segments.queries import LiveSegment, by_level, live_segments
from segments.services import recomputing

KIND = "segments.recompute_all"
SLOWEST = 5
log = structlog.get_logger(__name__)


def recompute_everything(*, by: AbstractBaseUser | None = None) -> UUID:
    """Have every live segment recomputed; answers the job, the one that waits or runs already where there is one."""
    waiting = Job.objects.filter(kind=KIND, state__in=[Job.State.QUEUED, Job.State.RUNNING], cancel_requested_at=None)
    found = waiting.order_by("created_at").values_list("pk", flat=True).first()
    return found or enqueue(KIND, created_by=by).pk


def recompute_all_job(job: JobRun) -> dict[str, Any]:
    """Job of kind segments.recompute_all. Result: segments, entered, left, seconds, the slowest, and what failed.

    `peak_mb`: the most memory this worker process has had at once, so far.
    """
    state = {"done": [], "entered": 0, "left": 0, "seconds": 0.0, "slowest": [], "failed": [], **job.checkpoint}
    segments = [segment for level in by_level(live_segments()) for segment in level]
    waiting = [segment for segment in segments if segment.id not in state["done"]]
    everybody = Profile.objects.count()
    with cancel_noticed(job.id) as cancelled:
        for number, segment in enumerate(waiting, len(segments) - len(waiting)):
            _recompute(job, segment, (number, len(segments), everybody), cancelled, state)
            if job.out_of_time and number + 1 < len(segments):
                raise JobUnfinished(state)
    job.progress(len(segments), len(segments), "done")
    return {
        "segments": len(segments),
        "profiles": everybody,
        **{name: state[name] for name in ("entered", "left", "slowest", "failed")},
        "seconds": round(state["seconds"], 1),
        "peak_mb": peak_mb(),
    }


def _recompute(
    job: JobRun, segment: LiveSegment, place: tuple[int, int, int], cancelled: Event, state: dict[str, Any]
) -> None:
    number, total, everybody = place
    started = time.monotonic()

    def progress(done: int, of: int, note: str) -> None:
        job.progress(number, total, f"{segment.slug}: {note}" + (f", {done:,} of {of:,}" if done else ""))

    try:
        written = recomputing.recompute(segment.id, progress, stop=cancelled, everybody=everybody, users_count=True)
    except DatabaseError as error:  # one that cannot be asked keeps no other from being right
        log.error("segments.recompute_failed", segment_id=segment.id, error=describe(error))
        state["failed"] = [*state["failed"], {"slug": segment.slug, "error": describe(error)[:200]}]
        written = Written()
    seconds = time.monotonic() - started
    slowest = [*state["slowest"], {"slug": segment.slug, "seconds": round(seconds, 2)}]
    state["slowest"] = sorted(slowest, key=lambda one: -one["seconds"])[:SLOWEST]
    state["done"] = [*state["done"], segment.id]
    state["entered"] += written.entered
    state["left"] += written.left
    state["seconds"] += seconds


def peak_mb() -> int:
    """The most memory (MB, resident) that this process has had at once."""
    with suppress(OSError, StopIteration, ValueError):
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
