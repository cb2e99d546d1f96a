"""The editor of a decided place: the grid of its table, or its rules, experiment or bandit. Nothing typed is ever lost.

The page's script draws a form from the definition and sends it back as JSON; without scripts it is edited as JSON.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from cdp.admin_decision import words
from cdp.admin_decision.rights import CHANGE, LOOK, around, found, require
from cdp.lib.admin_parts import actor, may
from cdp.lib.clock import utc_now
from decisions.definition import Fault
from decisions.definition.conditions import OPERATORS, SUBJECTS, WEEKDAYS
from decisions.models import ContentBlock, DecisionPlacement
from decisions.queries.checking import faults_of
from decisions.services import publishing
from decisions.services.publishing import PlacementRefusedError
from experiments.models import Experiment
from offers.models import Offer
from recommendations.models import Placement
from segments.queries.suggesting import names_of

LONGEST = 1_000_000
MOST = 1_000


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, placement_id: int) -> HttpResponse:
    """The editor. POST saves: `what` is save or publish, `draft` the definition as JSON."""
    require(request, LOOK)
    row = found(placement_id)
    if request.method != "POST":
        return _page(request, row, row.draft)
    require(request, CHANGE)
    try:
        draft = read_json(request.POST.get("draft", ""))
    except ValueError as error:
        messages.error(request, f"It is not saved: this is no JSON of a definition ({error}). What you typed is below.")
        return _page(request, row, row.draft, typed=request.POST.get("draft", ""))
    name = request.POST.get("name", row.name).replace("\0", "")
    try:
        seen = datetime.fromisoformat(request.POST.get("seen", ""))
    except ValueError:
        seen = None
    try:
        publishing.save_draft(row.key, name, draft, placement_id=row.pk, by=actor(request), seen_at=seen)
    except PlacementRefusedError as error:
        messages.error(request, "It is not saved: " + _said(error.faults))
        return _page(request, row, draft)
    if request.POST.get("what") != "publish":
        messages.info(
            request, "The draft is saved. What decides is unchanged." if row.version else "The draft is saved."
        )
        return HttpResponseRedirect(reverse("decided-place", args=[row.pk]))
    try:
        done = publishing.publish(row.pk, by=actor(request))
    except PlacementRefusedError as error:
        count = len(error.faults)
        messages.error(
            request, f"It is saved as a draft, not published: {count} thing{'' if count == 1 else 's'} to mend."
        )
        return _page(request, found(row.pk), draft)
    messages.info(request, f"Version {done.version.number} decides now: pages see it within three seconds.")
    if done.warnings:
        messages.warning(request, "Worth a look: " + _said(done.warnings))
    return HttpResponseRedirect(reverse("decided-place", args=[row.pk]))


@require_POST
def check(request: HttpRequest, placement_id: int) -> HttpResponse:
    """{sentence, faults: [{path, message, blocks}]} of a definition as it is edited."""
    require(request, LOOK)
    found(placement_id)
    try:
        draft = read_json(request.POST.get("draft", ""))
    except ValueError as error:
        return JsonResponse({"sentence": "", "faults": [{"path": "$", "message": str(error), "blocks": True}]})
    return JsonResponse({"sentence": words.sentence(draft), "faults": faults_json(faults_of(draft, utc_now()))})


def read_json(text: str) -> dict[str, Any]:
    """The definition that was sent; raises ValueError with the reason."""
    if len(text) > LONGEST:
        raise ValueError(f"it is longer than {LONGEST:,} signs")
    try:
        draft = _plain(json.loads(text, parse_constant=_refused))
        json.dumps(draft, ensure_ascii=False).encode()  # half a sign that PostgreSQL keeps in no text
    except UnicodeEncodeError:
        raise ValueError("it holds half of a sign (a lone surrogate)") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(draft, dict):
        raise ValueError("it is not an object")
    draft.pop("attached", None)
    return draft


def _plain(value: Any) -> Any:
    """Without what PostgreSQL keeps in no text."""
    if isinstance(value, dict):
        return {key.replace("\0", ""): _plain(inside) for key, inside in value.items()}
    if isinstance(value, list):
        return [_plain(inside) for inside in value]
    return value.replace("\0", "") if isinstance(value, str) else value


def _refused(name: str) -> None:
    raise ValueError(f"{name} is no number")


def faults_json(faults: Sequence[Fault]) -> list[dict[str, Any]]:
    """Faults as the script reads them."""
    return [{"path": one.path, "message": one.message, "blocks": one.blocks} for one in faults]


def _said(faults: Sequence[Fault]) -> str:
    return " ".join(f"{one.path.removeprefix('$.')}: {one.message}." for one in faults[:5])


def _page(request: HttpRequest, row: DecisionPlacement, draft: dict[str, Any], *, typed: str = "") -> HttpResponse:
    draft = draft or dict(words.BEGINNINGS["table"])
    clean = {key: value for key, value in draft.items() if key != "attached"}
    faults = faults_of(clean, utc_now())
    is_editable = may(request, CHANGE) and row.state != DecisionPlacement.State.ARCHIVED
    published = (
        {key: value for key, value in row.version.definition.items() if key != "attached"} if row.version else None
    )
    data = {
        "draft": clean,
        "faults": faults_json(faults),
        "isEditable": is_editable,
        "language": _language(),
        "urls": {name: reverse(f"decided-{name}", args=[row.pk]) for name in ("check", "try")},
    }
    context = around(
        request,
        row.name,
        row=row,
        data=data,
        sentence=words.sentence(clean),
        typed=typed or json.dumps(clean, indent=2, ensure_ascii=False),
        is_editable=is_editable,
        differs=published is not None and published != clean,
        problems=sum(one.blocks for one in faults),
        versions=row.versions.select_related("published_by").order_by("-number")[:20],
        acts=_acts(row),
        bandit=row.pk if row.version and row.version.definition.get("by") == "bandit" else None,
    )
    return TemplateResponse(request, "decided/edit.html", context)


def _acts(row: DecisionPlacement) -> list[tuple[str, str]]:
    state = DecisionPlacement.State
    acts = {
        state.LIVE: [("pause", "Pause"), ("archive", "Archive")],
        state.PAUSED: [("resume", "Resume"), ("archive", "Archive")],
        state.DRAFT: [("archive", "Archive")],
    }
    return acts.get(state(row.state), [])


def _language() -> dict[str, Any]:
    """What the editor offers: names of things, operators by type, and what there is to show."""
    experiments = Experiment.objects.filter(owner="").exclude(state=Experiment.State.ARCHIVED).order_by("name")[:MOST]
    offers = Offer.objects.exclude(state=Offer.State.ENDED).order_by("name")[:MOST]
    blocks = ContentBlock.objects.exclude(state=ContentBlock.State.ARCHIVED).order_by("name")[:MOST]
    return {
        "hows": {key: list(value) for key, value in words.HOWS.items()},
        "hits": dict(words.HITS),
        "outcomes": dict(words.OUTCOMES),
        "beginnings": dict(words.BEGINNINGS),
        "subjects": {on: list(told) for on, told in SUBJECTS.items()},
        "operators": {kind: [[op, words.OPERATORS[op]] for op in ops] for kind, ops in OPERATORS.items()},
        "weekdays": list(WEEKDAYS),
        "segments": names_of("rule") | names_of("static"),
        "content": {one.key: _called(one.name, one.state) for one in blocks},
        "offer": {one.key: _called(one.name, one.state) for one in offers},
        "recommendations": dict(
            Placement.objects.filter(is_active=True).order_by("name").values_list("key", "name")[:MOST]
        ),
        "experiments": {one.key: {"name": one.name, "variants": sorted(one.variants)} for one in experiments},
    }


def _called(name: str, state: str) -> str:
    return name if state == "live" else f"{name} ({state})"
