"""All journeys: what each does, who is in it and what it sent this week, and why nothing happens where nothing does."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from automation.describing import sentences
from automation.models import Journey
from automation.queries.live_counts import Glance, glances, held_back
from automation.reasons import words
from cdp.admin_journey.choosing import names_of_slugs
from cdp.admin_journey.gallery import picture
from cdp.admin_journey.rights import LOOK, TAGS, around, require
from cdp.lib.clock import utc_now
from mailing.models import Policy

ORDER = {"live": 0, "paused": 1, "draft": 2, "archived": 3}
MOST_ASKED = 20
FEW = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One journey. `silent`: why nothing goes out, empty where something does. `icons`: its steps at a glance."""

    row: Journey
    tag: str
    says: str
    glance: Glance
    silent: str
    icons: tuple[tuple[str, str], ...]
    unpublished: bool


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The list: live ones first; archived ones only when asked for."""
    require(request, LOOK)
    now = utc_now()
    with_archived = request.GET.get("archived") == "yes"
    everything = sorted(Journey.objects.select_related("version"), key=lambda row: (ORDER[row.state], row.name.lower()))
    rows = [row for row in everything if with_archived or row.state != Journey.State.ARCHIVED]
    counted = glances([row.pk for row in rows], now)
    stopped, names = _stopped(), names_of_slugs()
    lines = [_line(row, counted[row.pk], stopped, names, now, n) for n, row in enumerate(rows)]
    live = sum(row.state == Journey.State.LIVE for row in rows)
    context = around(
        request,
        "Journeys",
        lines=lines,
        headline=_headline(lines, live),
        stopped=stopped,
        archived=len(everything) - len(rows),
    )
    return TemplateResponse(request, "admin/journey/list.html", context)


def _headline(lines: list[Line], live: int) -> str:
    if not lines:
        return "No journeys yet"
    mailed = sum(line.glance.mailed_week for line in lines)
    running = "1 journey is live" if live == 1 else f"{live} journeys are live"
    return f"{running}, {mailed:,} mail{'' if mailed == 1 else 's'} in the last 7 days"


def _line(row: Journey, glance: Glance, stopped: str, names: dict[str, str], now: datetime, place: int) -> Line:
    said = sentences(row.draft, names)
    asked = place < MOST_ASKED
    return Line(
        row=row,
        tag=TAGS.get(row.state, ""),
        says=said.get("trigger", "It says not yet what it starts with"),
        glance=glance,
        silent=_silent(row, glance, stopped, now) if asked else "",
        icons=picture(row.draft),
        unpublished=row.version is not None and row.version.graph != row.draft,
    )


def _silent(row: Journey, glance: Glance, stopped: str, now: datetime) -> str:
    """Why nothing goes out; empty where something does."""
    if row.state == Journey.State.DRAFT:
        return "Nothing happens: it is a draft. Publish and activate it."
    if row.state == Journey.State.PAUSED:
        return "Nothing happens: it is paused. Who waits in it goes on when it is resumed."
    if row.state == Journey.State.ARCHIVED:
        return "It is archived: nobody comes in."
    if stopped:
        return f"Nothing goes out: all marketing mail is stopped. {stopped}".strip()
    if glance.mailed_week:
        return ""
    reasons = held_back(row.pk, now)[:FEW]
    if reasons:
        told = "; ".join(f"{count:,} × {words(reason).lower()}" for reason, count in reasons)
        return f"Nobody was mailed in the last 7 days: {told}."
    if glance.armed or glance.waiting:
        return "Nobody was mailed in the last 7 days: everybody in it still waits."
    return "Nobody came in within the last 7 days: what it starts with did not happen."


def _stopped() -> str:
    row = Policy.objects.filter(stopped_at__isnull=False).first()
    return "" if row is None else row.stopped_why or "See Automation → Sending policy."
