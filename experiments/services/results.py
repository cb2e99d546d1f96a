"""Computing what experiments came to: a job on demand, and one a day for each that runs or has windows left open.

A result is a snapshot, stored whole: pages read it and compute nothing. A split that did not come out raises an alarm
until it does.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Max, Q

from audiences.services.nightly import is_due
from cdp.alarms.services import clear_alarm, raise_alarm
from cdp.jobs.contracts import JobRefused, JobRun
from cdp.jobs.models import Job
from cdp.jobs.services import enqueue
from cdp.lib.clock import utc_now
from experiments.metrics import MOST_DAYS, MetricError, parse_metrics
from experiments.models import Experiment, Result
from experiments.queries.computing import computed
from experiments.queries.results import KIND, is_being_computed, segments_of_latest
from experiments.services.recognizing import recognize
from experiments.stats.results import ExperimentResult
from lake.contracts import QueryError

Report = Callable[[int, int, str], object]
State = Experiment.State
KEPT = 400
MOST_SEGMENTS = 20
AGAIN_AFTER = timedelta(hours=1)
RATIO_ALARM = "experiments.sample_ratio"


def refresh_later(experiment_key: str, *, segments: Sequence[str] = (), by: AbstractBaseUser | None = None) -> Job:
    """Queue a result as of when the job runs, looked at by these segments too (slugs, 20 at most)."""
    return enqueue(KIND, {"experiment": experiment_key, "segments": list(segments)[:MOST_SEGMENTS]}, by)


def results_job(job: JobRun) -> dict[str, Any]:
    """Job of kind experiments.results. The result: what the experiment came to, in short."""
    key = str(job.params["experiment"])
    experiment = Experiment.objects.filter(key=key).first()
    if experiment is None:
        raise JobRefused(f"There is no experiment {key!r} any more.")
    segments = tuple(str(one) for one in job.params.get("segments", ()))
    found = refresh(experiment, utc_now(), segments=segments, report=job.progress)
    return {"people": found.people, "verdict": found.verdict.state, "at": found.at.isoformat()}


def refresh(
    experiment: Experiment, now: datetime, *, segments: Sequence[str] = (), report: Report | None = None
) -> ExperimentResult:
    """Compute and store. Raises JobRefused for goals that cannot be read, and while the lake cannot answer."""
    tell = report or _silent
    began = time.monotonic()
    try:
        goals, guardrails = parse_metrics(experiment.goals, experiment.guardrails)
        recognize(experiment.pk, now, tell)
        found = computed(experiment, goals, guardrails, tuple(segments), now, tell)
    except MetricError as error:
        raise JobRefused(f"A goal of this experiment cannot be used: {error}. Mend it and compute again.") from error
    except QueryError as error:
        raise JobRefused(f"{error}") from error
    _store(experiment, found, segments, time.monotonic() - began)
    _alarm(experiment, found)
    return found


def daily_slice(*, now: datetime | None = None) -> int:
    """Queue a result of each that runs, or whose last windows are still open, once a company's day; how many jobs."""
    present = now or utc_now()
    open_since = present - timedelta(days=MOST_DAYS)
    wanted = Q(state=State.RUNNING) | Q(state=State.STOPPED, stopped_at__gt=open_since)
    rows = Experiment.objects.filter(wanted, owner="").annotate(last=Max("results__at"))
    due = [row.key for row in rows.order_by("pk") if is_due(row.last, present) and row.goals]
    due = [key for key in due if not is_being_computed(key) and not _failed_lately(key, present)]
    for key in due:
        refresh_later(key, segments=segments_of_latest(key))
    return len(due)


def _failed_lately(key: str, now: datetime) -> bool:
    failed = Job.objects.filter(kind=KIND, params__experiment=key, state=Job.State.FAILED)
    return failed.filter(created_at__gt=now - AGAIN_AFTER).exists()


@transaction.atomic
def _store(experiment: Experiment, found: ExperimentResult, segments: Sequence[str], seconds: float) -> None:
    Result.objects.update_or_create(
        experiment=experiment,
        at=found.at,
        defaults={"segments": list(segments), "body": msgspec.to_builtins(found), "seconds": round(seconds, 3)},
    )
    old = Result.objects.filter(experiment=experiment).order_by("-at").values("pk")[KEPT:]
    Result.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()


def _alarm(experiment: Experiment, found: ExperimentResult) -> None:
    """While it runs: a stopped one is told of on its page."""
    if not found.sample_ratio.is_alarming or experiment.state != State.RUNNING:
        clear_alarm(RATIO_ALARM, experiment.key)
        return
    heads = ", ".join(f"{name} {count:,}" for name, count in found.sample_ratio.heads.items())
    day = found.at.astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).date()
    raise_alarm(
        RATIO_ALARM,
        experiment.key,
        f"The experiment {experiment.key} does not split people as asked ({heads}; {day}): its results may not be"
        " believed. Look for what keeps people of one variant from being counted: a redirect, a broken page, a bot,"
        " or a share that was changed while it ran.",
        level="warning",
    )


def _silent(_done: int, _total: int, _note: str) -> None:
    """Nobody is told."""
