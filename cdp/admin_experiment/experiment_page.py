"""One experiment: the answer first, whether it may be believed, then every goal, groups, days, and what can be done."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from cdp.admin_experiment.rights import LOOK, around, found, require
from cdp.admin_experiment.telling import day_chart, heads_rows, left_out, slice_tables, tables
from cdp.admin_experiment.words import SLICE_NOTE, STATES, called, headline, percent, verdict
from cdp.lib.clock import utc_now
from experiments.deciding import HOLDOUT_KEY
from experiments.models import Experiment, Exposure
from experiments.queries.drafts import ordered
from experiments.queries.results import is_being_computed, job_of, latest_result, segments_of_latest
from experiments.services.life import can_undo, is_allowed
from experiments.stats.results import ExperimentResult
from segments.queries.suggesting import names_of
from segments.rules import RuleError, parse_rule

State = Experiment.State


@require_safe
def page(request: HttpRequest, experiment_id: int) -> HttpResponse:
    """A draft opens in its editor."""
    require(request, LOOK)
    row = found(experiment_id)
    if row.state == State.DRAFT:
        return HttpResponseRedirect(reverse("experiment-edit", args=[row.pk]))
    result, now = latest_result(row.key), utc_now()
    context: dict[str, Any] = around(
        request,
        row.name,
        "experiments",
        experiment=row,
        tag=STATES[State(row.state)],
        headline=headline(row, result, now),
        verdict=verdict(row, result) if result and row.state != State.RUNNING and result.people else "",
        result=result,
        variants=[
            (key, called(row, key), percent(row.variants[key], 0), key == row.control, key == row.winner)
            for key in ordered(row)
        ],
        winners=_winners(row),
        traffic=f"{row.traffic * 100:g}",
        audience=_audience(row),
        can_undo=can_undo(row, now),
        is_holdout=row.key == HOLDOUT_KEY,
        is_computing=is_being_computed(row.key),
        failed=_failed(row, result),
        segments=[(slug, name, slug in segments_of_latest(row.key)) for slug, name in names_of("rule").items()],
        met=None if result else Exposure.objects.filter(experiment=row).count(),
        **_told(row, result),
    )
    return TemplateResponse(request, "experiments/page.html", context)


def _told(row: Experiment, result: ExperimentResult | None) -> dict[str, Any]:
    if result is None:
        return {}
    return {
        "tables": tables(row, result),
        "slices": slice_tables(row, result),
        "slice_note": SLICE_NOTE,
        "days_chart": day_chart(row, result),
        "heads": heads_rows(row, result),
        "ratio": result.sample_ratio,
        "left_out": left_out(result),
        "unasked": result.left_out.get("unasked", 0),
        "is_much_left_out": sum(result.left_out.values()) * 10 > result.people,
        "checks": result.verdict.checks,
    }


def _winners(row: Experiment) -> list[tuple[str, str, bool]]:
    """(key, name, whether the results allow it). The control wins only where they say so: else there is no winner."""
    found = [(key, called(row, key), is_allowed(row, key)) for key in ordered(row)]
    return [one for one in found if one[0] != row.control or one[2] or one[0] == row.winner]


def _audience(row: Experiment) -> str:
    if row.audience is None:
        return "everybody"
    try:
        return parse_rule(row.audience).sentence()
    except RuleError:
        return "a rule that cannot be read any more"


def _failed(row: Experiment, result: ExperimentResult | None) -> str:
    """Why the last computation failed, where it was after the newest result."""
    job = job_of(row.key)
    if job is None or job.state != "failed" or (result is not None and job.created_at < result.at):
        return ""
    return str(job.error or "It failed without a word: see System → Jobs.")
