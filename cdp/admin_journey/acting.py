"""What is done with a whole journey: activated, paused, archived, copied; where people are touched it asks first."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from automation.models import Journey
from automation.queries.live_counts import inside
from automation.services import releasing
from automation.services.drafting import duplicate_journey
from cdp.admin_journey.rights import ADD, CHANGE, found
from cdp.lib.admin_parts import actor, confirmed
from cdp.lib.clock import utc_now


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked before, and said after."""

    title: str
    consequence: str
    said: str
    do: Any


@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, journey_id: int, what: str) -> HttpResponse:
    """The consequence first, then the button."""
    row = found(request, journey_id, CHANGE)
    if what not in ACTS:
        raise Http404
    back = reverse("journey", args=[row.pk])
    asked = ACTS[what](row)
    if what == "activate" and row.version is None:
        messages.info(request, "It was never published: look through what is published first.")
        return HttpResponseRedirect(reverse("journey-publish", args=[row.pk]))
    shown = confirmed(
        request, title=f"{asked.title} “{row.name}”", consequence=asked.consequence, button=asked.title, back=back
    )
    if shown is not None:
        return shown
    try:
        asked.do(row.pk, by=actor(request), now=utc_now())
    except releasing.ReleaseRefusedError as error:
        messages.error(request, str(error))
    else:
        messages.info(request, asked.said)
    return HttpResponseRedirect(reverse("journeys") if what == "archive" else back)


@require_POST
def duplicate(request: HttpRequest, journey_id: int) -> HttpResponse:
    """A copy, itself a draft, opened to be changed."""
    row = duplicate_journey(found(request, journey_id, ADD).pk, by=actor(request))
    messages.info(request, f"“{row.name}” is a copy and a draft.")
    return HttpResponseRedirect(reverse("journey", args=[row.pk]))


def _people(row: Journey) -> str:
    count = inside(row.pk)
    return "Nobody is" if not count else "1 person is" if count == 1 else f"{count:,} people are"


def _activate(row: Journey) -> Asked:
    held = (
        f" {float(row.holdout_share) * 100:.3g} % of addresses are never written to, to measure by."
        if row.holdout_share
        else ""
    )
    if row.state == Journey.State.PAUSED:
        text = f"{_people(row)} on the way through it: they go on from where they are, and new ones come in."
        return Asked("Resume journey", text + held, "The journey is live again.", releasing.activate)
    text = "From now on people come in, and are written to where consent, caps and quiet hours allow it."
    return Asked(
        "Activate journey", text + held, "The journey is live: from now on people come in.", releasing.activate
    )


def _pause(row: Journey) -> Asked:
    text = (
        f"{_people(row)} on the way through it. Nobody comes in and nobody is written to while it is paused; "
        "who waits goes on when it is resumed, as far as it still makes sense then."
    )
    return Asked("Pause journey", text, "The journey is paused: nobody is written to.", releasing.pause)


def _archive(row: Journey) -> Asked:
    text = (
        f"{_people(row)} on the way through it: they end here and get nothing more. Its figures stay, and it can be "
        "taken out of the archive."
    )
    return Asked("Archive journey", text, f"“{row.name}” is archived.", releasing.archive)


def _unarchive(row: Journey) -> Asked:
    text = "It comes back paused: nobody comes in until you resume it."
    return Asked("Take out of the archive", text, "It is back, paused.", releasing.unarchive)


ACTS = {"activate": _activate, "pause": _pause, "archive": _archive, "unarchive": _unarchive}
