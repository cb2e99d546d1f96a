"""How every privacy page is answered: in the reader's language, kept nowhere, loading nothing, sending no referrer.

A page extends `privacy/page.html`, says its words by `{% load words %}{% say "…" %}`, and works without JavaScript and
without cookies: the token in its path is the authority, so views that take a POST are `csrf_exempt`.
"""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.loader import render_to_string

from privacy.words import Words, choose_locale, languages, words

MAX_BODY_BYTES = 16_384
STYLE = Path(__file__).parent / "page.css"


def words_for(request: HttpRequest, *, stored: str = "") -> Words:
    """The page's language: ?lang, else what the person chose before (`stored`), else Accept-Language, else English."""
    accepted = request.META.get("HTTP_ACCEPT_LANGUAGE", "")
    return words(choose_locale(request.GET.get("lang", ""), stored, accept_language=accepted))


def answer(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    say: Words | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page with its headers. In the template: `say`, `company`, `languages`, and `context`."""
    spoken = say or words_for(request)
    style, digest = _style()
    page = render_to_string(
        template,
        {
            "say": spoken,
            "style": style,
            "company": settings.COMPANY_NAME,
            "postal_address": settings.COMPANY_ADDRESS,
            "shop_url": settings.SHOP_URL,
            "languages": languages(),
            **(context or {}),
        },
    )
    headers = {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none';"
            " frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
        "Content-Language": spoken.tag,
        "Referrer-Policy": "no-referrer",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex",
    }
    return HttpResponse(page, status=status, headers=headers)


def not_valid(request: HttpRequest, *, status: int = 404) -> HttpResponse:
    """The page of a link that is not ours, was cut off, has expired or was used: it never says which."""
    return answer(request, "privacy/not_valid.html", status=status)


def form_of(request: HttpRequest) -> QueryDict:
    """The posted form; an empty one where the body is larger than any of ours."""
    try:
        small = int(request.META.get("CONTENT_LENGTH") or 0) <= MAX_BODY_BYTES
    except ValueError:
        small = False
    return request.POST if small else QueryDict()


@cache
def _style() -> tuple[str, str]:
    """(the style sheet, its hash for the policy)."""
    style = STYLE.read_text(encoding="utf-8")
    return style, base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
