"""The guided form of a campaign: who, what, when, how carefully. Nothing typed is ever lost."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from campaigns.checking import KEYS
from campaigns.contracts import Audience, CampaignDraft, CampaignRefusedError, VariantDraft
from campaigns.models import Campaign
from campaigns.queries.audience import audience_of
from campaigns.services import saving
from cdp.admin_campaign import choices
from cdp.admin_campaign import typed as forms
from cdp.admin_campaign.rights import ADD, CHANGE, LOOK, actor, around, campaign_or_404, require
from cdp.admin_campaign.typed import Typed
from cdp.lib.clock import utc_now
from consent.contracts import EMAIL_MARKETING
from mailing.queries.counts import policy

EMPTY = CampaignDraft("", EMAIL_MARKETING, Audience(), (VariantDraft("A", ""),))


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new draft; `?segment=` names who is included."""
    require(request, LOOK, ADD)
    if request.method == "POST":
        return _saved(request, forms.of_post(request.POST), None)
    form = forms.of_draft(EMPTY)
    form.include = [one for one in request.GET.getlist("segment") if one.isdigit()][:10]
    return _page(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """A draft. What is no draft any more is shown on its own page instead."""
    require(request, LOOK, CHANGE)
    row = campaign_or_404(campaign_id)
    if row.state not in Campaign.EDITABLE and request.method != "POST":
        messages.info(request, saving.NOT_A_DRAFT)
        return HttpResponseRedirect(reverse("campaign", args=[row.pk]))
    if request.method == "POST":
        return _saved(request, forms.of_post(request.POST), row)
    return _page(request, forms.of_draft(saving.draft_of(row, audience_of(row))), row)


def _saved(request: HttpRequest, form: Typed, row: Campaign | None) -> HttpResponse:
    draft = form.draft()
    if form.errors:
        return _page(request, form, row)
    try:
        kept = saving.save_campaign(draft, campaign_id=row.pk if row else None, by=actor(request), now=utc_now())
    except CampaignRefusedError as error:
        form.fail(error.faults)
        if row is not None:
            form.texts["seen"] = Campaign.objects.get(pk=row.pk).updated_at.isoformat()
        return _page(request, form, row)
    messages.info(request, f"“{kept.name}” is saved as a draft. Look at it here, then send it.")
    return HttpResponseRedirect(reverse("campaign", args=[kept.pk]))


def _page(request: HttpRequest, form: Typed, row: Campaign | None) -> HttpResponse:
    text = form.texts
    segments = choices.segments()
    context: dict[str, Any] = around(
        request,
        f"Edit “{row.name}”" if row else "New campaign",
        campaign=row,
        form=form,
        problems=sum(map(len, form.errors.values())),
        general=form.errors.get("", []),
        segments=sorted(segments, key=lambda one: one.value not in {*form.include, *form.exclude}),
        templates=choices.templates({text for name, text in form.texts.items() if name.startswith("template_")}),
        purposes=choices.purposes(),
        variants=[
            {
                "key": key,
                "template": text[f"template_{key}"],
                "subject": text[f"subject_{key}"],
                "share": text[f"share_{key}"],
                "is_used": key == "A" or bool(text[f"template_{key}"]),
            }
            for key in KEYS
        ],
        passed=Campaign.Passed.choices,
        metrics=Campaign.Metric.choices,
        whens=WHENS,
        zone=timezone.get_current_timezone_name(),
        approval_above=policy().approval_above,
        back=reverse("campaign", args=[row.pk]) if row else reverse("campaigns"),
    )
    return TemplateResponse(request, "campaigns/edit.html", context)


WHENS = (
    ("now", "As soon as I send it", "It starts within seconds."),
    ("instant", "At one instant, for everybody", "A day and a time by your clock."),
    ("local", "At the same time of day for everybody", "Nine in the morning is nine for each person."),
)
