"""The unsubscribe page and its RFC 8058 one-click door.

GET and HEAD change nothing (scanners follow links and run scripts); a POST needs no cookie and is answered 200
without a redirect. The token is the authority, so there is no CSRF token to check.
"""

import base64
import hashlib

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from cdp.lib.clock import utc_now
from consent import queries, services
from consent.tokens import MailToken

MAX_BODY_BYTES = 4096
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f4f4f5;color:#18181b}"
    "main{max-width:30rem;margin:12vh auto;padding:2rem;background:#fff;border-radius:12px}"
    "h1{font-size:1.35rem;margin:0 0 .75rem}p{margin:0 0 1.25rem}"
    "button{font:inherit;font-weight:600;padding:.7rem 1.2rem;border-radius:8px;border:1px solid #18181b;"
    "background:#18181b;color:#fff;cursor:pointer}button.quiet{background:#fff;color:#18181b}"
    "button:focus-visible{outline:3px solid #6366f1;outline-offset:2px}"
    "@media(max-width:32rem){main{margin:0;min-height:100vh;border-radius:0;box-sizing:border-box}}"
    "@media(prefers-color-scheme:dark){body{background:#18181b;color:#f4f4f5}main{background:#27272a}"
    "button{background:#f4f4f5;color:#18181b}button.quiet{background:#27272a;color:#f4f4f5;border-color:#f4f4f5}}"
)
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


@method_decorator(csrf_exempt, name="dispatch")
class UnsubscribeView(View):
    """One page in four states: ask, done, undone, and a link that is not ours."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """The page with its button; nothing changes."""
        mail = queries.read_token(token)
        return _page(request, mail, "ask")

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Unsubscribe, or with action=undo take the page's own withdrawal back. Idempotent."""
        mail = queries.read_token(token)
        if mail is None:
            return _page(request, None, "ask")
        small = int(request.META.get("CONTENT_LENGTH") or 0) <= MAX_BODY_BYTES
        form = request.POST if small else {}
        if form.get("action") == "undo":
            undone = services.undo_unsubscribe(mail, now=utc_now())
            return _page(request, mail, "undone" if undone else "not_undone")
        one_click = form.get("List-Unsubscribe") == "One-Click"
        services.unsubscribe(mail, method="one_click" if one_click else "page", now=utc_now())
        return _page(request, mail, "done")


def _page(request: HttpRequest, mail: MailToken | None, state: str) -> HttpResponse:
    context = {"style": STYLE, "masked": mail.masked if mail else "", "state": state if mail else "not_ours"}
    response = render(request, "consent/unsubscribe.html", context, status=200 if mail else 404)
    for name, value in HEADERS.items():
        response[name] = value
    return response
