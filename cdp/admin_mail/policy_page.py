"""The sending policy in plain words and its form, and the switch that stops all marketing."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from cdp.admin_mail import policy_form
from cdp.admin_mail.policy_form import PolicyForm, allowances, in_words
from cdp.admin_mail.rights import CHANGE_POLICY, SEE_POLICY, around, may_stop, require, require_stop
from cdp.admin_mail.standing import standing
from cdp.lib.admin_parts import actor, may
from cdp.lib.clock import known_zones, utc_now
from mailing.models import DomainPace, Policy
from mailing.services import policies as services
from mailing.services.policies import NotPossibleError

BLANK_ROWS = 2


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The form, and its saving."""
    require(request, SEE_POLICY)
    if request.method != "POST":
        return _page(request, None)
    require(request, CHANGE_POLICY)
    form = policy_form.of_post(request.POST)
    values, paces = form.values(), form.paces()
    if form.errors:
        return _page(request, form)
    services.save_policy(values, by=actor(request))
    services.save_domain_paces(paces, by=actor(request))
    messages.info(request, "Saved: every mail that is not handed over yet follows.")
    return HttpResponseRedirect(reverse("mail-policy"))


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Stops all marketing, with a reason."""
    require_stop(request)
    try:
        services.stop_marketing(request.POST.get("why", "").replace("\0", ""), by=actor(request), now=utc_now())
    except NotPossibleError as error:
        messages.error(request, str(error))
    else:
        messages.warning(request, "All marketing is stopped. What was being handed over at this moment still went.")
    return HttpResponseRedirect(reverse("mail-policy"))


@require_POST
def resume(request: HttpRequest) -> HttpResponse:
    """Lets marketing go out again."""
    require_stop(request)
    services.resume_marketing(by=actor(request))
    messages.info(request, "Marketing goes out again. Each waiting mail is asked about once more first.")
    return HttpResponseRedirect(reverse("mail-policy"))


def _page(request: HttpRequest, form: PolicyForm | None) -> HttpResponse:
    row = Policy.objects.select_related("stopped_by").filter(pk=1).first() or Policy()
    paces = dict(DomainPace.objects.order_by("domain").values_list("domain", "per_minute"))
    shown = form or policy_form.of_policy(row, paces)
    today = utc_now().astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).date()
    context: dict[str, Any] = around(
        request,
        "Sending policy",
        "mail-policy",
        policy=row,
        form=shown,
        words=in_words(row, paces, today),
        domains=[*shown.domains, *[("", "")] * BLANK_ROWS],
        hours=[("", "none"), *((str(hour), f"{hour}:00") for hour in range(24))],
        zones=sorted(known_zones()),
        company_zone=settings.COMPANY_TIME_ZONE,
        allowances=allowances(row, today),
        standing=standing(),
        may_change_policy=may(request, CHANGE_POLICY),
        may_stop=may_stop(request),
    )
    return TemplateResponse(request, "admin/mail/policy.html", context)
