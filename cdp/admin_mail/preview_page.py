"""What the editor asks of a draft while it is typed: the mail in a frame of its own, its lint, and its code."""

import dataclasses

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods, require_POST

from cdp.admin_mail.asking import Asked, BadAskError, asked_of, refused
from cdp.admin_mail.list_page import found
from cdp.admin_mail.previewing import Finding, Shown, preview
from cdp.admin_mail.rights import LOOK, require
from cdp.lib.clock import utc_now
from cdp.lib.style_hashes import document_policy
from mailing.content import ContentError, parse
from mailing.queries.brand import brand_facts
from mailing.rendering.compiling import mjml_of

DARK = "(prefers-color-scheme: dark)"
ALWAYS, NEVER = "(min-width: 0px)", "(max-width: 0px)"


@require_http_methods(["GET", "HEAD", "POST"])
def frame(request: HttpRequest, template_id: int) -> HttpResponse:
    """The HTML as a document of its own: of the saved draft, or by POST of what is typed (`asked`)."""
    require(request, LOOK)
    row = found(template_id)
    try:
        asked = asked_of(request) if request.method == "POST" else Asked(row.draft, str(row.draft.get("default", "en")))
    except BadAskError as error:
        return document(f"<!doctype html><title>Preview</title><p>{error}</p>", status=400)
    return shown_document(preview(request, row, asked, utc_now()), is_dark=asked.is_dark)


@require_POST
def check(request: HttpRequest, template_id: int) -> HttpResponse:
    """{subject, preheader, text, note, findings}: everything of the preview but its HTML."""
    require(request, LOOK)
    row = found(template_id)
    try:
        shown = preview(request, row, asked_of(request), utc_now())
    except BadAskError as error:
        return refused(error)
    made = shown.rendered
    findings = [dataclasses.asdict(one) for one in _with_warnings(shown)]
    return JsonResponse(
        {
            "subject": made.subject if made else "",
            "preheader": made.preheader if made else "",
            "text": made.text if made else "",
            "note": shown.note,
            "findings": findings,
        }
    )


@require_POST
def code(request: HttpRequest, template_id: int) -> HttpResponse:
    """{code}: the MJML with Liquid that the blocks of one language are."""
    require(request, LOOK)
    found(template_id)
    try:
        asked = asked_of(request)
        return JsonResponse({"code": mjml_of(parse(asked.content).best(asked.locale), brand_facts())})
    except (BadAskError, ContentError) as error:
        return refused(error)


def shown_document(shown: Shown, *, is_dark: bool = False) -> HttpResponse:
    """The mail, or why it cannot be shown, in the colors asked for."""
    if shown.rendered is None:
        return document(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Preview</title>'
            "<style>body { font: 16px/1.5 system-ui, sans-serif; padding: 2rem; color: #374151 }</style>"
            "<body><p>This mail cannot be shown yet: mend what is listed with it.</p></body></html>"
        )
    return document(shown.rendered.html.replace(DARK, ALWAYS if is_dark else NEVER))


def document(html: str, *, status: int = 200) -> HttpResponse:
    """A document that runs nothing, sends nothing, and shows only its own styles and the shop's pictures."""
    response = HttpResponse(html, status=status)
    images = " ".join(["'self'", "data:", settings.SHOP_URL, *(f"https://{h}" for h in settings.MAIL_IMAGE_HOSTS)])
    response["Content-Security-Policy"] = document_policy(html, images=images)
    response["Cache-Control"] = "no-store"
    return response


def _with_warnings(shown: Shown) -> tuple[Finding, ...]:
    said = tuple(Finding("hint", warning) for warning in shown.rendered.warnings) if shown.rendered else ()
    return (*shown.findings, *said)
