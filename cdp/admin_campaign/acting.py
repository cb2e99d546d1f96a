"""What is done with a campaign as a whole: pause, go on, cancel, copy, delete. Each is told in the audit."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.contracts import CampaignRefusedError
from campaigns.queries.progress import counts_of
from campaigns.services import saving, steering
from cdp.admin_campaign.rights import ADD, CHANGE, DELETE, LOOK, actor, campaign_or_404, require
from cdp.admin_campaign.words import people
from cdp.lib.admin_parts import confirmed
from cdp.lib.clock import utc_now


@require_POST
def pause(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Stands still until it is let go on."""
    return _steer(request, campaign_id, steering.pause, "It is paused: nobody gets it until it goes on.")


@require_POST
def resume(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Goes on where it stopped."""
    return _steer(request, campaign_id, steering.resume, "It goes on where it stopped.")


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The consequence first, then the button."""
    require(request, LOOK, CHANGE)
    row = campaign_or_404(campaign_id)
    states = counts_of([row.pk])[row.pk]
    left = states.get("waiting", 0) + states.get("queued", 0)
    said = f"{people(states.get('sent', 0))} got it and keep it. " if states.get("sent") else ""
    said += f"{people(left)} who would still get it never will. " if left else "Nobody gets it. "
    asked = confirmed(
        request,
        title=f"Cancel “{row.name}”",
        consequence=f"{said}A cancelled campaign cannot go on; to stop it for a while, pause it instead.",
        button="Cancel campaign",
        back=reverse("campaign", args=[row.pk]),
    )
    return asked or _steer(request, row.pk, steering.cancel, "It is cancelled: nobody else gets it.")


@require_POST
def duplicate(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """A draft with the same audience and mails, opened to be changed."""
    require(request, LOOK, ADD)
    made = saving.duplicate_campaign(campaign_or_404(campaign_id).pk, by=actor(request))
    messages.info(request, f"“{made.name}” is a draft: change what is different this time.")
    return HttpResponseRedirect(reverse("campaign-edit", args=[made.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Of drafts alone."""
    require(request, LOOK, DELETE)
    row = campaign_or_404(campaign_id)
    asked = confirmed(
        request,
        title=f"Delete “{row.name}”",
        consequence="The draft is gone with its settings. Nobody was mailed.",
        button="Delete draft",
        back=reverse("campaign", args=[row.pk]),
    )
    if asked is not None:
        return asked
    try:
        called = saving.delete_campaign(row.pk, by=actor(request))
    except CampaignRefusedError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("campaign", args=[row.pk]))
    messages.info(request, f"“{called}” is deleted.")
    return HttpResponseRedirect(reverse("campaigns"))


def _steer(request: HttpRequest, campaign_id: int, act: Callable[..., Any], said: str) -> HttpResponse:
    require(request, LOOK, CHANGE)
    row = campaign_or_404(campaign_id)
    try:
        act(row.pk, by=actor(request), now=utc_now())
    except CampaignRefusedError as error:
        messages.error(request, str(error))
    else:
        messages.info(request, said)
    return HttpResponseRedirect(reverse("campaign", args=[row.pk]))
