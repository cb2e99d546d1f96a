"""New journey: the ten that ship, each with a sentence and its flow as a small picture, or an empty one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from automation.describing import arm_keys
from automation.services.drafting import DraftRefusedError, create_journey
from automation.services.shipping import UnknownShippedError, make_from
from automation.shipped import shipped_journeys
from cdp.admin_journey.rights import ADD, LOOK, around, require
from cdp.lib.admin_parts import actor

ICONS = {
    "send": "mail",
    "wait": "schedule",
    "wait_until": "today",
    "wait_for": "hourglass_top",
    "branch": "call_split",
    "split": "percent",
    "give_offer": "sell",
    "set_trait": "badge",
    "add_to_list": "playlist_add",
    "webhook": "webhook",
    "notify_staff": "notifications",
    "exit": "logout",
}
WORDS = {"send": "Mail", "wait": "Wait", "give_offer": "Offer", "branch": "Branch", "split": "Split"}
UNITS = (("days", "d"), ("hours", "h"), ("minutes", "min"))
MOST_DRAWN = 9


@dataclass(frozen=True, slots=True)
class Shown:
    """A shipped journey in the gallery."""

    key: str
    name: str
    about: str
    icons: tuple[tuple[str, str], ...]


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The gallery; POST makes one: `shipped` its key, empty for an empty one called `name`."""
    require(request, LOOK, ADD)
    if request.method == "POST":
        return _made(request)
    context = around(request, "New journey", shipped=_shipped())
    return TemplateResponse(request, "admin/journey/new.html", context)


def picture(graph: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """(icon, words) of the first steps, arms after each other: the flow at a glance."""
    found = [("bolt", "")]
    found += _drawn(graph.get("steps", []))
    return tuple(found[:MOST_DRAWN]) + ((("more_horiz", ""),) if len(found) > MOST_DRAWN else ())


def _drawn(steps: object) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for step in steps if isinstance(steps, list) else []:
        if isinstance(step, dict):
            found.append((ICONS.get(str(step.get("do")), "help"), _short(step)))
            for _, _, _, below in arm_keys(step):
                found += _drawn(below)
    return found


def _short(step: Mapping[str, Any]) -> str:
    length = step.get("for")
    if isinstance(length, dict):
        return " ".join(f"{length[unit]} {short}" for unit, short in UNITS if length.get(unit))
    return ""


def _made(request: HttpRequest) -> HttpResponse:
    key = request.POST.get("shipped", "")
    try:
        row = make_from(key, actor(request)) if key else create_journey(request.POST.get("name", ""), by=actor(request))
    except (DraftRefusedError, UnknownShippedError) as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("journey-new"))
    messages.info(request, f"“{row.name}” is a draft: look through it, then publish it.")
    return HttpResponseRedirect(reverse("journey", args=[row.pk]))


def _shipped() -> list[Shown]:
    return [Shown(one.slug, one.name, one.description, picture(one.graph)) for one in shipped_journeys().values()]
