"""The audit: are memberships and due answers what a full recomputation from the lake says? Standing, every night.

The lake names who differs; they are asked again of PostgreSQL until it is clear who is wrong and who was only on their
way. Who is wrong is an alarm, a count in the run's row, and marked dirty, so that the next evaluation mends it.
"""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from threading import Event
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pyarrow as pa
import structlog
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import DatabaseError, transaction
from django.urls import NoReverseMatch, reverse

from cdp.alarms.services import clear_alarm, clear_others, raise_alarm
from cdp.jobs.contracts import JobRun, JobUnfinished
from cdp.jobs.models import Job
from cdp.jobs.services import cancel_noticed, enqueue
from cdp.lib.clock import utc_now
from cdp.lib.failures import describe
from cdp.outbox.services import wake
from lake.contracts import QueryError, QueryStoppedError
from profiles.models import Profile
from segments.halves import chunks
from segments.models import AuditRun
from segments.queries import LiveSegment, by_level, live_segments, size
from segments.queries.everybody import RECOMPUTING, differing, members_now
from segments.queries.settling import Difference, settle
from segments.services import locks

KIND, ALARM = "segments.audit", "segments.audit"
CHUNK = 2_000
MOST_LOOKED_AT = 20_000
"""Differences of a segment that are asked again one by one; where there are more, all are asked anew by a job."""
ROUNDS, ROUND_S = 10, 1.0
ONCE = timedelta(hours=20)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Audited:
    """One segment compared. `wrong_in` were members and should not be, `wrong_out` the other way round, `wrong_due`
    would have been asked again at a wrong time. `problem`: why it could not be compared, or empty."""

    segment_id: int
    slug: str
    members: int = 0
    differing: int = 0
    wrong_in: int = 0
    wrong_out: int = 0
    wrong_due: int = 0
    unsettled: int = 0
    seconds: float = 0.0
    problem: str = ""

    @property
    def wrong(self) -> int:
        """People of whom something is stored wrongly."""
        return self.wrong_in + self.wrong_out + self.wrong_due


def start_audit(*, by: AbstractBaseUser | None = None) -> UUID:
    """Have everything compared now; answers the job, the one that waits or runs already where there is one."""
    waiting = Job.objects.filter(kind=KIND, state__in=[Job.State.QUEUED, Job.State.RUNNING], cancel_requested_at=None)
    found = waiting.order_by("created_at").values_list("pk", flat=True).first()
    return found or enqueue(KIND, created_by=by).pk


def audit_slice() -> int:
    """Queue the night's audit, once a night; how many were queued."""
    now = utc_now()
    if now.astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).hour != settings.SEGMENT_AUDIT_HOUR:
        return 0
    if Job.objects.filter(kind=KIND, created_at__gt=now - ONCE).exists() or not live_segments():
        return 0
    start_audit()
    return 1


def audit_job(job: JobRun) -> dict[str, Any]:
    """Job of kind segments.audit. Result: the run's id and its counts. Goes on where its last slice ended."""
    run = _run_of(job)
    segments = [segment for level in by_level(live_segments()) for segment in level]
    done = {one["segment_id"] for one in run.details}
    to_mend: set[UUID] = set()
    with cancel_noticed(job.id) as cancelled:
        just_now = _JustNow(segments, cancelled)
        try:
            for segment in (segment for segment in segments if segment.id not in done):
                job.progress(len(done), len(segments), f"{segment.slug}: asking the lake")
                audited, wrong = audit_segment(segment, just_now, stop=cancelled)
                to_mend |= wrong
                done.add(segment.id)
                job.progress(len(done), len(segments), f"{segment.slug}: {audited.wrong:,} wrong")
                _note(run, audited)
                if job.out_of_time and len(done) < len(segments):
                    raise JobUnfinished({"run": str(run.pk)})
        finally:  # not before: whoever is dirty is on their way, and what else is wrong of them would not be counted
            _mend(to_mend)
    _finish(run, segments)
    counts = {name: getattr(run, name) for name in ("segments", "people", "wrong", "unsettled")}
    return {"run": str(run.pk), **counts, "seconds": round(run.seconds, 1)}


def _run_of(job: JobRun) -> AuditRun:
    if "run" in job.checkpoint:
        return AuditRun.objects.get(pk=job.checkpoint["run"])
    by_id = Job.objects.values_list("created_by_id", flat=True).filter(pk=job.id).first()
    return AuditRun.objects.create(
        job_id=job.id, started_at=utc_now(), created_by_id=by_id, people=Profile.objects.count()
    )


class _JustNow(dict[str, pa.Table]):
    """Who is in the segments that others use, asked of the lake when the first of those is compared."""

    def __init__(self, segments: Sequence[LiveSegment], stop: Event | None) -> None:
        super().__init__()
        self._segments = {segment.slug: segment for segment in segments}
        self._stop = stop

    def fill_for(self, segment: LiveSegment) -> None:
        """With what this one uses. Raises QueryError."""
        for slug in sorted(segment.mentions.segments - self.keys()):
            if used := self._segments.get(slug):
                self.fill_for(used)
                limits = replace(RECOMPUTING, stop=self._stop)
                self[slug] = members_now(used.rule, utc_now(), limits=limits, just_now=self).keys


def audit_segment(segment: LiveSegment, just_now: _JustNow, *, stop: Event | None = None) -> tuple[Audited, set[UUID]]:
    """Compare one segment: what was found, and who is to be evaluated anew. `just_now`: who is in what it uses."""
    started = time.monotonic()
    found, people = Audited(segment.id, segment.slug), set[UUID]()
    try:
        just_now.fill_for(segment)
        limits = replace(RECOMPUTING, stop=stop)
        keys = differing(segment.id, segment.rule, utc_now(), just_now=just_now, limits=limits)
        wrong, unsettled = _settled(segment, keys, stop)
        found = replace(_counted(found, wrong, keys.num_rows), members=size(segment.id), unsettled=unsettled)
        if wrong and keys.num_rows > MOST_LOOKED_AT:
            enqueue("segments.recompute", {"segment_id": segment.id})
        else:
            people = {one.profile_id for one in wrong}
    except QueryStoppedError:
        found = replace(found, problem="it was stopped")
    except (QueryError, DatabaseError) as error:
        log.warning("segments.audit_failed", segment_id=segment.id, error=describe(error))
        found = replace(found, problem=describe(error)[:300])
    return replace(found, seconds=round(time.monotonic() - started, 3)), people


def _settled(segment: LiveSegment, keys: pa.Table, stop: Event | None) -> tuple[list[Difference], int]:
    """Who is wrong, and how many were still on their way when it stopped waiting."""
    wrong: list[Difference] = []
    waiting: list[UUID] = []
    for part in chunks(keys.slice(0, MOST_LOOKED_AT), CHUNK):
        now_settled = settle(segment, part, utc_now())
        wrong += now_settled.wrong
        waiting += [one.profile_id for one in now_settled.on_their_way]
    for _ in range(ROUNDS):
        if not waiting or (stop is not None and stop.wait(ROUND_S)):
            break
        if stop is None:
            time.sleep(ROUND_S)
        still: list[UUID] = []
        for start in range(0, len(waiting), CHUNK):
            now_settled = settle(segment, waiting[start : start + CHUNK], utc_now())
            wrong += now_settled.wrong
            still += [one.profile_id for one in now_settled.on_their_way]
        waiting = still
    return wrong, len(waiting)


def _counted(found: Audited, wrong: list[Difference], differing_people: int) -> Audited:
    return replace(
        found,
        differing=differing_people,
        wrong_in=sum(one.is_member and not one.should_be_member for one in wrong),
        wrong_out=sum(one.should_be_member and not one.is_member for one in wrong),
        wrong_due=sum(one.is_member == one.should_be_member for one in wrong),
    )


def _mend(profile_ids: set[UUID]) -> None:
    people = sorted(profile_ids)
    for start in range(0, len(people), CHUNK):
        with transaction.atomic():
            locks.mark_dirty(people[start : start + CHUNK])
            wake("segments.evaluate")


def _note(run: AuditRun, audited: Audited) -> None:
    run.details = [*run.details, asdict(audited)]
    run.segments += 1
    run.wrong += audited.wrong
    run.unsettled += audited.unsettled
    run.seconds = (utc_now() - run.started_at).total_seconds()
    run.save()
    if audited.wrong:
        raise_alarm(ALARM, str(audited.segment_id), _message(audited), level="error", link=_link())
    elif not audited.problem:
        clear_alarm(ALARM, str(audited.segment_id))


def _message(audited: Audited) -> str:
    parts = [
        (audited.wrong_in, "in it who should not be"),
        (audited.wrong_out, "not in it who should be"),
        (audited.wrong_due, "to be asked again at a wrong time"),
    ]
    told = ", ".join(f"{count:,} {words}" for count, words in parts if count)
    more = f" (of the first {MOST_LOOKED_AT:,} looked at)" if audited.differing > MOST_LOOKED_AT else ""
    return (
        f"The audit found people wrongly placed in the segment “{audited.slug}”: {told}{more}. They are being "
        "evaluated again now; if the next audit finds some too, recompute all segments and look for what changed them."
    )


def _link() -> str:
    try:
        return reverse("segment-desk-audit")
    except NoReverseMatch:
        return ""


def _finish(run: AuditRun, segments: Sequence[LiveSegment]) -> None:
    run.finished_at = utc_now()
    run.seconds = (run.finished_at - run.started_at).total_seconds()
    run.save()
    clear_others(ALARM, [str(segment.id) for segment in segments])
