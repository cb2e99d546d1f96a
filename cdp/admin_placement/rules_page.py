"""Rules that hold in all placements: products pinned or kept out wherever recommendations stand."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from cdp.admin_placement import typed as forms
from cdp.admin_placement.form import rules_context
from cdp.admin_placement.pictures import let_pictures_in
from cdp.admin_placement.rights import CHANGE, LOOK, around, require
from cdp.admin_placement.typed import Typed
from cdp.lib.admin_parts import actor, may
from recommendations.models import PlacementRule
from recommendations.services import placements as services
from recommendations.services.placements import PlacementRefusedError


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The rows, and their saving."""
    require(request, LOOK)
    if request.method != "POST":
        return _page(request, _stored())
    require(request, CHANGE)
    form = forms.of_rules(request.POST)
    rules = form.spec_rules()
    if not form.errors:
        try:
            services.save_rules_everywhere(rules, form.notes, by=actor(request))
        except PlacementRefusedError as error:
            form.fail(error.faults)
        else:
            messages.info(request, "Saved: every placement follows within three seconds.")
            return HttpResponseRedirect(reverse("placement-rules"))
    return _page(request, form)


def _stored() -> Typed:
    rows = PlacementRule.objects.filter(placement=None).order_by("position", "pk")
    rules = [
        {
            "action": row.action,
            "target": row.target,
            "value": row.value,
            "position": str(row.position) if row.position else "",
            "starts": forms.shown_at(row.starts_at),
            "ends": forms.shown_at(row.ends_at),
            "segment": row.segment,
            "note": row.note,
        }
        for row in rows
    ]
    return Typed(dict.fromkeys(forms.TEXTS, ""), set(), {name: [] for name in forms.LISTS}, [], [], rules)


def _page(request: HttpRequest, form: Typed) -> HttpResponse:
    count = len(form.rules)
    says = {0: "No rule holds everywhere", 1: "1 rule holds in every placement"}
    context = around(
        request,
        "Rules of all placements",
        "placement-rules",
        form=form,
        headline=says.get(count, f"{count} rules hold in every placement"),
        is_readonly=not may(request, CHANGE),
        **rules_context(form),
    )
    return let_pictures_in(request, TemplateResponse(request, "placements/rules.html", context))
