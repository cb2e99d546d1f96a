"""The home page: the day in charts as this member of staff may see it, and the next step while something is missing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from automation.models import Journey
from cdp.admin_home import panels
from cdp.admin_home.figures import Figure, home_figures
from cdp.admin_home.navigation import list_url, may_open
from cdp.admin_home.panels import Panel
from cdp.admin_home.periods import CHOICES, Period, period
from cdp.alarms import queries as alarms
from cdp.lib.clock import utc_now
from events.models import Event, Source
from recommendations.models import ModelRun
from segments.models import Segment

MOST_ALARMS = 5


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do next, why, where. `command` is something to copy into a terminal."""

    title: str
    why: str
    url: str
    button: str
    command: str = ""


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """unfold's DASHBOARD_CALLBACK: adds the home page's figures and next steps."""
    now = utc_now()
    chosen = period(request.GET.get("period", ""), now, timezone.get_current_timezone_name())
    figures = [figure for figure in home_figures(now) if may_open(request, figure.model)]
    return context | {
        "title": "Home",
        **_alarms(request),
        "panels": [(panel, list_url(panel.model)) for panel in _panels(request, chosen)],
        "period": chosen,
        "periods": CHOICES,
        "figures": [(figure, _page_of(figure)) for figure in figures],
        "figures_at": now,
        "next_steps": next_steps(request),
    }


def _alarms(request: HttpRequest) -> dict[str, Any]:
    """What nobody looks after yet, worst first, and how many are looked after; for those who may open the page."""
    if not may_open(request, "alarms.alarm"):
        return {}
    found = alarms.open_alarms()
    waiting = [alarm for alarm in found if not alarm.is_acknowledged]
    return {
        "alarms": waiting[:MOST_ALARMS],
        "alarms_more": len(waiting[MOST_ALARMS:]),
        "alarms_looked_after": len(found) - len(waiting),
        "alarms_url": f"{list_url('alarms.alarm')}?state=open",
    }


def _page_of(figure: Figure) -> str:
    own = {"Lake": "lake", "Recommendations": "models"}.get(figure.title)
    return reverse(own) if own else list_url(figure.model) + figure.query


def _panels(request: HttpRequest, chosen: Period) -> Iterator[Panel]:
    """Only what this member of staff may open is read at all."""
    if may_open(request, "events.source"):
        yield panels.events_panel(chosen)
    if may_open(request, "profiles.profile"):
        yield panels.people_panel(chosen, settings.COMPANY_TIME_ZONE)
    if may_open(request, "commerce.order"):
        yield from panels.order_panels(chosen)
    if may_open(request, "mailing.message"):
        yield panels.mails_panel(chosen)


def next_steps(request: HttpRequest) -> list[NextStep]:
    """What is still missing, in the order in which it is needed; only what this member of staff may do."""
    steps: list[NextStep] = []
    if may(request, "add", "events.source") or may(request, "change", "events.source"):
        steps += _source_step(request)
    if may(request, "add", "segments.segment") and not Segment.objects.named().exists():
        why = "A segment is a group of people described by a rule; who belongs is kept up to date by itself."
        steps.append(NextStep("Make a segment", why, reverse("admin:segments_segment_add"), "Add segment"))
    if may(request, "change", "automation.journey"):
        steps += _journey_step()
    if may(request, "add", "recommendations.modelrun"):
        steps += _model_step()
    return steps


def may(request: HttpRequest, action: str, label: str) -> bool:
    """May this member of staff do `action` on a page that exists?"""
    app, model = label.split(".")
    user = request.user
    return may_open(request, label) and isinstance(user, AbstractUser) and user.has_perm(f"{app}.{action}_{model}")


def _journey_step() -> list[NextStep]:
    if Journey.objects.filter(state=Journey.State.LIVE).exists():
        return []
    draft = Journey.objects.order_by("pk").first()
    if draft is None:
        return []
    why = "It writes to people who left something in their cart and consented to mail. The next page says what it does."
    url = reverse("journey-publish", args=[draft.pk])
    return [NextStep(f"Activate the journey “{draft.name}”", why, url, "Activate journey")]


def _model_step() -> list[NextStep]:
    if ModelRun.objects.filter(is_live=True).exists() or not Event.objects.exists():
        return []
    why = "Until a model is trained, everybody is shown the popular products."
    return [NextStep("Train recommendations", why, reverse("model-train"), "Train now")]


def _source_step(request: HttpRequest) -> list[NextStep]:
    source = Source.objects.filter(enabled=True).order_by("pk").first()
    if source is None and may(request, "add", "events.source"):
        why = "A source is a place events come from: your shop's pages or your shop's server. It has a write key."
        return [NextStep("Add a source", why, reverse("admin:events_source_add"), "Add source")]
    if source is not None and not Event.objects.exists():
        why = "Nothing has arrived yet. Point any Segment-compatible tracker at this address, or try one event:"
        return [NextStep("Send the first event", why, list_url("events.source"), "Show sources", _curl(source))]
    return []


def _curl(source: Source) -> str:
    body = '{"userId": "u1", "event": "Product Viewed", "properties": {"product_id": "p1"}}'
    return f"curl -u {source.write_key}: {settings.BASE_URL}/v1/track -H 'content-type: application/json' -d '{body}'"
