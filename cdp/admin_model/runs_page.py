"""The model's first page: how good the live one is, every run in time, training with its progress, log and cancel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from cdp.admin_home.charts import Chart, Series
from cdp.admin_home.works import works
from cdp.admin_model import marks, sheet
from cdp.admin_model.frame import PROMOTE, TRAIN, lasted, megabytes, page, percent, require, short
from cdp.jobs.models import Job
from cdp.lib.admin_parts import may
from cdp.lib.clock import utc_now
from recommendations.models import ModelRun
from recommendations.queries import model_path
from recommendations.services import TRAIN as KIND

RUNS = 25
CHARTED = 20
LINES = (("model", "model"), ("popularity", "popularity"), ("item_knn", "knn"))  # ranker, color


@dataclass(frozen=True, slots=True)
class Line:
    """One run of the list. `times`: over popularity; `main`: the mark the task is judged by."""

    run: ModelRun
    url: str
    times: str
    main: str
    spread: str
    state: str
    tag: str
    why: str
    took: str
    memory: str
    learned: str
    sampled: str
    kept: bool
    promote_url: str


def runs_page(request: HttpRequest) -> HttpResponse:
    """Runs, newest first (`?before=` the id the last page ended with); `?task=` chooses the chart's and the list's."""
    require(request)
    now = utc_now()
    live = ModelRun.objects.filter(is_live=True).first()
    newest = ModelRun.objects.order_by("-pk").first()
    tasks = _tasks(live, newest)
    task = _task(request, tasks)
    before = _number(request, "before")
    shown = _runs(before, RUNS + 1)
    return page(
        request,
        "runs.html",
        "runs",
        "Model",
        now=now,
        live=live,
        has_runs=newest is not None,
        headline=headline(live, newest, now),
        says=_says(live),
        by_rule=sheet.by_rule(live.metrics) if live and not live.override_reason else "",
        task=task,
        tasks=[(key, marks.TASKS[key][0], key == task) for key in tasks],
        task_name=marks.TASKS[task][0].lower(),
        task_says=marks.TASKS[task][1],
        mark_name=marks.HEADINGS[marks.main_of(task)[1]],
        slice_name=marks.SLICES[marks.main_of(task)[0]][0].lower(),
        chart=_chart(task, _runs(None, CHARTED)),
        lines=[_line(request, run, task) for run in shown[:RUNS]],
        older=shown[RUNS - 1].pk if len(shown) > RUNS else None,
        is_older=before is not None,
        trainings=works((KIND,), now),
        failed=_failed(newest),
        may_train=may(request, TRAIN),
    )


def training_part(request: HttpRequest) -> HttpResponse:
    """What of trainings waits or runs, for the page to load again while it does."""
    require(request)
    found = works((KIND,), utc_now())
    return render(request, "admin/model/trainings.html", {"trainings": found, "may_train": may(request, TRAIN)})


def headline(live: ModelRun | None, newest: ModelRun | None, now: datetime) -> str:
    """“The live model finds 1.93 × what popularity finds, on the mean of 4 tasks; 3 days old; trained from …”."""
    if live is None:
        return "No model yet: everybody is shown what is popular" if newest is None else "No model is live"
    good = marks.beside_popularity(live.metrics).words
    return f"The live model {good}; {age(live.created_at, now)}; trained from {short(live.interactions)} interactions"


def age(at: datetime, now: datetime) -> str:
    """less than a day old · 1 day old · 12 days old."""
    days = (now - at).days
    return "less than a day old" if days <= 0 else "1 day old" if days == 1 else f"{days:,} days old"


def state_of(run: ModelRun) -> tuple[str, str]:
    """(words, kind of tag): live, was live, or held back."""
    if run.is_live:
        return "live", "ok"
    return ("was live", "") if run.promoted_at is not None else ("not live", "warn")


def is_kept(run: ModelRun) -> bool:
    """Whether its files are still there."""
    return bool(run.artifact) and model_path(run.artifact).exists()


def _says(live: ModelRun | None) -> str:
    """What the headline's figure is of, task by task."""
    each = marks.beside_popularity(live.metrics).each if live else ""
    return f"Judged on what people did after a cut in time. {each}." if each else ""


def _tasks(*runs: ModelRun | None) -> list[str]:
    found = {task for run in runs if run is not None for task in marks.measured_tasks(run.metrics)}
    return [task for task in marks.TASKS if task in found] or ["person"]


def _task(request: HttpRequest, tasks: Sequence[str]) -> str:
    asked = request.GET.get("task", tasks[0])
    if asked not in marks.TASKS:
        raise Http404("There is no such task.")
    return asked


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Http404("There is no such page.")
    return int(text)


def _runs(before: int | None, most: int) -> list[ModelRun]:
    rows = ModelRun.objects.order_by("-pk")
    return list((rows if before is None else rows.filter(pk__lt=before))[:most])


def _line(request: HttpRequest, run: ModelRun, task: str) -> Line:
    found, times = marks.mark(run.metrics, task, "model"), marks.times_popularity(run.metrics, task)
    spread = found.spread if found else None
    state, tag = state_of(run)
    kept = is_kept(run)
    may_promote = kept and not run.is_live and may(request, PROMOTE)
    return Line(
        run=run,
        url=reverse("model-run", args=[run.pk]),
        times="–" if times is None else f"{times:.2f}\u00a0×",
        main="–" if found is None else f"{found.value:.3f}",
        spread="" if spread is None else f"±\u00a0{spread:.3f}",
        state=state,
        tag=tag,
        why=run.verdict,
        took=lasted(run.seconds),
        memory=megabytes(run.peak_mb),
        learned=short(run.interactions),
        sampled="all people" if run.sampled >= 1 else f"{percent(run.sampled)} of people",
        kept=kept,
        promote_url=reverse("model-promote", args=[run.pk]) if may_promote else "",
    )


def _chart(task: str, runs: Sequence[ModelRun]) -> Chart:
    """The main mark by run, oldest first, with intervals, beside what it has to beat."""
    ordered = list(reversed(runs))
    where, name = marks.main_of(task)
    lines = []
    for ranker, color in LINES:
        found = [marks.mark(run.metrics, task, ranker) for run in ordered]
        if any(found):
            lines.append(
                Series(
                    marks.RANKERS[ranker],
                    [one.value if one else None for one in found],
                    color,
                    is_line=True,
                    low=[one.low if one else None for one in found] if ranker == "model" else (),
                    high=[one.high if one else None for one in found] if ranker == "model" else (),
                )
            )
    title = f"{marks.HEADINGS[name]}, {marks.TASKS[task][0].lower()}: {marks.SLICES[where][0].lower()}"
    return Chart(
        key="runs",
        title=title,
        labels=[f"#{run.pk}, {timezone.localtime(run.created_at):%-d %b}" for run in ordered],
        series=lines,
        x_title="Run",
        y_title=marks.HEADINGS[name],
        decimals=3,
    )


def _failed(newest: ModelRun | None) -> Job | None:
    """The last training, where it failed or was cancelled after the newest run was made."""
    job = Job.objects.filter(kind=KIND).order_by("-created_at").first()
    if job is None or job.state not in (Job.State.FAILED, Job.State.CANCELLED):
        return None
    return job if newest is None or newest.created_at < job.created_at else None
