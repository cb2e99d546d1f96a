"""Published versions of a journey: looked at, and made the draft again."""

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from automation.describing import sentences
from automation.models import Enrollment, JourneyVersion
from automation.services.drafting import restore_version
from cdp.admin_journey.builder_page import readable
from cdp.admin_journey.choosing import names_of_slugs
from cdp.admin_journey.rights import CHANGE, around, found
from cdp.lib.admin_parts import actor
from cdp.lib.clock import utc_now

SHOWN = 50
HEADS = (("trigger", "It starts when"), ("audience", "For whom"), ("goal", "Goal"), ("exits", "Ends early"))


@dataclass(frozen=True, slots=True)
class Line:
    """A version: whether it runs, and how many are on their way through it."""

    row: JourneyVersion
    runs: bool
    inside: int


@require_safe
def versions(request: HttpRequest, journey_id: int) -> HttpResponse:
    """Newest first; ?version= shows one in words."""
    row = found(request, journey_id)
    rows = list(row.versions.select_related("published_by").order_by("-number")[:SHOWN])
    on_way = Enrollment.objects.filter(journey=row, ended_at=None).order_by().values_list("version_id")
    counted = dict(on_way.annotate(count=Count("id")))
    asked = request.GET.get("version", "")
    shown = next((one for one in rows if str(one.number) == asked), None)
    said = {"sentences": sentences(shown.graph, names_of_slugs()) if shown else {}, "faults": {}}
    context = around(
        request,
        row.name,
        row,
        "journey-versions",
        versions=[Line(one, one.pk == row.version_id, counted.get(one.pk, 0)) for one in rows],
        shown=shown,
        sections=[(title, said["sentences"].get(key, ""), ()) for key, title in HEADS],
        steps=readable(shown.graph.get("steps"), said) if shown else (),
    )
    return TemplateResponse(request, "admin/journey/versions.html", context)


@require_POST
def restore(request: HttpRequest, journey_id: int, number: int) -> HttpResponse:
    """An earlier version becomes the draft; what runs changes only when it is published."""
    row = found(request, journey_id, CHANGE)
    try:
        restore_version(row.pk, number, by=actor(request), now=utc_now())
    except JourneyVersion.DoesNotExist:
        messages.error(request, f"There is no version {number}.")
        return HttpResponseRedirect(reverse("journey-versions", args=[row.pk]))
    messages.info(request, f"The draft says what version {number} says. What runs changes once you publish it.")
    return HttpResponseRedirect(reverse("journey", args=[row.pk]))
