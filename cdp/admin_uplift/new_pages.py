"""A new comparison: of an experiment here, or of an uploaded log whose columns staff choose. Nothing typed is lost."""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from cdp.admin_uplift.frame import ADD, LOOK, around, require
from cdp.admin_uplift.shown import goal_words
from cdp.lib.admin_parts import actor
from experiments.metrics import RATIO
from experiments.models import Experiment, UpliftUpload
from experiments.services import uplift
from experiments.services.uplift import UpliftRefusedError
from experiments.uplift.frame import FrameError
from experiments.uplift.logs import MOST_VALUES, LogColumn, features_of, guessed
from experiments.uplift.specs import ExperimentSpec, FileSpec

STANDARD: Mapping[str, tuple[str, dict[str, Any]]] = {
    "order": ("Ordered, or not", {"name": "Ordered", "kind": "conversion", "event": "Order Completed"}),
    "money": ("Money of orders", {"name": "Revenue", "kind": "revenue"}),
    "view": ("Looked at a product, or not", {"name": "Viewed", "kind": "conversion", "event": "Product Viewed"}),
    "click": ("Clicked a mail, or not", {"name": "Clicked", "kind": "conversion", "event": "Email Link Clicked"}),
}
DAYS = 14
MOST_DAYS = 90
CONTROLS = ("control", "holdout", "none", "off")


@require_http_methods(["GET", "HEAD", "POST"])
def of_experiment(request: HttpRequest) -> HttpResponse:
    """?experiment= chooses one; its variants and goals follow."""
    require(request, LOOK, ADD)
    rows = Experiment.objects.annotate(heads=Count("exposures")).filter(heads__gt=0).order_by("-heads", "name")
    key = request.POST.get("experiment") or request.GET.get("experiment", "")
    chosen = next((row for row in rows if row.key == key), None)
    problem = ""
    if request.method == "POST" and chosen is not None:
        try:
            run = uplift.compare_experiment(
                chosen, _experiment_spec(request, chosen), _name(request, chosen.name), by=actor(request)
            )
            return HttpResponseRedirect(reverse("uplift-run", args=[run.pk]))
        except UpliftRefusedError as error:
            problem = str(error)
    variants = sorted(chosen.variants) if chosen else []
    control = _control(chosen) if chosen else ""
    context = around(
        request,
        "Uplift of an experiment",
        experiments=rows,
        chosen=chosen,
        variants=variants,
        control=request.POST.get("control", control),
        treated=request.POST.get("treated", next((one for one in variants if one != control), "")),
        goals=_goals(chosen) if chosen else [],
        goal=request.POST.get("goal", ""),
        days=request.POST.get("days", str(DAYS)),
        name=request.POST.get("name", ""),
        problem=problem,
    )
    return TemplateResponse(request, "uplift/new.html", context)


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Keep an uploaded log, then choose its columns."""
    require(request, LOOK, ADD)
    file = request.FILES.get("file")
    if file is None:
        messages.error(request, "Choose a file first.")
        return HttpResponseRedirect(reverse("uplift") + "#upload")
    try:
        kept = uplift.keep_upload(file.chunks(), file.name or "file", by=actor(request))
    except FrameError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("uplift") + "#upload")
    return HttpResponseRedirect(reverse("uplift-columns", args=[kept.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
def of_upload(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Which column is what; guessed first, ?treatment= takes another column that says who was treated."""
    require(request, LOOK, ADD)
    row = UpliftUpload.objects.defer("table").filter(pk=upload_id).first()
    if row is None:
        raise Http404("There is no such file: files are deleted when their time is over.")
    columns = msgspec.convert(row.columns, type=list[LogColumn])
    spec, problem = _proposed(request, columns), ""
    if request.method == "POST":
        spec = _file_spec(request)
        try:
            run = uplift.compare_upload(row, spec, _name(request, _called(spec)), by=actor(request))
            return HttpResponseRedirect(reverse("uplift-run", args=[run.pk]))
        except UpliftRefusedError as error:
            problem = str(error)
    context = around(
        request,
        row.name,
        upload=row,
        columns=columns,
        spec=spec,
        features=set(spec.features),
        treatments=[column for column in columns if 2 <= len(column.values) <= MOST_VALUES],
        values=next((column.values for column in columns if column.name == spec.treatment), ()),
        outcomes=[column for column in columns if column.kind == "number" and column.name != spec.treatment],
        name=request.POST.get("name", ""),
        called=_called(spec),
        problem=problem,
    )
    return TemplateResponse(request, "uplift/columns.html", context)


def _proposed(request: HttpRequest, columns: list[LogColumn]) -> FileSpec:
    """What is guessed; of a column that was chosen as the treatment, its values."""
    spec = guessed(columns)
    asked = request.GET.get("treatment", "")
    if asked and asked != spec.treatment and any(column.name == asked for column in columns):
        rest = guessed([column for column in columns if column.name == asked or column.kind == "number"])
        values = next(column.values for column in columns if column.name == asked)
        control = next((one for one in values if one.casefold() in CONTROLS or one == "0"), values[0] if values else "")
        treated = next((one for one in values if one != control), "")
        outcome = rest.outcome if rest.outcome != asked else ""
        spec = FileSpec(asked, treated, control, outcome, tuple(features_of(columns, asked, outcome)))
    return spec


def _file_spec(request: HttpRequest) -> FileSpec:
    text = request.POST.get
    treatment, outcome = text("treatment", ""), text("outcome", "")
    features = [one for one in request.POST.getlist("feature") if one not in (treatment, outcome)]
    return FileSpec(treatment, text("treated", ""), text("control", ""), outcome, tuple(features))


def _called(spec: FileSpec) -> str:
    return f"{spec.treated}: {spec.outcome}" if spec.treated and spec.outcome else "Uplift"


def _goals(chosen: Experiment) -> list[tuple[str, str, bool]]:
    """(value, words, whether the days below are its): the experiment's own goals, then the usual ones."""
    own = [
        (f"own-{place}", f"{goal.get('name', 'goal')}: {goal_words(goal)}", False)
        for place, goal in enumerate(chosen.goals)
        if isinstance(goal, dict) and goal.get("kind") != RATIO
    ]
    return [*own, *((key, words, True) for key, (words, _) in STANDARD.items())]


def _experiment_spec(request: HttpRequest, chosen: Experiment) -> ExperimentSpec:
    goal = request.POST.get("goal", "")
    treated, control = request.POST.get("treated", ""), request.POST.get("control", "")
    if goal in STANDARD:
        days = request.POST.get("days", "")
        if not (days.isascii() and days.isdigit() and 1 <= int(days[:4]) <= MOST_DAYS):
            raise UpliftRefusedError(f"Days are a whole number from 1 to {MOST_DAYS}.")
        return ExperimentSpec(treated, control, {**STANDARD[goal][1], "within_days": int(days)})
    place = goal.removeprefix("own-")
    if place.isdigit() and len(place) < 4 and int(place) < len(chosen.goals):
        return ExperimentSpec(treated, control, dict(chosen.goals[int(place)]))
    raise UpliftRefusedError("Choose what counts as reached.")


def _control(chosen: Experiment) -> str:
    named = [one for one in chosen.variants if one.casefold() in CONTROLS]
    return chosen.control or (named[0] if named else sorted(chosen.variants)[0] if chosen.variants else "")


def _name(request: HttpRequest, otherwise: str) -> str:
    return request.POST.get("name", "").strip()[:200] or otherwise
