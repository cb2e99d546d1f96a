"""Pieces that pages load by themselves: the count of an audience, and how far a campaign is."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from campaigns.contracts import Audience, Reach
from campaigns.models import Campaign
from campaigns.queries.audience import audience_of, reach
from campaigns.queries.progress import progress
from cdp.admin_campaign import typed as forms
from cdp.admin_campaign.rights import LOOK, around, campaign_or_404, require
from cdp.admin_campaign.words import (
    Line,
    left_out_lines,
    minutes_words,
    pace_words,
    people,
    reach_headline,
    reason_words,
)
from cdp.lib.clock import utc_now
from consent.contracts import EMAIL_MARKETING
from mailing.queries.counts import policy

STATES = (
    ("sent", "Sent"),
    ("queued", "Being sent"),
    ("waiting", "Waiting for their turn"),
    ("suppressed", "Not sent: no longer allowed"),
    ("failed", "Refused for good by the mail server"),
    ("unknown", "Unknown: handed over or not, never sent again"),
    ("held_out", "Held out for comparison"),
    ("skipped", "Skipped"),
)


@require_POST
def count(request: HttpRequest) -> HttpResponse:
    """How many the audience in the form reaches now; a piece of the page, never an old number."""
    require(request, LOOK)
    form = forms.of_post(request.POST)
    purpose = form.texts["purpose"] or EMAIL_MARKETING
    return _reach(request, form.audience(), purpose, form.draft().holdout_share)


@require_safe
def reached(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The same of a campaign as it is stored."""
    require(request, LOOK)
    row = campaign_or_404(campaign_id)
    return _reach(request, audience_of(row), row.purpose_code, row.holdout_share)


@require_safe
def progressed(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """How far it is; asked again every few seconds while it runs."""
    require(request, LOOK)
    row = campaign_or_404(campaign_id)
    return TemplateResponse(request, "campaigns/part_progress.html", around(request, "", **progress_context(row)))


def progress_context(row: Campaign) -> dict[str, Any]:
    """What the progress piece shows."""
    found = progress(row, utc_now())
    return {
        "campaign": row,
        "progress": found,
        "headline": _headline(row, found.ended, found.recipients),
        "states": [Line(found.states[state], words) for state, words in STATES if found.states.get(state)],
        "ends": [Line(n, reason_words(reason)) for (_, reason), n in found.ends.items()],
        "pace": pace_words(found.per_minute),
        "left": minutes_words(found.minutes_left) if found.minutes_left is not None and found.minutes_left > 0 else "",
        "percent": int(found.share * 100),
        "is_moving": row.state == Campaign.State.RUNNING,
        "is_stopped": policy().stopped_at is not None,
    }


def _headline(row: Campaign, ended: int, whole: int) -> str:
    if row.state == Campaign.State.DONE:
        return f"All {people(whole)} are accounted for" if whole != 1 else "The one recipient is accounted for"
    if row.state == Campaign.State.CANCELLED:
        return "Cancelled: whoever had no mail yet gets none"
    paused = "Paused: " if row.state == Campaign.State.PAUSED else ""
    return f"{paused}{ended:,} of {people(whole)} done"


def _reach(request: HttpRequest, audience: Audience, purpose: str, holdout_share: Decimal) -> HttpResponse:
    is_chosen = bool(audience.include or audience.is_everybody)
    found = reach(audience, purpose, utc_now()) if is_chosen else Reach(0, 0)
    above = policy().approval_above
    held_out = round(found.mailable * max(min(holdout_share, Decimal(1)), Decimal(0)))
    context = {
        "gets": found.mailable - held_out,
        "held_out": held_out,
        "is_chosen": is_chosen,
        "reach": found,
        "headline": reach_headline(found),
        "lines": left_out_lines(found.left_out),
        "needs_approval": found.mailable > above,
        "approval_above": above,
    }
    return TemplateResponse(request, "campaigns/part_reach.html", context)
