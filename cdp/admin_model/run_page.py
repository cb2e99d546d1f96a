"""One run: its marks by task and slice beside what it has to beat, against the live one, and what it was made with."""

from collections.abc import Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from cdp.admin_home.charts import Chart, Series
from cdp.admin_model import marks, sheet
from cdp.admin_model.frame import PROMOTE, lasted, megabytes, page, percent, require
from cdp.admin_model.runs_page import is_kept, state_of
from cdp.jobs.models import Job
from cdp.lib.admin_parts import may
from cdp.lib.clock import utc_now
from consent.reasons import counted_words
from recommendations.models import ModelRun

TWO_PURPOSES = (
    "To be learned from and to be shown personal answers are two purposes: people who gave no answer to "
    "personalization may be learned from and still be shown what everybody is (docs/consent.md)."
)
COLORS = {"model": "model", "part": "part", "baseline": "popularity"}


def run_page(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run; `?task=` chooses whose marks are shown."""
    require(request)
    run = find(run_id)
    tasks = marks.measured_tasks(run.metrics)
    task = request.GET.get("task", tasks[0] if tasks else "person")
    if task not in marks.TASKS:
        raise Http404("There is no such task.")
    state, tag = state_of(run)
    kept = is_kept(run)
    tables = marks.tables(run.metrics, task)
    live = ModelRun.objects.filter(is_live=True).only("pk").first()
    return page(
        request,
        "run.html",
        "runs",
        f"Model #{run.pk}",
        run=run,
        now=utc_now(),
        headline=headline(run),
        state=state,
        tag=tag,
        kept=kept,
        facts=_facts(run),
        is_old=marks.is_old(run.metrics),
        task=task,
        tasks=[(key, marks.TASKS[key][0], key == task) for key in tasks],
        task_says=marks.TASKS[task][1],
        tables=tables,
        columns=marks.COLUMNS,
        chart=_chart(task, told, run) if (told := [table for table in tables if table.rows]) else None,
        against=sheet.against_live(run.metrics),
        weights=sheet.weights(run.metrics),
        tried=sheet.tried(run.metrics),
        parts=sheet.parts(run.metrics),
        learned=sheet.learned_from(run.metrics),
        note=(run.metrics.get("learned_from") or {}).get("note", ""),
        each=marks.beside_popularity(run.metrics).each,
        by_rule="" if run.override_reason else sheet.by_rule(run.metrics),
        left_out=_left_out(run),
        params=list(sheet.flat(run.params)),
        log=sheet.log_lines(run.log),
        job_url=_job_url(run),
        promote_url=_promote_url(request, run, kept=kept),
        compare_url=f"{reverse('model-compare')}?b={run.pk}" if kept and live and live.pk != run.pk else "",
    )


def find(run_id: int) -> ModelRun:
    """The run; raises Http404."""
    run = ModelRun.objects.filter(pk=run_id).first()
    if run is None:
        raise Http404("There is no such run.")
    return run


def headline(run: ModelRun) -> str:
    """What a reader came for: how good, and whether it answers."""
    now = "is live" if run.is_live else "was live" if run.promoted_at is not None else "never went live"
    return f"Model #{run.pk} {marks.beside_popularity(run.metrics).words}; it {now}"


def _facts(run: ModelRun) -> Sequence[tuple[str, str]]:
    sampled = "all who allow it" if run.sampled >= 1 else f"{percent(run.sampled)} of people, if they allow it"
    return (
        ("People", f"{run.people:,}"),
        ("Products", f"{run.products:,}"),
        ("Interactions", f"{run.interactions:,}"),
        ("Learned from", sampled),
        ("Took", lasted(run.seconds)),
        ("Memory at most", megabytes(run.peak_mb)),
        ("Size", megabytes(run.size_mb)),
    )


def _chart(task: str, tables: Sequence[marks.Table], run: ModelRun) -> Chart:
    """The mark the task is judged by, of every ranker, with intervals."""
    where, name = marks.main_of(task)
    table = next((one for one in tables if one.where == where), tables[0])
    found = [(row, marks.mark(run.metrics, task, row.name, table.where, name)) for row in table.rows]
    known = sorted(((row, one) for row, one in found if one is not None), key=lambda pair: -pair[1].value)
    return Chart(
        key=f"marks-{task}",
        title=f"{marks.HEADINGS[name]}, {table.title.lower()}",
        labels=[row.label for row, _ in known],
        series=[
            Series(
                marks.HEADINGS[name],
                [one.value for _, one in known],
                "model",
                low=[one.low for _, one in known],
                high=[one.high for _, one in known],
                colors=[COLORS[row.kind] for row, _ in known],
            )
        ],
        x_title="Ranker",
        y_title=marks.HEADINGS[name],
        decimals=3,
    )


def _left_out(run: ModelRun) -> str:
    """Who was left out of learning, and that being learned from is another purpose than being answered by it."""
    count = run.metrics.get("left_out_for_consent")
    if count is None:
        return ""
    reasons = counted_words(run.metrics.get("left_out_by_reason") or {})
    who = "Nobody was" if not count else "1 person was" if count == 1 else f"{int(count):,} people were"
    return f"{who} left out who do not allow the training of models{f' ({reasons})' if reasons else ''}. {TWO_PURPOSES}"


def _job_url(run: ModelRun) -> str:
    known = run.job_id is not None and Job.objects.filter(pk=run.job_id).exists()
    return reverse("admin:jobs_job_change", args=[run.job_id]) if known else ""


def _promote_url(request: HttpRequest, run: ModelRun, *, kept: bool) -> str:
    return reverse("model-promote", args=[run.pk]) if kept and not run.is_live and may(request, PROMOTE) else ""
