"""The editor of drafts, with the calculator beside it, and the words of what runs. Nothing typed is ever lost."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from cdp.admin_experiment.calculating import Planned, planned
from cdp.admin_experiment.rights import ADD, CHANGE, LOOK, around, found, require
from cdp.admin_experiment.typed import Typed, blank_metric, of_draft, of_post
from cdp.admin_experiment.words import DIRECTIONS, KINDS
from cdp.lib.admin_parts import actor, may
from cdp.lib.clock import utc_now
from experiments.drafts import ExperimentDraft, VariantDraft, faults
from experiments.models import Experiment, Layer
from experiments.queries.drafts import draft_of
from experiments.services.drafting import ExperimentRefusedError, save_draft
from experiments.services.life import start
from segments.builder import SCRIPTS, language_with_names
from segments.queries.suggesting import Asked, events

BUILDER_SCRIPTS = tuple(f"segments/builder/{name}.js" for name in SCRIPTS if name != "builder")
ORDERS = {"name": "Orders", "kind": "conversion", "event": "Order Completed", "within_days": 7}
FRESH = ExperimentDraft(
    key="",
    name="",
    variants=(
        VariantDraft("control", Decimal("0.5"), "As it is today"),
        VariantDraft("b", Decimal("0.5"), ""),
    ),
    control="control",
    goals=(ORDERS,),
)
LONGEST, MOST = 200, 12


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new draft; with ?copy= one like another."""
    require(request, LOOK, ADD)
    if request.method == "POST":
        return _posted(request, of_post(request.POST), None)
    copied = request.GET.get("copy", "")
    form = of_draft(draft_of(found(int(copied))) if copied.isascii() and copied.isdecimal() else FRESH)
    if copied:
        form.texts |= {"key": "", "name": f"{form.texts['name']}, again"}
    return _page(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, experiment_id: int) -> HttpResponse:
    """A draft that is there; what is none any more has a page of its own."""
    require(request, LOOK)
    row = found(experiment_id)
    if row.state != Experiment.State.DRAFT:
        return HttpResponseRedirect(reverse("experiment", args=[row.pk]))
    if request.method == "POST":
        require(request, LOOK, CHANGE)
        return _posted(request, of_post(request.POST), row)
    return _page(request, of_draft(draft_of(row)), row)


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """GET `q`: names of events as they came in, the most frequent first."""
    require(request, LOOK)
    text = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    items = [
        {"value": one.value, "words": one.words or one.value, "note": one.often or one.note}
        for one in events(Asked(text))
        if one.value != "*"
    ]
    return JsonResponse({"items": items[:MOST]})


def _posted(request: HttpRequest, form: Typed, row: Experiment | None) -> HttpResponse:
    if row is not None:
        form.texts["key"] = row.key
    what = request.POST.get("what", "save")
    draft = form.draft()
    if what == "plan":
        context = {"planned": planned(form, draft, utc_now()), "faults": sorted(form.errors.items())}
        return TemplateResponse(request, "experiments/plan.html", context)
    if form.errors:
        form.fail(faults(draft))
        return _page(request, form, row)
    try:
        saved = save_draft(draft, experiment_id=row.pk if row else None, by=actor(request))
    except ExperimentRefusedError as error:
        form.fail(error.faults)
        return _page(request, form, row)
    if what == "start":
        try:
            start(saved.pk, utc_now(), actor(request))
        except ExperimentRefusedError as error:
            form.fail(error.faults)
            return _page(request, form, saved)
        messages.info(request, f"“{saved.name}” runs: people meet it where a placement names “{saved.key}”.")
        return HttpResponseRedirect(reverse("experiment", args=[saved.pk]))
    messages.info(request, f"“{saved.name}” is saved as a draft: nobody meets it yet.")
    return HttpResponseRedirect(reverse("experiment-edit", args=[saved.pk]))


def _page(request: HttpRequest, form: Typed, row: Experiment | None) -> HttpResponse:
    draft = form.draft() if not form.errors else None
    plan = planned(form, draft, utc_now()) if draft else Planned("Mend what is marked, and you see how long it takes.")
    context: dict[str, Any] = around(
        request,
        row.name if row else "New experiment",
        "experiments",
        experiment=row,
        form=form,
        variant_rows=_rows(form, "variants", form.variants),
        metric_rows=[
            ("goals", _rows(form, "goals", form.metrics["goals"])),
            ("guardrails", _rows(form, "guardrails", form.metrics["guardrails"])),
        ],
        blank_variant={"values": {"key": "", "label": "", "share": ""}, "errors": ()},
        blank_metric={"values": blank_metric(), "errors": ()},
        kinds=KINDS,
        directions=DIRECTIONS,
        planned=plan,
        is_readonly=not may(request, CHANGE if row else ADD),
        problems=sum(map(len, form.errors.values())),
        layers=list(Layer.objects.order_by("name").values_list("name", flat=True)),
        builder_scripts=BUILDER_SCRIPTS,
        builder={
            "language": language_with_names(),
            "previewUrl": reverse("admin:segments_segment_preview"),
            "suggestUrl": reverse("admin:segments_segment_suggest"),
        },
    )
    return TemplateResponse(request, "experiments/edit.html", context)


def _rows(form: Typed, name: str, rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [
        {"values": row, "errors": form.errors.get(f"{name}.{place}", ()), "place": place}
        for place, row in enumerate(rows)
    ]
