"""A variant's mail as a sample person would get it: in a sandboxed frame, and as a test mail to somebody of staff."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from campaigns.models import Campaign, Variant
from campaigns.services.preparing import with_subject
from campaigns.services.saving import subject_of
from cdp.admin_campaign.rights import CHANGE, LOOK, actor, campaign_or_404, require
from cdp.admin_mail.asking import Asked
from cdp.admin_mail.preview_page import document, shown_document
from cdp.admin_mail.previewing import Shown, links_to_nowhere, preview
from cdp.lib.clock import utc_now
from mailing.models import MailTemplate, TemplateVersion
from mailing.services.sending_tests import TestMailError, send_test_mail

NOTHING = (
    '<!doctype html><html lang="en"><title>Preview</title><body><p>This mail was not published yet.</p></body></html>'
)


@require_safe
def frame(request: HttpRequest, campaign_id: int, key: str) -> HttpResponse:
    """The mail alone, for the frame; says why where there is none."""
    require(request, LOOK)
    shown = _shown(request, _variant(campaign_or_404(campaign_id), key))
    return document(NOTHING) if shown is None else shown_document(shown, is_dark=request.GET.get("scheme") == "dark")


@require_POST
def test(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Every variant to one address, marked [Test], as the sample person would get it."""
    require(request, LOOK, CHANGE)
    row = campaign_or_404(campaign_id)
    to = request.POST.get("to", "").strip()[:254]
    try:
        for variant in row.variants.order_by("key"):
            shown = _shown(request, variant)
            if shown is None or shown.rendered is None:
                raise TestMailError("This mail cannot be rendered yet: open it in the editor and mend what it lists.")
            send_test_mail(
                shown.rendered,
                to,
                links_to_nowhere(request),
                subject=subject_of(row),
                by=actor(request),
                now=utc_now(),
            )
    except TestMailError as error:
        messages.error(request, str(error))
    else:
        messages.info(request, f"Sent to {to}. It may take a moment to arrive.")
    return HttpResponseRedirect(reverse("campaign", args=[row.pk]))


def _variant(row: Campaign, key: str) -> Variant:
    found = row.variants.filter(key=key).first()
    if found is None:
        raise Http404("There is no such variant.")
    return found


def _shown(request: HttpRequest, variant: Variant) -> Shown | None:
    """As what was pinned, or would be, is rendered."""
    template = MailTemplate.objects.filter(slug=variant.template).first()
    rows = TemplateVersion.objects.filter(template=template).order_by("-number")
    version = (rows.filter(number=variant.version) if variant.version else rows).first()
    if template is None or version is None:
        return None
    content = with_subject(version.content, variant.subject) if variant.subject else version.content
    return preview(request, template, Asked(content, str(content.get("default", "en"))), utc_now())
