"""Publishing: what changed, what sends it, what must be mended first; and earlier versions, to be restored."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cdp.admin_mail.asking import Asked
from cdp.admin_mail.changes import changes
from cdp.admin_mail.list_page import found, status_words
from cdp.admin_mail.preview_page import shown_document
from cdp.admin_mail.previewing import Finding, lint, preview
from cdp.admin_mail.rights import CHANGE, LOOK, PUBLISH, around, require
from cdp.admin_mail.usage import uses
from cdp.lib.admin_parts import actor
from cdp.lib.clock import utc_now
from mailing.content import ContentError, parse
from mailing.models import MailTemplate, TemplateVersion
from mailing.queries.brand import brand_facts
from mailing.rendering import compile_content
from mailing.services import templates as services
from mailing.services.templates import DraftConflictError, TemplateRefusedError

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Past:
    """A version with what it changed against the one before it."""

    row: TemplateVersion
    by: str
    changes: list[str]
    is_draft: bool


@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, template_id: int) -> HttpResponse:
    """What would change for whom, then the button. A draft that cannot be sent is never published."""
    require(request, LOOK, PUBLISH)
    row = found(template_id)
    last = row.versions.order_by("-number").first()
    findings = [*lint(row.draft, row.kind), *_uncompilable(row)]
    errors = list({one.message: one for one in findings if one.level == "error"}.values())
    if request.method == "POST" and not errors:
        return _publish(request, row)
    context: dict[str, Any] = around(
        request,
        f"Publish “{row.name}”",
        "mail-templates",
        template=row,
        last=last,
        changes=changes(last.content if last else None, row.draft),
        uses=uses().get(row.slug, ()),
        errors=errors,
        warnings=[one for one in findings if one.level == "warning"],
        is_same=last is not None and last.content == row.draft,
        seen=row.updated_at.isoformat(),
    )
    return TemplateResponse(request, "admin/mail/publish.html", context)


@require_safe
def versions(request: HttpRequest, template_id: int) -> HttpResponse:
    """All versions, newest first."""
    require(request, LOOK)
    row = found(template_id)
    rows = list(row.versions.select_related("published_by").order_by("-number")[: SHOWN + 1])
    before = [each.content for each in rows[1:]] + [None]
    past = [
        Past(one, _called(one), changes(old, one.content), one.content == row.draft)
        for one, old in zip(rows[:SHOWN], before, strict=False)
    ]
    context: dict[str, Any] = around(
        request,
        f"Versions of “{row.name}”",
        "mail-templates",
        template=row,
        past=past,
        status=status_words(row, rows[0] if rows else None),
        draft_changes=changes(rows[0].content, row.draft) if rows else [],
    )
    return TemplateResponse(request, "admin/mail/versions.html", context)


@require_safe
def version_frame(request: HttpRequest, template_id: int, number: int) -> HttpResponse:
    """A version as the sample person would get it."""
    require(request, LOOK)
    row = found(template_id)
    version = row.versions.filter(number=number).first()
    if version is None:
        raise Http404("There is no such version.")
    asked = Asked(version.content, str(version.content.get("default", "en")))
    return shown_document(preview(request, row, asked, utc_now()))


@require_POST
def restore(request: HttpRequest, template_id: int, number: int) -> HttpResponse:
    """Makes a version the draft; what goes out stays until it is published."""
    require(request, LOOK, CHANGE)
    row = found(template_id)
    try:
        services.restore_version(row.pk, number, by=actor(request), now=utc_now())
    except TemplateVersion.DoesNotExist:
        raise Http404("There is no such version.") from None
    messages.info(request, f"Version {number} is the draft now. Nothing that goes out changed: publish it for that.")
    return HttpResponseRedirect(reverse("mail-template", args=[row.pk]))


def _publish(request: HttpRequest, row: MailTemplate) -> HttpResponse:
    if request.POST.get("seen") != row.updated_at.isoformat():
        messages.error(request, "The draft was saved meanwhile: look at what changes now, then publish.")
        return HttpResponseRedirect(reverse("mail-publish", args=[row.pk]))
    try:
        made = services.publish_template(row.pk, seen=row.updated_at, by=actor(request))
    except (TemplateRefusedError, DraftConflictError) as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("mail-publish", args=[row.pk]))
    live = [use.name for use in uses().get(row.slug, ()) if use.is_live]
    who = f"{', '.join(f'“{name}”' for name in live)} sends it from now on" if live else "nothing sends it yet"
    messages.info(request, f"Version {made.number} of “{row.name}” is out: {who}.")
    return HttpResponseRedirect(reverse("mail-template", args=[row.pk]))


def _uncompilable(row: MailTemplate) -> list[Finding]:
    """Why a language of the draft could not be sent at all."""
    try:
        content = parse(row.draft)
        brand = brand_facts()
        for locale in content.locales:
            compile_content(content, locale, brand)
    except ContentError as error:
        return [Finding("error", problem.message[:1].upper() + problem.message[1:]) for problem in error.problems]
    return []


def _called(version: TemplateVersion) -> str:
    user = version.published_by
    return (user.get_full_name() or user.get_username()) if user else ""
