"""Recomputation: one segment asked of everybody in the lake; who differs is set right in chunks that each commit.

A few are evaluated; of many the lake's answers are written, where they still hold (`services.applying`). Streaming goes
on meanwhile: a chunk holds its profiles' dirty rows like any evaluation.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Event
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from cdp.jobs.contracts import JobRun
from cdp.jobs.models import Job
from cdp.jobs.queries import find
from cdp.jobs.services import cancel_noticed, run_now
from cdp.lib.clock import utc_now
from cdp.lib.conflicts import retrying
from consent.purposes_in_force import KEPT_S, forget_purposes
from lake.contracts import QueryError, QueryStoppedError
from profiles.models import Profile
from segments.contracts import Written
from segments.halves import chunks, slices
from segments.queries import LiveSegment, live_segments, size
from segments.queries.everybody import RECOMPUTING, Differences, differences
from segments.services import applying, locks
from segments.services.evaluating import evaluate_some

SLICE = 1_000  # people whose events wait meanwhile to be marked: about half a second
MANY, APPLIED = 500, 20_000
"""From so many on the lake's answers are written; so many at once: about a second."""
SMALL = 20_000
PATIENCE_S = 20.0
LOOK_EVERY_S = 0.1
PURPOSES = "purposes"
PURPOSES_KNOWN_S = KEPT_S + 0.5
Progress = Callable[[int, int, str], object]
log = structlog.get_logger(__name__)


def recompute_job(job: JobRun) -> dict[str, Any]:
    """Job of kind segments.recompute, params {"segment_id"}. The result: profiles asked, members now, entered, left.

    With {"purposes": True} staff have changed what purposes allow: it begins once every process knows.
    """
    segment_id = int(job.params["segment_id"])
    if job.params.get(PURPOSES):
        wait_for_purposes()
    with cancel_noticed(job.id) as cancelled:
        written = recompute(segment_id, job.progress, stop=cancelled)
    return {
        "profiles": written.evaluated,
        "members": size(segment_id),
        "entered": written.entered,
        "left": written.left,
    }


def wait_for_purposes() -> None:
    """Return when no evaluation goes by purposes as they were before this call.

    Processes keep them for seconds: those are waited for, then whoever still evaluates by them.
    """
    time.sleep(PURPOSES_KNOWN_S)
    forget_purposes()
    with transaction.atomic():
        locks.own_rules()


def recompute(
    segment_id: int,
    progress: Progress | None = None,
    *,
    stop: Event | None = None,
    everybody: int | None = None,
    users_count: bool = False,
) -> Written:
    """Make one live segment's memberships and due answers equal to its rule. `evaluated` counts everybody asked.

    The lake says in one query who differs from what is stored; only those are held as dirty and evaluated, in chunks
    that each commit. Where they are many, what the lake said of them is written; segments that use this one are then
    recomputed by jobs. While the lake cannot answer exactly everybody is evaluated instead. `progress` is told the
    profiles done, of how many, and what is being done; where it wants to stop, `stop` ends the query too. `everybody`:
    how many profiles there are, where that is known. `users_count`: count also who enters and leaves segments that use
    this one, of those who are evaluated.
    """
    found = live_segments([segment_id])
    if not found:
        return Written()
    everybody = Profile.objects.count() if everybody is None else everybody
    report = progress or _silent
    report(0, everybody, "asking the lake about everybody")
    try:
        differing = differences(segment_id, found[0].rule, utc_now(), limits=replace(RECOMPUTING, stop=stop))
    except QueryError as error:
        if isinstance(error, QueryStoppedError):
            report(0, everybody, "stopping")
        log.warning("segments.recompute_without_lake", segment_id=segment_id, reason=str(error))
        return _recompute_all(
            segment_id, everybody, users_count, report, "asking every profile: the lake cannot answer now"
        )
    written, done, total = Written(), 0, differing.rows.num_rows
    if total >= MANY and applying.is_applicable(differing):
        for applied in _apply(found[0], differing):
            written += applied.written
            for start in range(0, len(applied.rest), SLICE):
                rest = applied.rest[start : start + SLICE]
                written += retrying(lambda ids=rest: _recompute_some(segment_id, ids, users_count))  # type: ignore[misc]
            done += applied.written.evaluated + len(applied.rest)
            report(done, total, "writing who enters, leaves or waits")
        return Written(everybody, written.entered, written.left)
    for chunk in chunks(differing.rows, SLICE):
        written += retrying(lambda ids=chunk: _recompute_some(segment_id, ids, users_count))  # type: ignore[misc]
        done += len(chunk)
        report(done, total, "evaluating those who enter, leave or wait")
    return Written(everybody, written.entered, written.left)


def _apply(segment: LiveSegment, differing: Differences) -> Iterator[applying.Applied]:
    for rows in slices(differing.rows, APPLIED):
        yield retrying(lambda part=rows: applying.apply(segment, part, differing))  # type: ignore[misc]


def _recompute_all(segment_id: int, everybody: int, users_count: bool, report: Progress, note: str) -> Written:
    written, done = Written(), 0
    for profile_ids in _all_profiles():
        written += retrying(lambda ids=profile_ids: _recompute_some(segment_id, ids, users_count))  # type: ignore[misc]
        done += len(profile_ids)
        report(done, everybody, note)
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
def _recompute_some(segment_id: int, profile_ids: list[UUID], users_count: bool) -> Written:
    locks.share_rules()
    return evaluate_some(profile_ids, [segment_id], now=None, users_count=users_count)


def _silent(done: int, total: int, note: str) -> None:
    """Nobody asks how far it is."""


def _all_profiles() -> Iterator[list[UUID]]:
    last: UUID | None = None
    while True:
        rest = Profile.objects.order_by("pk")
        found = list((rest.filter(pk__gt=last) if last else rest).values_list("pk", flat=True)[:SLICE])
        if not found:
            return
        yield found
        last = found[-1]
