"""Comparisons of uplift learners: uploads kept, runs queued, worked as jobs, cancelled, removed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.text import slugify

from cdp.jobs import services as jobs
from cdp.jobs.contracts import JobCancelled, JobRefused, JobRun
from cdp.jobs.models import Job
from cdp.lib.clock import utc_now
from experiments.metrics import MetricError
from experiments.models import Experiment, UpliftRun, UpliftUpload
from experiments.queries.uplift import goal_of, log_of
from experiments.uplift.compare import compare
from experiments.uplift.frame import Frame, FrameError
from experiments.uplift.logs import MOST_BYTES, LogColumn, frame_of, guessed, read_log
from experiments.uplift.sampling import sampled
from experiments.uplift.specs import ExperimentSpec, FileSpec, read_spec
from lake.contracts import QueryError

KIND = "experiments.uplift"
MOST_KEY = 40


class UpliftRefusedError(ValueError):
    """What was asked cannot be compared: the text says what is wrong and how to mend it."""


def keep_upload(pieces: Iterable[bytes], name: str, *, by: AbstractBaseUser | None = None) -> UpliftUpload:
    """A CSV file's columns, without those that name single people. Raises FrameError."""
    log = read_log(_whole(pieces))
    if len(log.columns) < 3:
        lost = "; ".join(f"“{column}” was not kept: {why}" for column, why in log.dropped)
        raise FrameError(f"Fewer than three columns are left. {lost}.")
    return UpliftUpload.objects.create(
        name=name.replace("\x00", "")[:200] or "file",
        rows=log.rows,
        columns=msgspec.to_builtins(log.columns),
        dropped=msgspec.to_builtins(log.dropped),
        table=log.table,
        created_by_id=getattr(by, "pk", None),
    )


def compare_upload(upload: UpliftUpload, spec: FileSpec, name: str, *, by: AbstractBaseUser | None = None) -> UpliftRun:
    """Queue a comparison of an uploaded log. Raises UpliftRefusedError."""
    known = {column["name"] for column in upload.columns}
    for column in (spec.treatment, spec.outcome, *spec.features):
        if column not in known:
            raise UpliftRefusedError(f"The file has no column “{column}”: choose one of those it has.")
    if spec.treated == spec.control:
        raise UpliftRefusedError("Treated and not treated are the same value: choose two different ones.")
    if not spec.features:
        raise UpliftRefusedError("Choose at least one feature: something that was known of people before.")
    if {spec.treatment, spec.outcome} & set(spec.features):
        raise UpliftRefusedError("Neither who was treated nor what came of it may be a feature.")
    return _queue(name, msgspec.to_builtins(spec), by, upload=upload)


def compare_experiment(
    experiment: Experiment, spec: ExperimentSpec, name: str, *, by: AbstractBaseUser | None = None
) -> UpliftRun:
    """Queue a comparison of an experiment's log. Raises UpliftRefusedError."""
    for variant in (spec.treated, spec.control):
        if variant not in experiment.variants:
            raise UpliftRefusedError(f"The experiment has no variant “{variant}”.")
    if spec.treated == spec.control:
        raise UpliftRefusedError("Treated and not treated are the same variant: choose two different ones.")
    try:
        goal_of(spec)
    except MetricError as error:
        raise UpliftRefusedError(f"This goal cannot be used: {error.message}.") from error
    return _queue(name, msgspec.to_builtins(spec), by, experiment=experiment)


def cancel(run: UpliftRun) -> None:
    """Stop it; one that is over already stays as it is."""
    if run.job_id:
        jobs.cancel([run.job_id])
    UpliftRun.objects.filter(pk=run.pk, state=UpliftRun.State.QUEUED).update(
        state=UpliftRun.State.CANCELLED, finished_at=utc_now()
    )


def run_job(job: JobRun) -> dict[str, Any]:
    """Job of kind experiments.uplift. The result: people and the learner that is used. Raises JobRefused."""
    run = UpliftRun.objects.select_related("experiment", "upload").filter(pk=int(job.params["run"])).first()
    if run is None:
        raise JobRefused("The comparison was removed meanwhile: there is nothing to do.")
    UpliftRun.objects.filter(pk=run.pk).update(state=UpliftRun.State.RUNNING, problem="", job_id=job.id)
    try:
        frame, left_out = frame_of_run(run, utc_now(), job)
        found = compare(frame, job.progress)
    except JobCancelled:
        _end(run, UpliftRun.State.CANCELLED)
        raise
    except (FrameError, QueryError, MetricError, UpliftRefusedError) as error:
        _end(run, UpliftRun.State.FAILED, problem=str(error))
        raise JobRefused(str(error)) from error
    except Exception:
        _end(run, UpliftRun.State.FAILED, problem="It failed for a reason that its job tells.")
        raise
    _end(run, UpliftRun.State.DONE, result=msgspec.to_builtins(found), left_out=left_out)
    return {"people": found.people, "used": found.chosen, "found": found.is_found}


def frame_of_run(run: UpliftRun, now: datetime, job: JobRun) -> tuple[Frame, dict[str, int]]:
    """What a run is learned from, and who is left out by reason. Raises FrameError, QueryError, MetricError."""
    spec = read_spec(run.spec)
    if isinstance(spec, ExperimentSpec):
        if run.experiment is None:
            raise UpliftRefusedError("Its experiment was removed.")
        learned = log_of(run.experiment, spec, now, job.progress)
        return learned.frame, learned.left_out
    if run.upload is None:
        raise UpliftRefusedError("Its file was deleted when its time was over: upload it again.")
    job.progress(0, None, "reading the file")
    return sampled(frame_of(bytes(run.upload.table), spec))


def _whole(pieces: Iterable[bytes]) -> bytes:
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) > MOST_BYTES:
            raise FrameError(f"A log may have {MOST_BYTES // 1024**2} MB at most. Send a sample of its rows.")
    return bytes(data)


def _queue(name: str, spec: dict[str, Any], by: AbstractBaseUser | None, **origin: Any) -> UpliftRun:
    with transaction.atomic():
        run = UpliftRun.objects.create(
            key=_free_key(name), name=name.strip()[:200] or "Uplift", spec=spec, created_by_id=getattr(by, "pk", None),
            **origin,
        )  # fmt: skip
        run.job_id = jobs.enqueue(KIND, {"run": run.pk}, by).pk
        run.save(update_fields=["job_id"])
    return run


def again(run: UpliftRun, *, by: AbstractBaseUser | None = None) -> Job:
    """Queue the same comparison once more; its figures are replaced when it is done."""
    with transaction.atomic():
        job = jobs.enqueue(KIND, {"run": run.pk}, by)
        UpliftRun.objects.filter(pk=run.pk).update(state=UpliftRun.State.QUEUED, problem="", job_id=job.pk)
    return job


def _free_key(name: str) -> str:
    base = slugify(name)[: MOST_KEY - 5].strip("-") or "uplift"
    taken = set(UpliftRun.objects.filter(key__startswith=base).values_list("key", flat=True))
    return next(key for key in (base, *(f"{base}-{at}" for at in range(2, 9_999))) if key not in taken)


def _end(run: UpliftRun, state: str, **fields: Any) -> None:
    UpliftRun.objects.filter(pk=run.pk).update(state=state, finished_at=utc_now(), **fields)


def settle() -> int:
    """End what waits for a job that ended without it: cancelled while it waited, or its worker was lost too often."""
    count = 0
    open_ones = UpliftRun.objects.filter(state__in=(UpliftRun.State.QUEUED, UpliftRun.State.RUNNING))
    for pk, job_id in list(open_ones.values_list("pk", "job_id")):
        state = Job.objects.filter(pk__in=[job_id] if job_id else []).values_list("state", flat=True).first()
        if state in (Job.State.QUEUED, Job.State.RUNNING):
            continue
        ended = UpliftRun.State.CANCELLED if state == Job.State.CANCELLED else UpliftRun.State.FAILED
        problem = "" if ended == UpliftRun.State.CANCELLED else "Its job ended without it. Start it again."
        waiting = UpliftRun.objects.filter(pk=pk, job_id=job_id, state__in=("queued", "running"))
        count += waiting.update(state=ended, problem=problem, finished_at=utc_now())
    return count


def suggested(upload: UpliftUpload) -> FileSpec:
    """What an upload's columns probably are."""
    return guessed(msgspec.convert(upload.columns, type=list[LogColumn]))
