"""Retention carried out: a job measures every class and, unless it is dry, deletes what is due in bounded slices.

A run is a row with its report. It may be cancelled between slices; what was deleted until then stays deleted and is
counted. The nightly run comes in a quiet hour of the company's zone, first when the service is a day old.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from cdp.jobs import services as jobs
from cdp.jobs.contracts import JobCancelled, JobRun, JobUnfinished
from cdp.jobs.models import Job
from cdp.lib.clock import utc_now
from events.models import Source
from privacy.data_classes import InForce, in_force
from privacy.models import RetentionRule, RetentionRun

KIND = "privacy.retention"
SLICE = 1_000
ONCE = timedelta(hours=20)
SETTLED = timedelta(days=1)
Entry = dict[str, Any]


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
            entry = run.report.get(rule.data.code) or {}
            if not entry.get("measured"):
                entry = _measured(rule, now)
                _note(run, rule, entry)
            job.progress(position, len(rules), f"{rule.data.title}: {entry['due']:,} due")
            if not dry and rule.deletes and entry["due"] and not entry.get("finished"):
                _delete(job, run, rule, entry, now, position, len(rules))
    except JobCancelled:
        run.report["cancelled"] = True
        _end(run)
        raise
    _end(run)
    return {"run": run.pk, "due": total(run.report, "due"), "deleted": total(run.report, "deleted")}


def total(report: Mapping[str, Any], what: str) -> int:
    """Over all classes."""
    return sum(entry.get(what, 0) for entry in report.values() if isinstance(entry, dict))


def _run_of(job: JobRun, dry: bool) -> RetentionRun:
    known = RetentionRun.objects.filter(pk=job.checkpoint.get("run", 0)).first()
    return known or RetentionRun.objects.create(dry=dry)


def _measured(rule: InForce, now: datetime) -> Entry:
    entry: Entry = {"title": rule.data.title, "days": rule.days, "enabled": rule.enabled, "deleted": 0}
    cutoff = rule.cutoff(now)
    if cutoff is None:
        return entry | {"measured": True, "due": 0, "oldest": None, "sample": []}
    due = rule.data.measure(cutoff)
    oldest = due.oldest.isoformat() if due.oldest else None
    return entry | {"measured": True, "due": due.count, "oldest": oldest, "sample": list(due.sample)}


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
