"""`score.uplift-<key>` of everybody who was here lately: learned anew from the whole log each day, by what is used.

Learned of those who allow ml_training, kept of those who allow personalization. Where nothing was found no score is
made; a score that is switched off is taken from everybody.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from cdp.jobs import services as jobs
from cdp.jobs.contracts import JobRefused, JobRun
from cdp.jobs.models import Job
from cdp.lib.clock import utc_now
from experiments.metrics import MetricError
from experiments.models import UpliftRun
from experiments.queries.uplift import Report, Standing, log_of, standing_now
from experiments.services import uplift
from experiments.services.uplift import UpliftRefusedError
from experiments.uplift.compare import fit
from experiments.uplift.frame import FrameError, Numbers
from experiments.uplift.learners import BY_KEY
from experiments.uplift.specs import ExperimentSpec, read_spec
from lake.contracts import QueryError
from segments.halves import columns as halves_of
from segments.rules.scope import HI, LO
from segments.services.computed import write_values

KIND = "experiments.uplift_score"
DECIMALS = 6
PERCENTS = (5, 10, 20, 30, 50)
MOST_MORE = 1.25
EVERY = timedelta(days=1)
OPEN = (Job.State.QUEUED, Job.State.RUNNING)


def name_of(run: UpliftRun) -> str:
    """Of the computed value: rules ask it without “score.”."""
    return f"score.uplift-{run.key}"


def score_later(run: UpliftRun, *, by: AbstractBaseUser | None = None) -> Job:
    """Keep its score from now on, the first time as soon as a worker is free. Raises UpliftRefusedError."""
    if run.experiment_id is None:
        raise UpliftRefusedError("An uploaded log names nobody of ours: only an experiment here can become a score.")
    if run.state != UpliftRun.State.DONE or not (run.result or {}).get("is_found"):
        raise UpliftRefusedError("Nothing was found that tells people apart: a score of it would be chance.")
    with transaction.atomic():
        UpliftRun.objects.filter(pk=run.pk).update(is_scored=True)
        waiting = Job.objects.filter(kind=KIND, params__run=run.pk, state=Job.State.QUEUED).first()
        return waiting or jobs.enqueue(KIND, {"run": run.pk}, by)


def withdraw(run: UpliftRun, now: datetime) -> None:
    """Nobody keeps the score; segments that ask it see it gone."""
    UpliftRun.objects.filter(pk=run.pk).update(is_scored=False, scored={})
    write_values({}, (name_of(run),), now, everybody=True)


def remove(run: UpliftRun, now: datetime) -> None:
    """Forget a comparison with its score; its upload stays for others."""
    uplift.cancel(run)
    withdraw(run, now)
    UpliftRun.objects.filter(pk=run.pk).delete()


def score_job(job: JobRun) -> dict[str, Any]:
    """Job of kind experiments.uplift_score. The result: how many people have the score. Raises JobRefused."""
    run = UpliftRun.objects.select_related("experiment").filter(pk=int(job.params["run"]), is_scored=True).first()
    if run is None:
        return {"people": 0}
    try:
        return {"people": score(run, utc_now(), job.progress)}
    except (FrameError, QueryError, MetricError) as error:
        UpliftRun.objects.filter(pk=run.pk).update(scored={**run.scored, "problem": str(error)})
        raise JobRefused(str(error)) from error


def score(run: UpliftRun, now: datetime, report: Report) -> int:
    """Learn by what is used, score everybody who was here in 90 days, write it. Raises FrameError, QueryError."""
    spec = read_spec(run.spec)
    if run.experiment is None or not isinstance(spec, ExperimentSpec) or run.result is None:
        raise FrameError("Only a comparison of an experiment here becomes a score.")
    learned = log_of(run.experiment, spec, now, report)
    report(0, 1, "learning from everybody of the experiment")
    encoding, learner = fit(BY_KEY[run.result["chosen"]], learned.frame)
    people = standing_now(learned.categories, now, report)
    scores = np.zeros(0)
    if people.ids:
        scores = np.round(learner.score(encoding.apply(people.columns)), DECIMALS)
    name = name_of(run)
    table = _table(name, people, scores, now)
    write_values(table, (name,), now, everybody=True, report=lambda done, total: report(done, total, "writing scores"))
    told = {"people": len(scores), "refused": people.refused, "at": now.isoformat(), "cuts": _cuts(scores)}
    if not UpliftRun.objects.filter(pk=run.pk, is_scored=True).update(scored=told):
        write_values({}, (name,), now, everybody=True)  # switched off meanwhile
        return 0
    return len(scores)


def daily_slice() -> int:
    """Queue the scores that are a day old; end runs whose job ended without them. How many were touched."""
    now, count = utc_now(), uplift.settle()
    for run in UpliftRun.objects.filter(is_scored=True).defer("result"):
        latest = Job.objects.filter(kind=KIND, params__run=run.pk).order_by("-created_at").first()
        if latest is None or (latest.state not in OPEN and latest.created_at <= now - EVERY):
            jobs.enqueue(KIND, {"run": run.pk})
            count += 1
    return count


def _table(name: str, people: Standing, scores: Numbers, now: datetime) -> pa.Table:
    hi, lo = halves_of(people.ids)
    at = pa.array([now.isoformat()] * len(scores), pa.string())
    return pa.table({HI: hi, LO: lo, name: pa.array(scores), f"{name}.at": at})


def _cuts(scores: Sequence[float] | Numbers) -> dict[str, float]:
    """{percent: the least score of the top so many percent}; not where equal scores take in far more people."""
    if not len(scores):
        return {}
    values = {one: float(np.quantile(scores, 1 - one / 100, method="higher")) for one in PERCENTS}
    taken = {one: float(np.mean(np.asarray(scores) >= value)) for one, value in values.items()}
    return {str(one): value for one, value in values.items() if taken[one] * 100 <= one * MOST_MORE}
