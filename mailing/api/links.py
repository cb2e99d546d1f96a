"""Links of mails: a click that leads on, the picture of an open, and the mail in a browser.

GET adds a receipt at most and changes nobody; HEAD adds none. A link leads only where its signature says, whoever asks:
anything else is answered by a page in words. No cookies, nothing cached, no referrer.
"""

import base64
import ipaddress
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe

from cdp.lib.clock import utc_now
from mailing import tracking
from mailing.agents import kind_of
from mailing.models import Message
from mailing.queries.tracking import link_key, tracker
from mailing.services.noticing import note_click, note_open

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
# A mail's own styles and pictures, and nothing that runs. Links lead out of it as they do in a mail program.
VIEW_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; default-src 'none'; "
    "img-src http: https: data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
log = structlog.get_logger(__name__)


@require_safe
def click(request: HttpRequest, token: str) -> HttpResponseBase:
    """Note the click and lead where the mail's link led."""
    url = request.GET.get("u", "")
    found = tracking.read_click(token, url, link_key())
    if found is None or not url.startswith(("http://", "https://")):
        return _not_valid(request)
    if request.method == "GET":
        _note(lambda: note_click(found, url, agent=_agent(request, True), ip=ip_of(request), now=utc_now()))
    return HttpResponse(status=302, headers={**HEADERS, "Location": url})


@require_safe
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """Note the open; the picture, whatever the token is worth."""
    message_id = tracking.read_open(token, link_key())
    if message_id is not None and request.method == "GET":
        _note(lambda: note_open(message_id, agent=_agent(request, False), ip=ip_of(request), now=utc_now()))
    return HttpResponse(PIXEL, content_type="image/gif", status=200 if message_id is not None else 404, headers=HEADERS)


@require_safe
def view(request: HttpRequest, token: str) -> HttpResponseBase:
    """The mail as it was sent, for its reader: links lead straight on, and nothing is noted."""
    message_id = tracking.read_view(token, link_key())
    sent = Message.objects.filter(pk=message_id).exclude(html="") if message_id is not None else Message.objects.none()
    page = sent.values_list("html", flat=True).first()
    if page is None:
        return _not_valid(request)
    shown = tracking.without_tracking(page, tracker())
    return HttpResponse(shown, headers={**HEADERS, "Content-Security-Policy": VIEW_POLICY, "X-Frame-Options": "DENY"})


def ip_of(request: HttpRequest) -> str:
    """The reader's public address, as far as it can be told behind a proxy; empty where it cannot."""
    told = [*str(request.headers.get("X-Forwarded-For", "")).split(","), str(request.META.get("REMOTE_ADDR", ""))]
    return next((one for one in (text.strip() for text in told) if _is_public(one)), "")


def _is_public(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_global
    except ValueError:
        return False


def _agent(request: HttpRequest, is_click: bool) -> str:
    purposes = " ".join(str(request.headers.get(name, "")) for name in ("Sec-Purpose", "Purpose", "X-Moz", "X-Purpose"))
    return kind_of(
        str(request.headers.get("User-Agent", "")),
        is_prefetch="prefetch" in purposes.lower() or "preview" in purposes.lower(),
        has_language=not is_click or bool(request.headers.get("Accept-Language")),
    )


def _note(write: Callable[[], bool]) -> None:
    """Whoever follows a link comes where it leads, whether or not it can be noted."""
    try:
        write()
    except (OperationalError, InterfaceError) as error:
        log.warning("mail_receipt_lost", error=type(error).__name__)


def _not_valid(request: HttpRequest) -> HttpResponseBase:
    answer: HttpResponseBase = import_string(settings.LINK_NOT_VALID)(request)
    return answer
