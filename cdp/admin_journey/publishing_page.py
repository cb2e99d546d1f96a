"""Publishing: what it changes, what happens to the people inside, what is missing; then the button."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from automation.comparing import differences
from automation.describing import raw_steps
from automation.models import Journey
from automation.queries.live_counts import inside
from automation.services import releasing
from automation.services.drafting import revision
from cdp.admin_journey.builder_page import TITLES
from cdp.admin_journey.choosing import names_of_slugs
from cdp.admin_journey.remarking import said_of
from cdp.admin_journey.rights import CHANGE, around, found
from cdp.lib.admin_parts import actor
from cdp.lib.clock import utc_now

HEADS = {
    "trigger": "It starts when",
    "audience": "For whom",
    "goal": "Goal",
    "exits": "Ends early",
    "steps": "The flow",
}


@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, journey_id: int) -> HttpResponse:
    """What would be published; POST publishes what the reader saw."""
    row = found(request, journey_id, CHANGE)
    if request.method == "POST":
        return _published(request, row)
    said = said_of(row)
    context = around(
        request,
        row.name,
        row,
        "journey",
        faults=[(node, _title(row, node), texts) for node, texts in said["faults"].items()],
        notes=[text for texts in said["notes"].values() for text in texts],
        changes=_changes(row),
        revision=revision(row.draft),
        holdout=f"{float(row.holdout_share) * 100:.3g} %" if row.holdout_share else "",
        inside=inside(row.pk),
        movable=releasing.movable(row),
    )
    return TemplateResponse(request, "admin/journey/publish.html", context)


def _changes(row: Journey) -> Any:
    before = row.version.graph if row.version else None
    return differences(before, row.draft, names_of_slugs())


def _title(row: Journey, node: str) -> str:

    if node in HEADS:
        return HEADS[node]
    return next(
        (TITLES.get(str(one.get("do")), "A step") for one in raw_steps(row.draft) if one.get("id") == node), node
    )


def _published(request: HttpRequest, row: Journey) -> HttpResponse:
    back = HttpResponseRedirect(reverse("journey-publish", args=[row.pk]))
    if request.POST.get("revision") != revision(row.draft):
        messages.error(request, "The draft changed since you looked at it: look through it once more.")
        return back
    if said_of(row)["errors"]:
        messages.error(request, "It cannot be published: something is missing.")
        return back
    note = request.POST.get("note", "").replace("\0", "").strip()[:200]
    now = utc_now()
    try:
        made = releasing.release(row.pk, by=actor(request), now=now, note=note, move=request.POST.get("move") == "yes")
        if request.POST.get("activate") and row.state == Journey.State.DRAFT:
            releasing.activate(row.pk, by=actor(request), now=now)
    except releasing.ReleaseRefusedError as error:
        messages.error(request, f"It is not published: {error}")
        return back
    live = " and live: from now on people come in" if request.POST.get("activate") else ""
    messages.info(request, f"Version {made.number} is published{live}.")
    return HttpResponseRedirect(reverse("journey", args=[row.pk]))
