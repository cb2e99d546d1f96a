"""All mail templates: what each says, whether its draft differs from what goes out, and what sends it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cdp.admin_mail.reading import read_out
from cdp.admin_mail.rights import ADD, CHANGE, LOOK, around, require
from cdp.admin_mail.usage import Use, uses
from cdp.lib.admin_parts import actor
from cdp.lib.clock import utc_now
from mailing.models import MailTemplate, TemplateVersion
from mailing.services import templates as services
from mailing.services.templates import TemplateRefusedError

MOST_USES = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One template. `version` is None where nothing was published; `status` says how the draft stands to it."""

    row: MailTemplate
    subject: str
    locales: tuple[str, ...]
    version: int | None
    published_at: datetime | None
    status: str
    uses: tuple[Use, ...]
    more_uses: int


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The list; `?archived=yes` shows what was put away."""
    require(request, LOOK)
    is_archive = request.GET.get("archived") == "yes"
    newest = TemplateVersion.objects.filter(template=OuterRef("pk")).order_by("-number")
    rows = MailTemplate.objects.filter(archived_at__isnull=not is_archive).annotate(
        last_number=Subquery(newest.values("number")[:1]),
        last_at=Subquery(newest.values("published_at")[:1]),
        last_content=Subquery(newest.values("content")[:1]),
    )
    used = uses()
    lines = [_line(row, used.get(row.slug, ())) for row in rows.order_by("name", "pk")]
    archived = MailTemplate.objects.filter(archived_at__isnull=False).count() if not is_archive else len(lines)
    context: dict[str, Any] = around(
        request,
        "Archived mails" if is_archive else "Mail templates",
        "mail-templates",
        lines=lines,
        headline=_headline(lines, is_archive=is_archive),
        is_archive=is_archive,
        archived=archived,
    )
    return TemplateResponse(request, "admin/mail/list.html", context)


@require_POST
def duplicate(request: HttpRequest, template_id: int) -> HttpResponse:
    """A copy, opened to be changed."""
    require(request, LOOK, ADD)
    try:
        made = services.duplicate_template(found(template_id).pk, by=actor(request))
    except TemplateRefusedError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("mail-templates"))
    messages.info(request, f"“{made.name}” is a copy that nothing sends yet: change it, then publish it.")
    return HttpResponseRedirect(reverse("mail-template", args=[made.pk]))


@require_POST
def archive(request: HttpRequest, template_id: int) -> HttpResponse:
    """Puts it away, or takes it back: `to` says which. Undone by the same button."""
    require(request, LOOK, CHANGE)
    row = found(template_id)
    if request.POST.get("to") == "back":
        services.unarchive_template(row.pk, by=actor(request))
        messages.info(request, f"“{row.name}” is among the templates again.")
        return HttpResponseRedirect(reverse("mail-template", args=[row.pk]))
    live = [use for use in uses().get(row.slug, ()) if use.is_live]
    if live:
        named = ", ".join(f"“{use.name}”" for use in live[:MOST_USES])
        messages.error(request, f"“{row.name}” is sent by {named}: give them another mail first, then archive it.")
        return HttpResponseRedirect(reverse("mail-templates"))
    services.archive_template(row.pk, by=actor(request), now=utc_now())
    messages.info(request, f"“{row.name}” is archived: it is offered no more. Archived mails can be taken back.")
    return HttpResponseRedirect(reverse("mail-templates"))


def found(template_id: int) -> MailTemplate:
    """The template; raises Http404."""
    row = MailTemplate.objects.filter(pk=template_id).first()
    if row is None:
        raise Http404("There is no such mail: it may have been deleted.")
    return row


def status_words(row: MailTemplate, last: TemplateVersion | None) -> str:
    """How the draft stands to what goes out."""
    return _status(last.number if last else None, row.draft, last.content if last else None)


def _line(row: Any, used: tuple[Use, ...]) -> Line:
    variant = _default_variant(row.draft)
    return Line(
        row,
        read_out(str(variant.get("subject") or "")),
        tuple(row.draft.get("locales") or ()),
        row.last_number,
        row.last_at,
        _status(row.last_number, row.draft, row.last_content),
        used[:MOST_USES],
        max(len(used) - MOST_USES, 0),
    )


def _default_variant(content: Any) -> dict[str, Any]:
    locales = content.get("locales") if isinstance(content, dict) else None
    found_ = locales.get(content.get("default")) if isinstance(locales, dict) else None
    return found_ if isinstance(found_, dict) else {}


def _status(number: int | None, draft: Any, published: Any) -> str:
    if number is None:
        return "Not published yet"
    return f"Version {number} is out" if draft == published else f"Draft differs from version {number}"


def _headline(lines: list[Line], *, is_archive: bool) -> str:
    if is_archive:
        return f"{len(lines)} archived" if lines else "Nothing is archived"
    live = sum(1 for line in lines if any(use.is_live for use in line.uses))
    are = "1 mail template" if len(lines) == 1 else f"{len(lines)} mail templates"
    return f"{are}, {live} sent by something that is live"
