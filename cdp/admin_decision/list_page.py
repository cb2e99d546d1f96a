"""All decided places: how each is decided, and what it answered in a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_safe

from cdp.admin_decision.rights import ADD, LOOK, around, require
from cdp.admin_decision.words import BEGINNINGS, HOWS, sentence
from cdp.lib import bulk_sql
from cdp.lib.admin_parts import actor
from cdp.lib.clock import utc_now
from decisions.models import DecisionPlacement
from decisions.services import publishing
from decisions.services.publishing import PlacementRefusedError

LATELY = """
SELECT v.placement_id, count(*), count(d.exposed_at), count(*) FILTER (WHERE d.decided_by = 'fallback')
FROM decisions_decision AS d JOIN decisions_placementversion AS v ON v.id = d.version_id
WHERE d.decided_at > %s::timestamptz GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One place. Counts are of the last day."""

    row: DecisionPlacement
    how: str
    says: str
    answered: str
    seen: str
    fallback: str


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The list, archived ones last."""
    require(request, LOOK)
    rows = list(DecisionPlacement.objects.select_related("version").order_by("key"))
    rows.sort(key=lambda row: row.state == DecisionPlacement.State.ARCHIVED)
    counts = _lately(utc_now())
    live = sum(row.state == DecisionPlacement.State.LIVE for row in rows)
    context = around(
        request,
        "Decided places",
        lines=[_line(row, counts.get(row.pk, (0, 0, 0))) for row in rows],
        headline="1 place is decided" if live == 1 else f"{live} places are decided",
        hows=[(by, *words) for by, words in HOWS.items()],
    )
    return TemplateResponse(request, "decided/list.html", context)


@require_http_methods(["POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A draft of its own to begin with, opened in the editor."""
    require(request, LOOK, ADD)
    name = request.POST.get("name", "").replace("\0", "").strip()
    key = request.POST.get("key", "").strip() or slugify(name)[: publishing.LONGEST_KEY]
    by = request.POST.get("by", "table")
    try:
        row = publishing.save_draft(key, name, dict(BEGINNINGS.get(by, BEGINNINGS["table"])), by=actor(request))
    except PlacementRefusedError as error:
        messages.error(request, " ".join(f"{one.path.capitalize()} {one.message}." for one in error.faults))
        return HttpResponseRedirect(reverse("decided-places"))
    return HttpResponseRedirect(reverse("decided-place", args=[row.pk]))


def _lately(now: datetime) -> Mapping[int, tuple[int, int, int]]:
    rows: list[tuple[Any, ...]] = bulk_sql.fetch(LATELY, [now - timedelta(days=1)])
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def _line(row: DecisionPlacement, counts: tuple[int, int, int]) -> Line:
    raw = row.version.definition if row.version else row.draft
    by = raw.get("by")
    how = HOWS[by][0] if isinstance(by, str) and by in HOWS else "Not defined"
    answered, seen, fallback = counts
    share = f"{100 * fallback / answered:.0f} %" if answered else "–"
    return Line(row, how, sentence(raw), f"{answered:,}" if answered else "–", f"{seen:,}" if answered else "–", share)
