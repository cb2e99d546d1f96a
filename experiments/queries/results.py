"""Results as they were stored: the newest, those before it, and whether one is being computed."""

import json
from datetime import datetime

import msgspec

from cdp.jobs.models import Job
from experiments.models import Result
from experiments.stats.results import ExperimentResult

KIND = "experiments.results"
OPEN = (Job.State.QUEUED, Job.State.RUNNING)


def latest_result(experiment_key: str) -> ExperimentResult | None:
    """The newest result, or None while there is none."""
    row = Result.objects.filter(experiment__key=experiment_key).order_by("-at").values_list("body", flat=True).first()
    return None if row is None else read_result(row)


def result_times(experiment_key: str) -> list[datetime]:
    """When results were computed, the newest first."""
    return list(Result.objects.filter(experiment__key=experiment_key).order_by("-at").values_list("at", flat=True))


def segments_of_latest(experiment_key: str) -> tuple[str, ...]:
    """By which segments the newest result was looked at."""
    found = Result.objects.filter(experiment__key=experiment_key).order_by("-at").values_list("segments", flat=True)
    return tuple(found.first() or ())


def job_of(experiment_key: str) -> Job | None:
    """The newest job that computes or computed this experiment's result."""
    return Job.objects.filter(kind=KIND, params__experiment=experiment_key).order_by("-created_at", "-pk").first()


def is_being_computed(experiment_key: str) -> bool:
    """Whether a result is on its way."""
    return Job.objects.filter(kind=KIND, params__experiment=experiment_key, state__in=OPEN).exists()


def read_result(body: object) -> ExperimentResult:
    """A stored body as what it was; raises msgspec.ValidationError for one of another form."""
    return msgspec.json.decode(json.dumps(body), type=ExperimentResult)
