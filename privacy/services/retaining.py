"""Retention carried out: a job measures every class and, unless it is dry, deletes what is due in bounded slices.

A run is a row with its report. It may be cancelled between slices; what was deleted until then stays deleted and is
counted. A class that fails keeps no other from being worked. The nightly run comes in a quiet hour of the company's
zone, first when the service is a day old.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from cdp.jobs import services as jobs
from cdp.jobs.contracts import JobCancelled, JobRun, JobUnfinished
from cdp.jobs.models import Job
from cdp.lib.clock import utc_now
from cdp.lib.failures import describe
from events.models import Source
from privacy.data_classes import InForce, in_force
from privacy.models import RetentionRule, RetentionRun

KIND = "privacy.retention"
SLICE = 1_000
ONCE = timedelta(hours=20)
SETTLED = timedelta(days=1)
Entry = dict[str, Any]
log = structlog.get_logger(__name__)


class RetentionFailed(Exception):
    """Some classes could not be worked; all the others were. The run's report names them."""


def start(*, dry: bool, by: AbstractBaseUser | None = None) -> Job:
    """Queue a run; the job's page shows its progress and cancels it."""
    return jobs.enqueue(KIND, {"dry": dry}, created_by=by)


def save_rule(data_class: str, *, keep_days: int | None, enabled: bool) -> None:
    """Keep a class for so many days from now on; None: for ever. Raises LookupError for a class that has no rule."""
    known = {one.data.code for one in in_force() if one.may_be_set}
    if data_class not in known:
        raise LookupError(f"no retention rule can be set for {data_class!r}: use one of {', '.join(sorted(known))}")
    RetentionRule.objects.update_or_create(data_class=data_class, defaults={"keep_days": keep_days, "enabled": enabled})


def nightly_slice() -> int:
    """Queue the night's run, once a night; how many were queued."""
    now = utc_now()
    if now.astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).hour != settings.RETENTION_HOUR:
        return 0
    if not Source.objects.filter(created_at__lt=now - SETTLED).exists():
        return 0  # a service of today has nothing that is due, and its staff had no night to look at the rules
    if Job.objects.filter(kind=KIND, created_at__gt=now - ONCE, params__dry=False).exists():
        return 0
    start(dry=False)
    return 1


def run_job(job: JobRun) -> Mapping[str, Any]:
    """The job: every class in turn. Unfinished work goes on where it stopped."""
    now = utc_now()
    dry = bool(job.params.get("dry"))
    run = _run_of(job, dry)
    rules = in_force()
    try:
        for position, rule in enumerate(rules):
            try:
                _class(job, run, rule, now, position, len(rules))
            except (JobCancelled, JobUnfinished):
                raise
            except Exception as error:
                log.error("retention_failed", data_class=rule.data.code, error=describe(error))
                _note(run, rule, _entry(run, rule) | {"error": describe(error)})
    except JobCancelled:
        run.report["cancelled"] = True
        _end(run)
        raise
    _end(run)
    if any(isinstance(entry, dict) and "error" in entry for entry in run.report.values()):
        raise RetentionFailed
    return {"run": run.pk, "due": total(run.report, "due"), "deleted": total(run.report, "deleted")}


def total(report: Mapping[str, Any], what: str) -> int:
    """Over all classes."""
    return sum(entry.get(what, 0) for entry in report.values() if isinstance(entry, dict))


def _run_of(job: JobRun, dry: bool) -> RetentionRun:
    known = RetentionRun.objects.filter(pk=job.checkpoint.get("run", 0)).first()
    return known or RetentionRun.objects.create(dry=dry)


def _class(job: JobRun, run: RetentionRun, rule: InForce, now: datetime, position: int, of: int) -> None:
    """Measure one class and delete what is due; at once done where an earlier slice did it, or it failed there."""
    entry = _entry(run, rule)
    if "error" in entry:
        return
    if not entry.get("measured"):
        entry |= _measured(rule, now)
        _note(run, rule, entry)
    job.progress(position, of, f"{rule.data.title}: {entry['due']:,} due")
    if not run.dry and rule.deletes and entry["due"] and not entry.get("finished"):
        _delete(job, run, rule, entry, now, position, of)


def _entry(run: RetentionRun, rule: InForce) -> Entry:
    """What is known of the class up to now."""
    fresh = {"title": rule.data.title, "days": rule.days, "enabled": rule.enabled, "deleted": 0, "due": 0}
    return run.report.get(rule.data.code) or {**fresh, "oldest": None, "sample": []}


def _measured(rule: InForce, now: datetime) -> Entry:
    cutoff = rule.cutoff(now)
    if cutoff is None:
        return {"measured": True}
    due = rule.data.measure(cutoff)
    oldest = due.oldest.isoformat() if due.oldest else None
    return {"measured": True, "due": due.count, "oldest": oldest, "sample": list(due.sample)}


def _delete(job: JobRun, run: RetentionRun, rule: InForce, entry: Entry, now: datetime, position: int, of: int) -> None:
    cutoff = rule.cutoff(now)
    assert rule.data.delete is not None
    assert cutoff is not None
    while count := rule.data.delete(cutoff, SLICE, now):
        entry["deleted"] += count
        _note(run, rule, entry)
        job.progress(position, of, f"{rule.data.title}: {entry['deleted']:,} of {entry['due']:,} deleted")
        if job.out_of_time:
            raise JobUnfinished({"run": run.pk})
    _note(run, rule, entry | {"finished": True})


def _note(run: RetentionRun, rule: InForce, entry: Entry) -> None:
    run.report[rule.data.code] = entry
    run.save(update_fields=["report"])


def _end(run: RetentionRun) -> None:
    run.ended_at = utc_now()
    run.save(update_fields=["report", "ended_at"])
