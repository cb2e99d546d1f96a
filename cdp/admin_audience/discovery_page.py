"""Groups that were discovered: what sets each apart, the rule that comes nearest and how near; dismissed, or used."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import slugify

from audiences.models import DiscoveryRun, Proposal
from audiences.queries.discovery import SAMPLE, latest_discovery, proposals_of
from audiences.services import discovery as service
from cdp.admin_audience.parts import around, segment_url
from cdp.admin_home.works import works
from cdp.jobs.models import Job
from cdp.lib.admin_parts import may, require
from cdp.lib.clock import utc_now
from consent.reasons import reason_words
from segments.rules import RuleError, parse_rule

LOOK, CHANGE = "audiences.view_proposal", "audiences.change_proposal"
CLOSE, FAIR = 0.8, 0.6
MOST_SLUG = 40
LEAST_LIFT, SAME = 0.05, 1.2
"""Lifts that say nothing are not told: almost none at all, and about the same."""


@dataclass(frozen=True, slots=True)
class Card:
    """A proposal as the page shows it."""

    proposal: Proposal
    share: str
    lines: list[tuple[str, str]]
    sentence: str
    precision: str
    recall: str
    nearness: str
    tag: str
    segment_url: str


def page(request: HttpRequest) -> HttpResponse:
    """The proposals of the newest search, what works, and how to begin."""
    require(request, LOOK)
    run, now = latest_discovery(), utc_now()
    found = proposals_of(run) if run else []
    cards = [_card(request, one) for one in found]
    context = {
        "run": run,
        "works": works((service.KIND,), now),
        "failed": _failed(run),
        "may_change": may(request, CHANGE),
        "headline": _headline(run, found),
        "cards": [card for card in cards if card.proposal.state != Proposal.State.DISMISSED],
        "dismissed": [card for card in cards if card.proposal.state == Proposal.State.DISMISSED],
        "left_out": _left_out(run),
        "most": SAMPLE,
    }
    return TemplateResponse(request, "admin/audience/discovery.html", around(request, "Discovered groups", **context))


def act(request: HttpRequest, what: str, pk: int = 0) -> HttpResponse:
    """Queue a search; dismiss a proposal or take that back."""
    require(request, CHANGE)
    if what not in ("search", "dismiss", "restore"):
        raise Http404
    if request.method == "POST":
        if what == "search":
            job = service.discover_later(by=request.user)  # type: ignore[arg-type]  # staff only
            url = reverse("admin:jobs_job_change", args=[job.pk])
            messages.success(
                request, format_html('The search is queued: <a class="underline" href="{}">follow the job</a>.', url)
            )
        elif what == "dismiss":
            service.dismiss(pk)
        else:
            service.restore(pk)
    return HttpResponseRedirect(reverse("discovery"))


def _headline(run: DiscoveryRun | None, found: list[Proposal]) -> str:
    if run is None:
        return "Nobody has looked for groups yet"
    open_ones = sum(one.state != Proposal.State.DISMISSED for one in found)
    groups = "1 group" if open_ones == 1 else f"{open_ones} groups"
    return f"{groups} of people who behave alike, found among {run.sampled:,}"


def _card(request: HttpRequest, one: Proposal) -> Card:
    sentence, url = _sentence(one.rule), ""
    if one.state == Proposal.State.OPEN:
        url = segment_url(request, one.title, slugify(one.title)[:MOST_SLUG].strip("-") or "found", one.rule)
    worse = min(one.precision, one.recall)
    nearness = "comes close" if worse >= CLOSE else "comes near" if worse >= FAIR else "only roughly"
    tag = "h-tag-ok" if worse >= CLOSE else "" if worse >= FAIR else "h-tag-warn"
    lines = [(words, _lift(lift)) for words, lift in one.lines]
    share = _percent(one.share)
    return Card(one, share, lines, sentence, _percent(one.precision), _percent(one.recall), nearness, tag, url)


def _sentence(rule: Any) -> str:
    try:
        return parse_rule(rule).sentence()
    except RuleError as error:
        return f"This rule cannot be read any more: {error.message}"


def _lift(lift: float | None) -> str:
    if lift is None or lift < LEAST_LIFT or 1 / SAME < lift < SAME:
        return ""
    return f"{lift:,.1f}\u00a0×"


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", "\u00a0%")


def _left_out(run: DiscoveryRun | None) -> str:
    """How many of those looked at do not allow analytics, and why."""
    if run is None or not run.left_out:
        return ""
    count = sum(run.left_out.values())
    reasons = ", ".join(f"{number:,}: {reason_words(code)}" for code, number in run.left_out.items())
    who = "1 person was" if count == 1 else f"{count:,} people were"
    return f"{who} left out who do not allow analytics ({reasons})."


def _failed(run: DiscoveryRun | None) -> str:
    """Why the newest search found nothing, where it is newer than what is shown."""
    job = Job.objects.filter(kind=service.KIND).order_by("-created_at").first()
    if job is None or job.state != Job.State.FAILED or (run is not None and run.at > job.created_at):
        return ""
    return (job.error.strip().splitlines() or [""])[-1]
