"""The mailbox's pages and its JSON. They read only; nothing a mail holds is trusted on the way to the browser."""

from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from cdp.demo.mailbox import box, framing
from cdp.demo.mailbox.expected import expected
from cdp.demo.mailbox.parsing import ENVELOPE, Mail
from cdp.lib.clock import utc_now

VIEWS = ("html", "text", "headers", "source")
WIDTHS = ("desktop", "phone")
SCHEMES = ("light", "dark")
SOURCE_SHOWN = 200_000
"""Characters of the source that the page shows; the download is whole."""
MAX_LIMIT = 500


class JsonMail(msgspec.Struct):
    """One mail of messages.json. Times are ISO 8601, `size` in bytes, URLs are paths on this host."""

    id: str
    received_at: str
    sender: str
    to: tuple[str, ...]
    subject: str
    preview: str
    size: int
    unsubscribe_url: str
    url: str
    html_url: str
    source_url: str


class JsonMails(msgspec.Struct):
    """`mails` is how many lie in the box; `messages` those asked for, newest first."""

    mails: int
    messages: list[JsonMail]


@require_safe
def mails(request: HttpRequest) -> HttpResponse:
    """The list, newest first: `?q=` searches recipients and subjects, `?before=<id>` goes on."""
    query, before = request.GET.get("q", "")[:200], _mail_id(request.GET.get("before", ""))
    found = box.listing(query=query, before=before)
    context = {
        "found": found,
        "query": query,
        "is_first_page": not before,
        "older_url": f"?{urlencode({'q': query, 'before': found.mails[-1].id})}" if found.older else "",
        "expected": expected(utc_now()),
    }
    return _kept_by_nobody(render(request, "mailbox/list.html", context))


@require_safe
def messages_json(request: HttpRequest) -> HttpResponse:
    """The same for programs: `?to=` one whole address, `?q=` a part of addresses or subjects, `?limit=` 1 to 500."""
    asked = request.GET.get("limit", "")
    limit = min(max(int(asked), 1), MAX_LIMIT) if asked.isascii() and asked.isdigit() else 50
    found = box.listing(query=request.GET.get("q", "")[:200], address=request.GET.get("to", "")[:320], limit=limit)
    body = msgspec.json.encode(JsonMails(found.total, [_json_mail(mail) for mail in found.mails]))
    return _kept_by_nobody(HttpResponse(body, content_type="application/json"))


@require_safe
def message(request: HttpRequest, mail_id: str) -> HttpResponse:
    """One mail: as HTML in its frame, as text, its headers, its source."""
    line, mail = box.summary(mail_id), box.mail(mail_id)
    if line is None or mail is None:
        raise Http404(f"There is no mail {mail_id} in the box; it may be of an earlier demo.")
    asked = {
        "view": _one_of(request.GET.get("view"), VIEWS if mail.html else VIEWS[1:]),
        "width": _one_of(request.GET.get("width"), WIDTHS),
        "scheme": _one_of(request.GET.get("scheme"), SCHEMES),
    }
    context = {
        "line": line,
        "mail": mail,
        **asked,
        "tabs": [(name, _with(asked, view=name), bool(mail.html) or name != "html") for name in VIEWS],
        "widths": [(name, _with(asked, width=name)) for name in WIDTHS],
        "schemes": [(name, _with(asked, scheme=name)) for name in SCHEMES],
        "sandbox": framing.SANDBOX,
        "outside_pictures": framing.outside_pictures(mail.html, _origins(request)),
        "styles_left_out": framing.styles_left_out(mail.html),
        "envelope": [header for header in mail.headers if header.name.lower() in ENVELOPE],
        "headers": [header for header in mail.headers if header.name.lower() not in ENVELOPE],
        "one_click_url": _one_click_url(mail, _origins(request)),
        "admin_url": _admin_url(mail),
        **(_source_shown(mail_id) if asked["view"] == "source" else {}),
    }
    return _kept_by_nobody(render(request, "mailbox/message.html", context))


@require_safe
def html(request: HttpRequest, mail_id: str) -> HttpResponse:
    """The HTML part for the frame, under a policy that lets it do nothing."""
    mail = box.mail(mail_id)
    if mail is None or not mail.html:
        raise Http404("This mail has no HTML part.")
    response = HttpResponse(framing.framed(mail.html), content_type="text/html; charset=utf-8")
    response["Content-Security-Policy"] = framing.policy(mail.html, _origins(request))
    response["Referrer-Policy"] = "no-referrer"
    return _kept_by_nobody(response)


@require_safe
def source(request: HttpRequest, mail_id: str) -> HttpResponse:
    """The mail's bytes as a file."""
    raw = box.source(mail_id)
    if raw is None:
        raise Http404("There is no such mail.")
    response = HttpResponse(raw, content_type="message/rfc822")
    response["Content-Disposition"] = f'attachment; filename="{mail_id}.eml"'
    return _kept_by_nobody(response)


def _json_mail(mail: box.Summary) -> JsonMail:
    return JsonMail(
        id=mail.id,
        received_at=mail.received_at.isoformat(),
        sender=mail.sender,
        to=mail.recipients,
        subject=mail.subject,
        preview=mail.preview,
        size=mail.size,
        unsubscribe_url=mail.unsubscribe,
        url=reverse("mailbox-message", args=[mail.id]),
        html_url=reverse("mailbox-html", args=[mail.id]),
        source_url=reverse("mailbox-source", args=[mail.id]),
    )


def _source_shown(mail_id: str) -> dict[str, Any]:
    raw = box.source(mail_id) or b""
    return {"source": raw[:SOURCE_SHOWN].decode("utf-8", "replace"), "source_is_cut": len(raw) > SOURCE_SHOWN}


def _origins(request: HttpRequest) -> tuple[str, ...]:
    """This host as the reader and as the mails call it."""
    parts = urlsplit(settings.BASE_URL)
    return (f"{request.scheme}://{request.get_host()}", f"{parts.scheme}://{parts.netloc}")


def _one_click_url(mail: Mail, origins: tuple[str, ...]) -> str:
    """The unsubscribe URL as a path of this host, if a one-click POST may go there from here; else empty."""
    parts = urlsplit(mail.unsubscribe)
    ours = f"{parts.scheme}://{parts.netloc}" in origins
    return parts.path if ours and mail.leaves_by_one_click and parts.path.startswith("/u/") else ""


def _admin_url(mail: Mail) -> str:
    """Where staff see why the mail was sent; empty if it names no message."""
    message_id = mail.first("Message-ID")
    return f"{reverse('admin:mailing_message_changelist')}?{urlencode({'q': message_id})}" if message_id else ""


def _with(asked: dict[str, str], **changes: str) -> str:
    return f"?{urlencode(asked | changes)}"


def _one_of(asked: str | None, known: tuple[str, ...]) -> str:
    return asked if asked in known else known[0]


def _mail_id(asked: str) -> str:
    return asked if box.summary(asked) else ""


def _kept_by_nobody(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
