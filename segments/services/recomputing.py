"""Recomputation: one segment asked of every profile, in slices that each commit; streaming goes on meanwhile."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.db import transaction

from cdp.jobs.contracts import JobRun
from cdp.jobs.models import Job
from cdp.jobs.queries import find
from cdp.jobs.services import run_now
from cdp.lib.conflicts import retrying
from profiles.models import Profile
from segments.contracts import Written
from segments.queries import size
from segments.services import locks
from segments.services.evaluating import evaluate_some

SLICE = 500
SMALL = 20_000
PATIENCE_S = 20.0
LOOK_EVERY_S = 0.1


def recompute_job(job: JobRun) -> dict[str, Any]:
    """Job of kind segments.recompute, params {"segment_id"}. The result: profiles asked, members now, entered, left."""
    segment_id = int(job.params["segment_id"])
    total = Profile.objects.count()
    written = recompute(segment_id, lambda done: job.progress(done, total, "asking every profile"))
    return {
        "profiles": written.evaluated,
        "members": size(segment_id),
        "entered": written.entered,
        "left": written.left,
    }


def recompute(segment_id: int, progress: Callable[[int], None] | None = None) -> Written:
    """Make one live segment's memberships equal to its rule for all profiles. `progress` is told the profiles done."""
    written, done = Written(), 0
    for profile_ids in _all_profiles():
        written += retrying(lambda ids=profile_ids: _recompute_some(segment_id, ids))  # type: ignore[misc]
        done += len(profile_ids)
        if progress:
            progress(done)
    return written


def recompute_if_small(job_id: UUID, *, most: int = SMALL) -> Written | None:
    """Have a recomputation done now where that takes seconds: here, or by the worker that was quicker to take it.

    None where there are more profiles than `most`, or where it is not done yet: the job goes on.
    """
    if Profile.objects.values("pk")[: most + 1].count() > most:
        return None
    until = time.monotonic() + PATIENCE_S
    while not run_now(job_id) and (job := find(job_id)) is not None:
        if job.state not in (Job.State.QUEUED, Job.State.RUNNING) or time.monotonic() > until:
            break
        time.sleep(LOOK_EVERY_S)
    job = find(job_id)
    if job is None or job.state != Job.State.DONE:
        return None
    return Written(job.result["profiles"], job.result["entered"], job.result["left"])


@transaction.atomic
def _recompute_some(segment_id: int, profile_ids: list[UUID]) -> Written:
    locks.share_rules()
    return evaluate_some(profile_ids, [segment_id], now=None)


def _all_profiles() -> Iterator[list[UUID]]:
    last: UUID | None = None
    while True:
        rest = Profile.objects.order_by("pk")
        found = list((rest.filter(pk__gt=last) if last else rest).values_list("pk", flat=True)[:SLICE])
        if not found:
            return
        yield found
        last = found[-1]
