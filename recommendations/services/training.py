"""Trainings: the job that reads, learns, judges, writes and promotes, and when one is queued by itself.

A model's folder is written whole before its row, so a row never names a folder that was not finished.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import uuid_utils.compat
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from cdp.jobs.contracts import JobRefused, JobRun
from cdp.jobs.models import Job
from cdp.jobs.services import enqueue
from cdp.lib.clock import from_us, utc_now
from consent.contracts import ML_TRAINING
from consent.reasons import counted_words
from recommendations import model as artifacts
from recommendations import queries, training
from recommendations.model import ArtifactRefusedError
from recommendations.models import ModelRun
from recommendations.queries import TrainingSet
from recommendations.services.measuring import Meter, metered
from recommendations.services.promoting import drop_old_folders, go_live
from recommendations.training import Live, Params, Recipe, Report, Trained, Watch
from recommendations.training.metrics import MAIN, marks_of

TRAIN = "recommendations.train"
RETRAIN_AFTER = timedelta(days=1)
WHOLE = 100  # a job's progress is in per cent
READ, WRITE = 10, 96
MOST_LINES = 500
log = logging.getLogger(__name__)


class NothingToLearnError(JobRefused):
    """There is neither an order nor a product event of a known person who may be learned from: nothing was trained."""

    def __init__(self, refused: Mapping[str, int]) -> None:
        """`refused`: people left out who do not allow the training, by the gate's reason."""
        people = sum(refused.values())
        if not people:
            super().__init__(
                "There is nothing to learn from: no order or product event of a known person yet. "
                "Send some, then train."
            )
            return
        was = "was" if people == 1 else "were"
        all_of_them = (
            "the only person with orders or product events does"
            if people == 1
            else f"all {people:,} people with orders or product events do"
        )
        super().__init__(
            f"There is nothing to learn from: {all_of_them} not allow the purpose “{ML_TRAINING}”, and {was} left out "
            f"({counted_words(refused)}). Ask for that purpose in the shop's consent dialog and the preference center, "
            "then train: docs/consent.md says who is asked under which law."
        )


def train_later(params: dict[str, Any] | None = None, *, created_by: AbstractBaseUser | None = None) -> Job:
    """Queues a training, or names the equal one that waits already; raises ValueError for unknown parameters."""
    wanted = params or {}
    Params.from_json(wanted)
    waiting = Job.objects.filter(kind=TRAIN, state=Job.State.QUEUED, params=wanted).first()
    return waiting or enqueue(TRAIN, wanted, created_by)


def train_job(job: JobRun) -> dict[str, Any]:
    """The job: reads, learns, judges, writes, promotes. Its result names the run and why it is live or not."""
    params = Params.from_json(dict(job.params))

    def report(percent: int, note: str) -> None:
        job.progress(percent, WHOLE, note)

    run = train(params, now=utc_now(), job_id=job.id, report=report)
    return {"run": run.pk, "is_live": run.is_live, "verdict": run.verdict, "metrics": _short(run.metrics)}


def train(params: Params, *, now: datetime, job_id: UUID | None, report: Report) -> ModelRun:
    """Trains on everything up to `now`. Raises NothingToLearnError on an empty set; what `report` raises stops it,
    and nothing was changed."""
    with metered() as meter:
        lines = _Log(meter, report)
        lines.report(0, "reading orders, events and the catalog")
        data = queries.training_set(now, params.max_interactions)
        if not len(data.interactions):
            raise NothingToLearnError(data.refused)
        lines.report(READ, f"{len(data.interactions):,} interactions of {data.interactions.n_people:,} people")
        watch = Watch(lambda percent, note: lines.report(READ + percent * (WRITE - READ) // WHOLE, note), _clock(meter))
        trained = training.train(data.data, params, watch, _live())
        lines.report(WRITE, "writing the model")
        artifact = f"recommendations-{uuid_utils.compat.uuid7()}"
        checksum = artifacts.write(trained.model, queries.model_path(artifact))
        run = _store(trained, data, params, lines, job_id=job_id, artifact=artifact, checksum=checksum)
    drop_old_folders()
    return run


def nightly_slice() -> int:
    """Queues a training once the newest run is a day old, or at once where the live one cannot be served; returns how
    many. The first training is staff's decision. The live run's parameters are asked for again."""
    day_ago = utc_now() - RETRAIN_AFTER
    newest = ModelRun.objects.order_by("-created_at").values_list("created_at", flat=True).first()
    if newest is None or Job.objects.filter(kind=TRAIN, created_at__gt=day_ago).exists():
        return 0
    if newest > day_ago and _can_be_served(queries.live_run()):
        return 0
    train_later(asked_of_live())
    return 1


def _can_be_served(run: ModelRun | None) -> bool:
    if run is None:
        return True
    try:
        artifacts.read_manifest(queries.model_path(run.artifact), run.checksum)
    except ArtifactRefusedError as error:
        log.warning("model run %s cannot be served, training again: %s", run.pk, error)
        return False
    return True


def asked_of_live() -> dict[str, Any]:
    """What the live run was asked for, where today's trainings understand it."""
    run = queries.live_run()
    asked = run.params.get("asked", {}) if run else {}
    try:
        Params.from_json(asked)
    except (ValueError, TypeError):
        return {}
    return dict(asked)


def _live() -> Live | None:
    """The live run as a training is held against it. Asked for what the next night asks for: so that is its equal."""
    run = queries.live_run()
    if run is None:
        return None
    return Live(run.pk, Params.from_json(asked_of_live()).as_json(), Recipe.from_json(run.params))


@transaction.atomic
def _store(
    trained: Trained,
    data: TrainingSet,
    params: Params,
    lines: "_Log",
    *,
    job_id: UUID | None,
    artifact: str,
    checksum: str,
) -> ModelRun:
    folder = queries.model_path(artifact)
    lines.note(trained.verdict.reason)
    run = ModelRun.objects.create(
        job_id=job_id,
        params={**trained.recipe.as_json(), "asked": params.as_json()},
        trained_until=from_us(data.interactions.until_us),
        people=data.interactions.n_people,
        products=len(trained.model.products),
        interactions=len(data.interactions),
        metrics=trained.metrics | _read_of(data),
        artifact=artifact,
        checksum=checksum,
        verdict=trained.verdict.reason,
        log=lines.lines,
        seconds=round(lines.meter.seconds, 3),
        peak_mb=lines.meter.peak_mb,
        size_mb=artifacts.size_bytes(folder) / 1e6,
        sampled=data.share,
    )
    return go_live(run) if trained.verdict.goes_live else run


def _read_of(data: TrainingSet) -> dict[str, Any]:
    """What was learned from, as in `recommendations.training.metrics`."""
    return {
        "learned_from": {
            "sampled": round(data.share, 5),
            "people": data.interactions.n_people,
            "interactions": len(data.interactions),
            "interactions_there_are": data.there_are,
            "engine": data.engine,
            "note": data.note,
        },
        "left_out_for_consent": data.left_out,
        "left_out_by_reason": dict(data.refused),
    }


class _Log:
    """The run's log: seconds since the start, per cent, note; equal notes once. Passes all on to the job."""

    def __init__(self, meter: Meter, report: Report) -> None:
        self.meter, self._report = meter, report
        self.lines: list[list[Any]] = []

    def report(self, percent: int, note: str) -> None:
        """Tell the job, which may raise to stop."""
        self._report(percent, note)
        self.note(note, percent)

    def note(self, note: str, percent: int = WHOLE) -> None:
        """Only in the log."""
        if (not self.lines or self.lines[-1][2] != note) and len(self.lines) < MOST_LINES:
            self.lines.append([round(self.meter.seconds, 2), f"{percent} %", note])


def _clock(meter: Meter) -> Callable[[], float]:
    return lambda: meter.seconds


def _short(metrics: dict[str, Any]) -> dict[str, Any]:
    """Of the metrics what a job's result repeats: the main marks of the model and of popularity. The run has all."""
    marks: dict[str, Any] = {}
    for task, (where, _) in MAIN.items():
        told = {name: marks_of(metrics, task, where, name) for name in ("model", "popularity")}
        if told["model"]:
            marks[task] = {where: told}
    return {"tasks": marks} | {name: metrics[name] for name in ("cut_at_us",) if name in metrics}
