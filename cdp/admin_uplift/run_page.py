"""One comparison: progress while it works; then who is moved, what to use, how sure that is, and the score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from cdp.admin_audience.parts import segment_url
from cdp.admin_home.works import Work, works
from cdp.admin_uplift.frame import LOOK, around, require, run_or_404
from cdp.admin_uplift.shown import STATES, TOP_WORDS, left_out, result_of, sentence, shown
from cdp.jobs.models import Job
from cdp.lib.clock import utc_now
from experiments.models import UpliftRun
from experiments.services.uplift import KIND
from experiments.services.uplift_scores import KIND as SCORE_KIND


@dataclass(frozen=True, slots=True)
class Cut:
    """The top so many percent: the score it takes, and a segment to begin with."""

    percent: str
    value: str
    url: str


@require_safe
def page(request: HttpRequest, run_id: int) -> HttpResponse:
    """The comparison."""
    require(request, LOOK)
    run = run_or_404(run_id)
    found = result_of(run)
    state, tag = STATES[run.state]
    context: dict[str, Any] = around(
        request,
        run.name,
        run=run,
        state=state,
        tag=tag,
        sentence=sentence(run),
        is_open=run.state in ("queued", "running"),
        works=_works(run),
        shown=shown(found) if found else None,
        unreadable=run.result is not None and found is None,
        left_out=left_out(run),
        top=TOP_WORDS,
        scored_at=parse_datetime(str(run.scored.get("at", ""))),
        cuts=_cuts(request, run),
    )
    return TemplateResponse(request, "uplift/run.html", context)


@require_safe
def progress_part(request: HttpRequest, run_id: int) -> HttpResponse:
    """What works on it, for the page to load again while it does."""
    require(request, LOOK)
    run = run_or_404(run_id)
    return render(request, "uplift/progress.html", {"run": run, "works": _works(run)})


def _works(run: UpliftRun) -> list[Work]:
    """The jobs of this comparison that wait or run."""
    titles = {KIND: "The comparison", SCORE_KIND: "The score"}
    own = _jobs_of(run, list(titles))
    return [work for work in works(titles, utc_now()) if work.id in own]


def _jobs_of(run: UpliftRun, kinds: Sequence[str]) -> set[Any]:
    return set(Job.objects.filter(kind__in=kinds, params__run=run.pk).values_list("pk", flat=True))


def _cuts(request: HttpRequest, run: UpliftRun) -> list[Cut]:
    found = []
    for percent, value in run.scored.get("cuts", {}).items():
        rule = {"score": f"uplift-{run.key}", "is": "gte", "value": value}
        name = f"{run.name}: top {percent} %"
        url = segment_url(request, name, f"uplift-{run.key}-{percent}"[:44], rule)
        found.append(Cut(f"{percent}\u00a0%", f"{value:g}", url))
    return found
