"""What is done with an offer as a whole: approved, paused, ended, copied. Told in the audit, and undone here."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from cdp.admin_offer.rights import ADD, APPROVE, CHANGE, LOOK, found, require
from cdp.lib.admin_parts import actor
from cdp.lib.clock import utc_now
from offers.models import Offer, OfferVersion
from offers.services import publishing
from offers.services.publishing import OfferRefusedError

SWITCHES = {"pause": Offer.State.PAUSED, "resume": Offer.State.LIVE, "end": Offer.State.ENDED}
SAID = {
    "approve": "is approved and live.",
    "refuse": "does not wait any more: it is a draft again, and what held before holds on.",
    "pause": "is paused: carts do not get it. What is reserved can still be redeemed.",
    "resume": "is live.",
    "end": "has ended. “Make live again” undoes that.",
}


@require_POST
def act(request: HttpRequest, offer_id: int, act: str) -> HttpResponse:
    """One of approve, refuse, pause, resume, end."""
    require(request, LOOK, APPROVE if act == "approve" else CHANGE)
    row = found(offer_id)
    if act not in SAID:
        raise Http404("Nothing of an offer is called that.")
    by = actor(request)
    try:
        if act == "approve":
            publishing.approve(row.pk, now=utc_now(), by=by)  # type: ignore[arg-type]  # staff only
        elif act == "refuse":
            publishing.refuse(row.pk, by=by)
        else:
            publishing.switch(row.pk, SWITCHES[act], by=by)
    except OfferRefusedError as error:
        messages.error(request, str(error))
    else:
        messages.info(request, f"“{row.name}” {SAID[act]}")
    return HttpResponseRedirect(reverse("offer", args=[row.pk]))


@require_POST
def duplicate(request: HttpRequest, offer_id: int) -> HttpResponse:
    """A copy as a draft, opened to be changed."""
    require(request, LOOK, ADD)
    made = publishing.duplicate(found(offer_id).pk, by=actor(request))
    messages.info(request, f"“{made.name}” is a copy and a draft: change it, then publish it.")
    return HttpResponseRedirect(reverse("offer", args=[made.pk]))


@require_POST
def restore(request: HttpRequest, offer_id: int, number: int) -> HttpResponse:
    """An earlier version's terms into the draft."""
    require(request, LOOK, CHANGE)
    try:
        row = publishing.restore(found(offer_id).pk, number, by=actor(request))
    except OfferVersion.DoesNotExist:
        raise Http404("There is no such version.") from None
    messages.info(request, f"Version {number} of “{row.name}” stands in the draft: look at it, then publish it.")
    return HttpResponseRedirect(reverse("offer", args=[row.pk]))
