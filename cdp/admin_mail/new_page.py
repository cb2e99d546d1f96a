"""A new mail: from one that ships with the service, as a marketer would start it, or empty."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from cdp.admin_mail.rights import ADD, LOOK, around, require
from cdp.admin_mail.starting import EMPTY, start, starts
from cdp.lib.admin_parts import actor
from mailing.models import MailTemplate
from mailing.services.templates import NewTemplate, TemplateRefusedError, create_template


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """What to begin with, and its name."""
    require(request, LOOK, ADD)
    if request.method != "POST":
        return _page(request, {"start": request.GET.get("start", EMPTY), "name": "", "kind": "marketing"})
    typed = {name: request.POST.get(name, "").replace("\0", "").strip() for name in ("start", "name", "kind")}
    chosen = start(typed["start"])
    if chosen is None:
        return _page(request, typed, error="Choose what to begin with.")
    kind = chosen.kind or typed["kind"]
    shipped = "" if chosen.code == EMPTY else chosen.code
    new = NewTemplate(typed["name"] or chosen.name, kind, chosen.content, shipped=shipped)
    try:
        made = create_template(new, by=actor(request))
    except TemplateRefusedError as error:
        return _page(request, typed, error=str(error))
    messages.info(request, f"“{made.name}” is a draft: nobody gets it before you publish it and something sends it.")
    return HttpResponseRedirect(reverse("mail-template", args=[made.pk]))


def _page(request: HttpRequest, typed: dict[str, str], *, error: str = "") -> HttpResponse:
    context: dict[str, Any] = around(
        request,
        "New mail",
        "mail-templates",
        typed=typed,
        starts=starts(),
        error=error,
        kinds=MailTemplate.Kind.choices,
    )
    return TemplateResponse(request, "admin/mail/new.html", context)
