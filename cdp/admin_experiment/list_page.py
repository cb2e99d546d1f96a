"""All experiments of staff with their verdict at a glance, and the holdout of everything."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cdp.admin_experiment.rights import ADD, CHANGE, LOOK, around, require
from cdp.admin_experiment.words import STATES, headline, percent
from cdp.lib.admin_parts import actor
from cdp.lib.clock import utc_now
from experiments.deciding import HOLDOUT, HOLDOUT_KEY
from experiments.models import Experiment, Result
from experiments.queries.drafts import ordered
from experiments.queries.results import read_result
from experiments.services.drafting import ExperimentRefusedError
from experiments.services.life import set_global_holdout
from experiments.stats.results import ExperimentResult

State = Experiment.State
ORDER = {State.RUNNING: 0, State.DRAFT: 1, State.STOPPED: 2, State.ARCHIVED: 3}


@dataclass(frozen=True, slots=True)
class Line:
    """One experiment. `tag`: its state in words with its color; `says`: its answer; `sides`: variants with shares."""

    row: Experiment
    tag: tuple[str, str]
    says: str
    sides: str
    people: str
    goal: str
    is_alarming: bool


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Running ones first. Archived ones only with ?archived=yes."""
    require(request, LOOK)
    wants_archived = request.GET.get("archived") == "yes"
    rows = Experiment.objects.filter(owner="").exclude(key=HOLDOUT_KEY)
    archived = rows.filter(state=State.ARCHIVED).count()
    if not wants_archived:
        rows = rows.exclude(state=State.ARCHIVED)
    shown = sorted(rows, key=lambda row: (ORDER[State(row.state)], -row.pk))
    results, now = _latest([row.pk for row in shown]), utc_now()
    lines = [_line(row, results.get(row.pk), now) for row in shown]
    context: dict[str, Any] = around(
        request,
        "Experiments",
        "experiments",
        lines=lines,
        headline=_headline(lines),
        archived=archived,
        wants_archived=wants_archived,
        holdout=_holdout(),
    )
    return TemplateResponse(request, "experiments/list.html", context)


@require_POST
def holdout(request: HttpRequest) -> HttpResponse:
    """Sets the share of everybody who is held out of everything; 0 ends it."""
    require(request, LOOK, CHANGE, ADD)
    text = request.POST.get("share", "").replace("%", "").replace(",", ".").strip()
    try:
        share = float(text or 0) / 100
        set_global_holdout(share, utc_now(), actor(request))
    except ValueError as error:
        sentence = error.faults[0][1] if isinstance(error, ExperimentRefusedError) else "A number, like 2.5."
        messages.error(request, f"The global holdout is as it was. {sentence}")
    else:
        held = f"{percent(share)} of everybody are held out" if share else "nobody is held out any more"
        messages.info(request, f"From now on {held}.")
    return HttpResponseRedirect(reverse("experiments"))


def _latest(ids: list[int]) -> dict[int, ExperimentResult]:
    """{experiment id: its newest result}, in one statement."""
    rows = Result.objects.filter(experiment__in=ids).order_by("experiment_id", "-at").distinct("experiment_id")
    return {row.experiment_id: read_result(row.body) for row in rows}


def _line(row: Experiment, result: ExperimentResult | None, now: datetime) -> Line:
    goals = row.goals if isinstance(row.goals, list) else []
    return Line(
        row=row,
        tag=STATES[State(row.state)],
        says=headline(row, result, now),
        sides=" · ".join(f"{key} {percent(row.variants[key], 0)}" for key in ordered(row)),
        people=f"{result.people:,}" if result else "–",
        goal=str(goals[0].get("name", "")) if goals else "no goal",
        is_alarming=result is not None and result.sample_ratio.is_alarming,
    )


def _headline(lines: list[Line]) -> str:
    running = sum(line.row.state == State.RUNNING for line in lines)
    if not lines:
        return "No experiments yet"
    return f"{running} experiment{' runs' if running == 1 else 's run'}" if running else "No experiment runs"


def _holdout() -> dict[str, str]:
    row = Experiment.objects.filter(key=HOLDOUT_KEY).annotate(met=Count("exposures")).first()
    share = float(row.variants.get(HOLDOUT, 0)) if row is not None and row.state == State.RUNNING else 0.0
    met = f"{row.met:,}" if row is not None and row.met else ""
    return {"share": f"{share * 100:g}", "met": met, "page": reverse("experiment", args=[row.pk]) if row else ""}
