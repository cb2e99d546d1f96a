"""Writes of recommendations: the training job, and which run is live.

A model file is written before its row, so a row never names a file that was not finished. One run is live at a time.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import uuid_utils.compat
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from cdp.jobs.contracts import JobRun
from cdp.jobs.models import Job
from cdp.jobs.services import enqueue
from cdp.lib.clock import from_us, utc_now
from cdp.outbox.services import publish
from recommendations import model as artifacts
from recommendations import queries, training
from recommendations.models import ModelRun
from recommendations.queries import TrainingSet
from recommendations.training import Params, Trained

TRAIN = "recommendations.train"
RETRAIN_AFTER = timedelta(days=1)
FILES_KEPT = 10


class NothingToLearnError(Exception):
    """There is neither an order nor a product event of a known person: nothing was trained."""


def train_later(params: dict[str, Any] | None = None, *, created_by: AbstractBaseUser | None = None) -> Job:
    """Queues a training, or names the equal one that waits already; raises ValueError for unknown parameters."""
    wanted = params or {}
    Params.from_json(wanted)
    waiting = Job.objects.filter(kind=TRAIN, state=Job.State.QUEUED, params=wanted).first()
    return waiting or enqueue(TRAIN, wanted, created_by)


def train_job(job: JobRun) -> dict[str, Any]:
    """The job: reads, judges, fits, writes, promotes. Its result names the run and why it is live or not."""
    job.progress(0, training.STEPS + 1, "reading orders and events")
    params = Params.from_json(dict(job.params))

    def report(step: int, note: str) -> None:
        job.progress(step + 1, training.STEPS + 1, note)

    run = train(params, now=utc_now(), job_id=job.id, report=report)
    return {"run": run.pk, "is_live": run.is_live, "verdict": run.verdict, "metrics": run.metrics}


def train(params: Params, *, now: datetime, job_id: UUID | None, report: training.Report) -> ModelRun:
    """Trains on everything up to `now`; raises NothingToLearnError on an empty set."""
    data = queries.training_set(now)
    if not len(data.interactions):
        raise NothingToLearnError("there is no order or product event of a known person yet: send some, then train")
    trained = training.train(data.interactions, params, report)
    artifact = f"recommendations-{uuid_utils.compat.uuid7()}.npz"
    checksum = artifacts.write(trained.model, queries.model_path(artifact))
    run = _store(trained, data, params, job_id=job_id, artifact=artifact, checksum=checksum)
    _drop_old_files()
    return run


def nightly_slice() -> int:
    """Queues a training once the newest run is a day old; returns how many. The first training is staff's decision."""
    day_ago = utc_now() - RETRAIN_AFTER
    newest = ModelRun.objects.order_by("-created_at").values_list("created_at", flat=True).first()
    if newest is None or newest > day_ago or Job.objects.filter(kind=TRAIN, created_at__gt=day_ago).exists():
        return 0
    train_later()
    return 1


@transaction.atomic
def promote(run_id: int, verdict: str) -> ModelRun:
    """Makes a run live and publishes model.promoted; raises ArtifactRefusedError if its file cannot be served."""
    run = ModelRun.objects.select_for_update().get(pk=run_id)
    artifacts.read(queries.model_path(run.artifact), run.checksum)
    ModelRun.objects.filter(is_live=True).exclude(pk=run_id).update(is_live=False)
    run.is_live, run.verdict = True, verdict
    run.save(update_fields=["is_live", "verdict"])
    publish("model.promoted", {"run_id": run_id})
    return run


@transaction.atomic
def _store(
    trained: Trained, data: TrainingSet, params: Params, *, job_id: UUID | None, artifact: str, checksum: str
) -> ModelRun:
    live = queries.live_run()
    goes_live, verdict = training.verdict(trained.metrics, live.metrics if live else None)
    run = ModelRun.objects.create(
        job_id=job_id,
        params=params.as_json(),
        trained_until=from_us(trained.model.trained_until_us),
        people=data.interactions.n_people,
        products=len(trained.model.products),
        interactions=len(data.interactions),
        metrics={
            **trained.metrics,
            "left_out_for_consent": data.left_out,
            "left_out_by_reason": dict(data.refused),
        },
        artifact=artifact,
        checksum=checksum,
        verdict=verdict,
    )
    return promote(run.pk, verdict) if goes_live else run


def _drop_old_files() -> None:
    """Deletes the model files of all but the latest runs and the live one."""
    for artifact in (
        ModelRun.objects.filter(is_live=False).order_by("-pk").values_list("artifact", flat=True)[FILES_KEPT:]
    ):
        queries.model_path(artifact).unlink(missing_ok=True)
