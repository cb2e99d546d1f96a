"""One placement: its form, and beside it what it shows to whom, also before it is saved. Nothing typed is ever lost."""

from collections.abc import Sequence
from typing import Any

import msgspec
import msgspec.structs
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from cdp.admin_placement import typed as forms
from cdp.admin_placement.calls import calls_of
from cdp.admin_placement.form import form_context, shares_words
from cdp.admin_placement.pictures import let_pictures_in, shown_products
from cdp.admin_placement.preview import Preview, Wanted, chosen, hits, preview, wanted_of
from cdp.admin_placement.rights import ADD, CHANGE, LOOK, around, require
from cdp.admin_placement.typed import Typed
from cdp.lib.admin_parts import actor, may
from recommendations.models import Placement, PlacementRule
from recommendations.placement_checks import Fault
from recommendations.placement_defaults import defaults
from recommendations.placement_words import sentence
from recommendations.placements import Kind, PlacementSpec, Rule, rule_from_row, spec_from_row
from recommendations.services import placements as services
from recommendations.services.placements import PlacementDraft, PlacementRefusedError

UNNAMED = frozenset({"name", "key"})


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new placement of ?kind=, with what is sensible for it."""
    require(request, LOOK, ADD)
    if request.method == "POST":
        return _posted(request, forms.of_post(request.POST), None)
    asked = request.GET.get("kind", "")
    form = forms.of_spec(defaults(Kind(asked) if asked in set(Kind) else Kind.HOME), is_active=True)
    return _page(request, form, None, form.spec())


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, placement_id: int) -> HttpResponse:
    """A placement that is there. Who may not change it may look at it as anybody all the same."""
    require(request, LOOK)
    row = Placement.objects.filter(pk=placement_id).first()
    if row is None:
        raise Http404("There is no such placement: it may have been deleted.")
    if request.method == "POST" and may(request, CHANGE):
        return _posted(request, forms.of_post(request.POST), row)
    stored = _stored(row)
    if request.method == "POST":
        return _previewed(request, stored, row)
    return _page(request, stored, row, stored.spec())


def _posted(request: HttpRequest, form: Typed, row: Placement | None) -> HttpResponse:
    if row is not None:
        form.texts["key"] = row.key
    if request.POST.get("what") != "save":
        return _previewed(request, form, row)
    spec = form.spec()
    if form.errors:
        form.judge(spec)
        return _page(request, form, row, spec)
    draft = PlacementDraft(spec, form.is_active, form.notes, form.seen_at() if row else None)
    try:
        saved = services.save_placement(draft, placement_id=row.pk if row else None, by=actor(request))
    except PlacementRefusedError as error:
        form.fail(error.faults)
        if row is not None:
            form.texts["seen"] = row.updated_at.isoformat()
        return _page(request, form, row, spec)
    seen = "pages see it within three seconds" if saved.is_active else "it is switched off"
    messages.info(request, f"“{saved.name}” is saved: {seen}.")
    return HttpResponseRedirect(reverse("placement", args=[saved.pk]))


def _previewed(request: HttpRequest, form: Typed, row: Placement | None) -> HttpResponse:
    """What is typed, shown: by the page's script a piece of it, else the whole page."""
    spec = form.spec()
    form.judge(spec, but=() if row else UNNAMED)
    shown = _preview(request, None if form.errors else spec)
    if request.headers.get("X-Preview") != "yes":
        return _page(request, form, row, spec, shown=shown)
    context = {
        "preview": shown,
        "sentence": sentence(spec),
        "shares": shares_words(spec),
        "faults": sorted(form.errors.items()),
    }
    return let_pictures_in(request, TemplateResponse(request, "placements/preview.html", context))


def _preview(request: HttpRequest, spec: PlacementSpec | None) -> Preview:
    if spec is None:
        return Preview("Nothing to show yet", problem="Mend what is marked in the form, and it is shown here at once.")
    return preview(request, _with_rules_of_all(spec), wanted_of(request.POST))


def _with_rules_of_all(spec: PlacementSpec) -> PlacementSpec:
    everywhere: list[Rule] = []
    for row in PlacementRule.objects.filter(placement=None).order_by("position", "pk"):
        try:
            everywhere.append(rule_from_row(row))
        except msgspec.ValidationError:
            continue
    return msgspec.structs.replace(spec, rules=(*spec.rules, *everywhere))


def _stored(row: Placement) -> Typed:
    """The form of what is stored; of what cannot be read, the defaults of its kind with a word about it."""
    rules: list[tuple[Rule, str]] = []
    problems: list[Fault] = []
    for rule in row.rules.order_by("position", "pk"):
        try:
            rules.append((rule_from_row(rule), rule.note))
        except msgspec.ValidationError as error:
            problems.append(("rules", f"One rule cannot be read and is gone once you save: {error}."))
    try:
        spec = spec_from_row(row, [rule for rule, _ in rules])
    except msgspec.ValidationError as error:
        kind = Kind(row.kind) if row.kind in set(Kind) else Kind.CUSTOM
        spec = msgspec.structs.replace(defaults(kind), key=row.key, name=row.name)
        problems.append(("name", f"What is stored cannot be read ({error}); these are the defaults of its kind."))
    form = forms.of_spec(spec, is_active=row.is_active, notes=[note for _, note in rules], seen_at=row.updated_at)
    form.fail(problems)
    return form


def _page(
    request: HttpRequest,
    form: Typed,
    row: Placement | None,
    spec: PlacementSpec,
    *,
    shown: Preview | None = None,
) -> HttpResponse:
    wanted = wanted_of(request.POST)
    profile, called = chosen(request, wanted)
    context: dict[str, Any] = around(
        request,
        row.name if row else "New placement",
        "placements",
        placement=row,
        is_readonly=not may(request, CHANGE if row else ADD),
        preview=shown,
        wanted=wanted,
        hits=[hit for hit in hits(request, wanted.search) if str(hit.person.profile_id) != profile],
        chosen_profile=profile,
        chosen_called=called,
        at=_in_front(wanted),
        calls=calls_of(row.key, spec.kind) if row else None,
        **form_context(form, spec),
    )
    return let_pictures_in(request, TemplateResponse(request, "placements/edit.html", context))


def _in_front(wanted: Wanted) -> dict[str, Sequence[Any]]:
    """Products named in front, with what they are called."""
    ids = [*([wanted.product] if wanted.product else []), *wanted.cart, *wanted.results]
    known = shown_products(ids)
    return {
        "product": (wanted.product, known.get(wanted.product)),
        "cart": [(key, known.get(key)) for key in wanted.cart],
        "results": [(key, known.get(key)) for key in wanted.results],
    }
