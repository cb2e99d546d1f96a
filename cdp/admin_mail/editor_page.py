"""The editor of one mail, the saving of its draft, and what to call it. Without script the draft is edited as JSON."""

import json
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.timezone import localtime
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cdp.admin_mail.asking import BadAskError, body_of, refused
from cdp.admin_mail.facts import editor_facts
from cdp.admin_mail.list_page import found, status_words
from cdp.admin_mail.rights import CHANGE, LOOK, around, require
from cdp.admin_mail.usage import uses
from cdp.admin_placement.pictures import let_pictures_in, shown
from cdp.lib.admin_parts import actor
from cdp.lib.clock import utc_now
from commerce.contracts import ProductFacts
from commerce.models import Product
from mailing.models import MailTemplate
from mailing.services import templates as services
from mailing.services.templates import DraftConflictError, TemplateRefusedError

MOST_PRODUCTS, LONGEST = 10, 200
FIELDS = ProductFacts.__struct_fields__


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, template_id: int) -> HttpResponse:
    """The page; by POST the name and kind (`what=describe`), or the draft as JSON (`what=save`)."""
    require(request, LOOK)
    row = found(template_id)
    if request.method != "POST":
        return _page(request, row)
    require(request, CHANGE)
    if request.POST.get("what") == "describe":
        return _describe(request, row)
    return _save_without_script(request, row)


@require_POST
def draft(request: HttpRequest, template_id: int) -> HttpResponse:
    """Autosave: {content, seen} → {seen, at, status}; 409 with the other draft where somebody else saved meanwhile."""
    require(request, LOOK, CHANGE)
    row = found(template_id)
    try:
        body = body_of(request)
        content = body.get("content")
        if not isinstance(content, dict):
            raise BadAskError("content must be an object.")
        saved = services.save_draft(row.pk, content, seen=_instant(body.get("seen")), by=actor(request), now=utc_now())
    except (BadAskError, TemplateRefusedError) as error:
        return refused(error)
    except DraftConflictError as error:
        return JsonResponse(
            {"error": _conflict_words(error.row), "content": error.row.draft, "seen": error.row.updated_at.isoformat()},
            status=409,
        )
    words = status_words(saved, saved.versions.order_by("-number").first())
    return JsonResponse({"seen": saved.updated_at.isoformat(), "at": saved.updated_at.isoformat(), "status": words})


@require_safe
def products(request: HttpRequest) -> HttpResponse:
    """Products found by name or id, to be chosen for a block: {items: [{value, words, note}]}."""
    require(request, LOOK)
    text = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    rows = Product.objects.filter(name__icontains=text) if text else Product.objects.filter(in_stock=True)
    ordered = rows.order_by("-active", "-in_stock", "name", "product_id").values_list(*FIELDS)[:MOST_PRODUCTS]
    facts = [shown(ProductFacts(*each)) for each in ordered]
    items = [{"value": one.product_id, "words": one.name, "note": f"{one.price} {one.note}".strip()} for one in facts]
    return JsonResponse({"items": items})


def _describe(request: HttpRequest, row: MailTemplate) -> HttpResponse:
    try:
        services.describe_template(
            row.pk,
            name=request.POST.get("name", ""),
            kind=request.POST.get("kind", row.kind),
            notes=request.POST.get("notes", "").replace("\0", "")[:2_000],
            by=actor(request),
        )
    except TemplateRefusedError as error:
        messages.error(request, str(error))
    else:
        messages.info(request, "Saved.")
    return HttpResponseRedirect(reverse("mail-template", args=[row.pk]))


def _save_without_script(request: HttpRequest, row: MailTemplate) -> HttpResponse:
    """The textarea; what was typed is kept where it cannot be saved."""
    typed = request.POST.get("content", "")
    try:
        content = json.loads(typed)
        if not isinstance(content, dict):
            raise TemplateRefusedError("An object is expected.")
        services.save_draft(row.pk, content, seen=_instant(request.POST.get("seen")), by=actor(request), now=utc_now())
    except (ValueError, RecursionError) as error:
        return _page(request, row, typed=typed, error=f"Not saved: {error}")
    except DraftConflictError as error:
        return _page(request, error.row, typed=typed, error=f"{_conflict_words(error.row)} Saving now writes over it.")
    messages.info(request, "The draft is saved.")
    return HttpResponseRedirect(reverse("mail-template", args=[row.pk]))


def _page(request: HttpRequest, row: MailTemplate, *, typed: str = "", error: str = "") -> HttpResponse:
    last = row.versions.order_by("-number").first()
    context: dict[str, Any] = around(
        request,
        row.name,
        "mail-templates",
        template=row,
        last=last,
        status=status_words(row, last),
        uses=uses().get(row.slug, ()),
        facts=editor_facts(request, row),
        typed=typed or json.dumps(row.draft, indent=2, ensure_ascii=False),
        error=error,
        kinds=MailTemplate.Kind.choices,
        own_address=getattr(request.user, "email", "") or "",
        is_fullwidth="1",
    )
    return let_pictures_in(request, TemplateResponse(request, "admin/mail/edit.html", context))


def _conflict_words(row: MailTemplate) -> str:
    return f"This mail was saved elsewhere since you opened it, {localtime(row.updated_at):%-d %b at %H:%M}."


def _instant(text: object) -> datetime | None:
    """`seen`; what cannot be read was seen by nobody, so it conflicts with whatever is there."""
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return datetime.min.replace(tzinfo=utc_now().tzinfo)
