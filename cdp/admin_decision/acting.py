"""What is done with a decided place as a whole: paused, resumed, archived, an earlier version restored."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from cdp.admin_decision.rights import CHANGE, LOOK, found, require
from cdp.lib.admin_parts import actor, confirmed
from decisions.models import PlacementVersion
from decisions.services import publishing
from decisions.services.publishing import PlacementRefusedError

ACTS = {"pause": publishing.pause, "resume": publishing.resume, "archive": publishing.archive}
SAID = {
    "pause": "is paused: it answers its fallback.",
    "resume": "decides again.",
    "archive": "is archived: pages that name it are told there is no such place.",
}


@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, placement_id: int, act: str) -> HttpResponse:
    """One of pause, resume, archive; the last asks first."""
    require(request, LOOK, CHANGE)
    row = found(placement_id)
    if act not in ACTS:
        raise Http404("Nothing of a place is called that.")
    here = reverse("decided-place", args=[row.pk])
    if act == "archive":
        asked = confirmed(
            request,
            title=f"Archive “{row.name}”",
            consequence=f"Pages that name “{row.key}” get no answer for it any more. Its log and versions stay.",
            button="Archive place",
            back=here,
        )
        if asked is not None:
            return asked
    elif request.method != "POST":
        return HttpResponseRedirect(here)
    try:
        ACTS[act](row.pk, by=actor(request))
    except PlacementRefusedError as error:
        messages.error(request, str(error))
    else:
        messages.info(request, f"“{row.name}” {SAID[act]}")
    return HttpResponseRedirect(here)


@require_POST
def restore(request: HttpRequest, placement_id: int, number: int) -> HttpResponse:
    """An earlier version decides again, as a new one."""
    require(request, LOOK, CHANGE)
    row = found(placement_id)
    try:
        done = publishing.restore(row.pk, number, by=actor(request))
    except PlacementVersion.DoesNotExist:
        raise Http404("There is no such version.") from None
    except PlacementRefusedError as error:
        messages.error(request, f"Version {number} names what is gone: {error}")
    else:
        messages.info(request, f"Version {number} decides again, as version {done.version.number}.")
    return HttpResponseRedirect(reverse("decided-place", args=[row.pk]))
