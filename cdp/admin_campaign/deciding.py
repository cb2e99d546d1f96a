"""Whether a campaign goes out: sending with its count shown, the second person's yes or no, and the choice by hand."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.contracts import CampaignRefusedError
from campaigns.models import Campaign
from campaigns.queries.audience import audience_of, reach
from campaigns.services import approving, choosing
from cdp.admin_campaign.rights import APPROVE, CHANGE, LOOK, actor, campaign_or_404, require
from cdp.admin_campaign.words import gets_words, goes_words, left_out_lines, people
from cdp.lib.admin_parts import confirmed
from cdp.lib.clock import utc_now
from mailing.queries.counts import policy


@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """How many get it first, then the button."""
    require(request, LOOK, CHANGE)
    row = campaign_or_404(campaign_id)
    if request.method == "POST":
        return _sent(request, row)
    found = reach(audience_of(row), row.purpose_code, utc_now())
    out = ", ".join(
        f"{line.count:,} ({line.words[:1].lower() + line.words[1:]})" for line in left_out_lines(found.left_out)
    )
    said = f"{people(found.mailable)} may be mailed now."
    said += f" Left out: {out}." if out else ""
    above = policy().approval_above
    needs = found.mailable > above
    if needs:
        said += (
            f" More than {above:,} need a second person's yes: nothing goes out before somebody else with the right to "
            f"approve campaigns has agreed. Their yes sends it {goes_words(row)}."
        )
    else:
        said += f" It goes out {goes_words(row)}; until it has started you can take it back."
    button = "Ask for approval" if needs else "Send campaign" if row.when == "now" else "Schedule campaign"
    title = f"Send “{row.name}” to {gets_words(found.mailable, row.holdout_share)}"
    back = reverse("campaign", args=[row.pk])
    return confirmed(request, title=title, consequence=said, button=button, back=back) or _back(row)


@require_POST
def approve(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The second person's yes; never of who asked."""
    require(request, LOOK, APPROVE)
    row = campaign_or_404(campaign_id)
    try:
        row = approving.approve(row.pk, by=actor(request), now=utc_now())
    except CampaignRefusedError as error:
        messages.error(request, str(error))
    else:
        messages.info(request, f"Approved for {people(row.approved_count or 0)}: it goes out {goes_words(row)}.")
    return _back(row)


@require_POST
def refuse(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The second person's no, with why."""
    require(request, LOOK, APPROVE)
    row = campaign_or_404(campaign_id)
    try:
        approving.refuse(row.pk, request.POST.get("why", ""), by=actor(request), now=utc_now())
    except CampaignRefusedError as error:
        messages.error(request, str(error))
    else:
        messages.info(request, "It is a draft again; whoever asked sees why.")
    return _back(row)


@require_POST
def back(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Back to draft, to change it."""
    require(request, LOOK, CHANGE)
    row = campaign_or_404(campaign_id)
    try:
        approving.back_to_draft(row.pk, by=actor(request), now=utc_now())
    except CampaignRefusedError as error:
        messages.error(request, str(error))
        return _back(row)
    messages.info(request, "It is a draft again: nothing goes out. Send it anew once it is right.")
    return HttpResponseRedirect(reverse("campaign-edit", args=[row.pk]))


@require_POST
def choose(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The winner by hand, before the test's time is over."""
    require(request, LOOK, CHANGE)
    row = campaign_or_404(campaign_id)
    try:
        winner = choosing.choose_by_hand(row.pk, request.POST.get("variant", ""), by=actor(request), now=utc_now())
    except CampaignRefusedError as error:
        messages.error(request, str(error))
    else:
        messages.info(request, f"The rest of the audience gets {winner.variant}.")
    return _back(row)


def _sent(request: HttpRequest, row: Campaign) -> HttpResponse:
    try:
        row = approving.ask_to_send(row.pk, by=actor(request), now=utc_now())
    except CampaignRefusedError as error:
        for _, sentence in error.faults:
            messages.error(request, sentence)
        return _back(row)
    if row.state == Campaign.State.APPROVAL:
        messages.info(request, "It waits for approval: ask a colleague who may approve campaigns to open this page.")
    else:
        messages.info(request, f"It goes out {goes_words(row)}.")
    return _back(row)


def _back(row: Campaign) -> HttpResponse:
    return HttpResponseRedirect(reverse("campaign", args=[row.pk]))
