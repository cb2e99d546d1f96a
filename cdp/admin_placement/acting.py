"""What is done with a placement as a whole: on, off, copied, deleted. Each is told in the audit."""

import msgspec
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from cdp.admin_placement.rights import ADD, CHANGE, DELETE, LOOK, require
from cdp.lib.admin_parts import actor, confirmed
from recommendations.models import Placement
from recommendations.services import placements as services


@require_POST
def switch(request: HttpRequest, placement_id: int) -> HttpResponse:
    """On or off: `on` says which. Undone by the same button."""
    require(request, LOOK, CHANGE)
    row = _found(placement_id)
    on = request.POST.get("on") == "yes"
    services.switch_placement(row.pk, on=on, by=actor(request))
    said = "on: pages see it within three seconds" if on else "off: pages that name it show nothing there"
    messages.info(request, f"“{row.name}” is switched {said}.")
    return HttpResponseRedirect(reverse("placements"))


@require_POST
def duplicate(request: HttpRequest, placement_id: int) -> HttpResponse:
    """A copy, switched off, opened to be changed."""
    require(request, LOOK, ADD)
    try:
        made = services.duplicate_placement(_found(placement_id).pk, by=actor(request))
    except msgspec.ValidationError as error:
        messages.error(request, f"It cannot be copied, since it cannot be read: {error}. Save it anew first.")
        return HttpResponseRedirect(reverse("placement", args=[placement_id]))
    messages.info(request, f"“{made.name}” is a copy, switched off: change it, then switch it on.")
    return HttpResponseRedirect(reverse("placement", args=[made.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, placement_id: int) -> HttpResponse:
    """The consequence first, then the button."""
    require(request, LOOK, DELETE)
    row = _found(placement_id)
    asked = confirmed(
        request,
        title=f"Delete “{row.name}”",
        consequence=f"Pages and mails that name “{row.key}” get an error instead of products, and its rules are gone. "
        "What it brought so far stays in the figures. To stop it for a while, switch it off instead.",
        button="Delete placement",
        back=reverse("placement", args=[row.pk]),
    )
    if asked is not None:
        return asked
    called = services.delete_placement(row.pk, by=actor(request))
    messages.info(request, f"“{called}” is deleted.")
    return HttpResponseRedirect(reverse("placements"))


def _found(placement_id: int) -> Placement:
    row = Placement.objects.filter(pk=placement_id).first()
    if row is None:
        raise Http404("There is no such placement: it may have been deleted.")
    return row
