"""One campaign: what it is in sentences, what is to be done next, how far it is and what its variants brought."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from campaigns.checking import faults, lacks
from campaigns.contracts import Fault, Result
from campaigns.models import Campaign, Winner
from campaigns.queries.audience import audience_of
from campaigns.queries.results import results
from campaigns.services.choosing import has_test
from campaigns.services.saving import draft_of
from cdp.admin_campaign import choices
from cdp.admin_campaign.parts import progress_context
from cdp.admin_campaign.rights import LOOK, around, campaign_or_404, require
from cdp.admin_campaign.words import (
    TAGS,
    approve_words,
    audience_words,
    gets_words,
    goes_words,
    left_out_lines,
    percent,
    test_words,
    throttle_words,
    when_words,
)
from cdp.lib.admin_parts import money
from cdp.lib.clock import utc_now
from mailing.models import MailTemplate, TemplateVersion
from mailing.queries.counts import policy

AS_TYPED = ("Seed list", "Notes")


@dataclass(frozen=True, slots=True)
class Mail:
    """A variant as the page shows it."""

    key: str
    name: str
    subject: str
    share: str
    is_there: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """A count and its share of the mails sent."""

    count: int
    rate: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one variant."""

    key: str
    subject: str
    is_winner: bool
    result: Result
    delivered: Figure
    opened: Figure
    clicked: Figure
    unsubscribed: Figure
    complained: Figure
    bounced: Figure
    buyers: Figure
    revenue: str


@require_safe
def page(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Drafts are looked at and sent here; what runs is followed, paused and cancelled; what ended is read."""
    require(request, LOOK)
    row = campaign_or_404(campaign_id)
    mails = _mails(row)
    audience = audience_of(row)
    context: dict[str, Any] = around(
        request,
        row.name,
        campaign=row,
        tag=TAGS[row.state],
        facts=_facts(row, audience_words(audience, choices.segment_names()), len(mails)),
        mails=mails,
        missing=_missing(row) if row.state == Campaign.State.DRAFT else [],
        is_mine=row.asked_by_id == getattr(request.user, "pk", None),
        would_get=gets_words(row.asked_count or 0, row.holdout_share),
        approve=approve_words(row),
        goes=goes_words(row),
        approval_above=policy().approval_above,
        has_started=row.started_at is not None,
        left_out=left_out_lines(row.left_out),
    )
    if row.started_at is not None:
        context |= progress_context(row) | _results(row, mails)
    return TemplateResponse(request, "campaigns/page.html", context)


def _facts(row: Campaign, audience: str, variants: int) -> list[tuple[str, str]]:
    told = [
        ("To", audience),
        ("For", row.purpose.label),
        ("When", when_words(row)),
        ("Late", f"people whose local time has passed {row.get_passed_display()}" if row.when == "local" else ""),
        ("Pace", throttle_words(row)),
        ("Test", test_words(row, variants)),
        (
            "Holdout",
            f"{percent(row.holdout_share)} of addresses get nothing, to measure by" if row.holdout_share else "",
        ),
        (
            "Not to",
            f"whoever got marketing mail in the last {row.not_mailed_hours:,} hours" if row.not_mailed_hours else "",
        ),
        ("Seed list", ", ".join(row.seeds)),
        ("Notes", row.notes),
    ]
    return [(name, words if name in AS_TYPED else words[:1].upper() + words[1:]) for name, words in told if words]


def _mails(row: Campaign) -> list[Mail]:
    variants = list(row.variants.order_by("key"))
    names = dict(MailTemplate.objects.filter(slug__in=[one.template for one in variants]).values_list("slug", "name"))
    several = len(variants) > 1
    return [
        Mail(
            one.key,
            names.get(one.template, "No mail is chosen yet"),
            one.subject or _own_subject(one.template, one.version),
            percent(one.share) if several else "",
            one.template in names,
        )
        for one in variants
    ]


def _own_subject(template: str, version: int | None) -> str:
    """The template's own, in its default language."""
    rows = TemplateVersion.objects.filter(template__slug=template).order_by("-number")
    found = (rows.filter(number=version) if version else rows).values_list("content", flat=True).first()
    if not found:
        return ""
    return str(found.get("locales", {}).get(found.get("default"), {}).get("subject", ""))


def _missing(row: Campaign) -> list[Fault]:
    draft = draft_of(row, audience_of(row))
    return [*faults(draft), *lacks(draft, utc_now())]


def _results(row: Campaign, mails: list[Mail]) -> dict[str, Any]:
    winner = Winner.objects.filter(campaign=row).select_related("chosen_by").first()
    subjects = {one.key: one.subject for one in mails}
    found = results(row)
    return {
        "outcomes": [_outcome(one, subjects.get(one.variant, ""), winner, several=len(mails) > 1) for one in found],
        "several": len(mails) > 1,
        "winner": winner,
        "has_test": has_test(row),
        "may_choose": has_test(row) and winner is None and row.state in ("running", "paused"),
        "window_days": row.window_days,
    }


def _outcome(one: Result, subject: str, winner: Winner | None, *, several: bool) -> Outcome:
    def figure(count: int) -> Figure:
        return Figure(count, percent(round(count / one.sent, 4)) if one.sent else "–")

    is_winner = several and winner is not None and winner.variant == one.variant
    revenue = " + ".join(money(amount, currency) for currency, amount in sorted(one.revenue.items())) or "–"
    return Outcome(
        one.variant,
        subject,
        is_winner,
        one,
        figure(one.delivered),
        figure(one.opened),
        figure(one.clicked),
        figure(one.unsubscribed),
        figure(one.complained),
        figure(one.bounced),
        figure(one.buyers),
        revenue,
    )
