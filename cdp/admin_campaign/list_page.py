"""All campaigns: what runs, what waits for somebody, and what the others brought."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from campaigns.contracts import Audience
from campaigns.models import AudiencePart, Campaign
from campaigns.queries.listing import brought
from campaigns.queries.progress import counts_of
from cdp.admin_campaign import choices
from cdp.admin_campaign.rights import LOOK, around, require
from cdp.admin_campaign.words import TAGS, audience_words, percent, when_words

PAGE = 30
FILTERS = (
    ("", "All", ()),
    ("open", "Running and planned", ("scheduled", "running", "paused", "approval")),
    ("draft", "Drafts", ("draft",)),
    ("ended", "Ended", ("done", "cancelled")),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One campaign. `share`: how far it is, while it runs; rates are empty where nothing was sent."""

    row: Campaign
    tag: str
    audience: str
    when: str
    at: datetime | None
    recipients: int
    sent: int
    click_rate: str
    revenue: str
    share: float | None


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The list, the newest first, 30 a page."""
    require(request, LOOK)
    chosen = next((one for one in FILTERS if one[0] == request.GET.get("show", "")), FILTERS[0])
    rows = Campaign.objects.order_by("-pk")
    if chosen[2]:
        rows = rows.filter(state__in=chosen[2])
    before = request.GET.get("before", "")
    if before.isdigit():
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: PAGE + 1])
    shown = found[:PAGE]
    context: dict[str, Any] = around(
        request,
        "Campaigns",
        lines=_lines(shown),
        headline=_headline(),
        filters=[(key, words, key == chosen[0]) for key, words, _ in FILTERS],
        chosen=chosen[0],
        more=shown[-1].pk if len(found) > PAGE else None,
        is_empty=not shown and not chosen[0] and not before,
    )
    return TemplateResponse(request, "campaigns/list.html", context)


def _lines(rows: list[Campaign]) -> list[Line]:
    ids = [row.pk for row in rows]
    counts, figures, names = counts_of(ids), brought(ids), choices.segment_names()
    parts: dict[int, list[AudiencePart]] = {}
    for part in AudiencePart.objects.filter(campaign__in=ids).order_by("segment_id"):
        parts.setdefault(part.campaign_id, []).append(part)
    lines = []
    for row in rows:
        states, theirs = counts[row.pk], parts.get(row.pk, [])
        total, sent = sum(states.values()), states.get("sent", 0)
        open_ = states.get("waiting", 0) + states.get("queued", 0)
        audience = Audience(
            tuple(one.segment_id for one in theirs if not one.is_excluded),
            tuple(one.segment_id for one in theirs if one.is_excluded),
            row.is_everybody,
        )
        lines.append(
            Line(
                row,
                TAGS[row.state],
                audience_words(audience, names),
                when_words(row),
                row.ended_at or row.started_at or row.starts_at or row.updated_at,
                total,
                sent,
                percent(round(figures[row.pk] / sent, 4)) if sent else "",
                "",
                1 - open_ / total if total and row.state in ("running", "paused") else None,
            )
        )
    return lines


def _headline() -> str:
    states: dict[str, int] = {}
    for state in Campaign.objects.filter(state__in=FILTERS[1][2]).values_list("state", flat=True):
        states[state] = states.get(state, 0) + 1
    told = (
        ("running", "{} running"), ("paused", "{} paused"), ("scheduled", "{} planned"),
        ("approval", "{} waiting for approval"),
    )  # fmt: skip
    said = [words.format(states[state]) for state, words in told if states.get(state)]
    if not said:
        return "Nothing is running or planned"
    return f"{' · '.join(said)}"
