"""The shop's forms are taken from its own pages only, by what the browser says of where a request comes from.

Django's token would need a cookie on the first page, before the visitor was asked. The shop's own is SameSite=Lax.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

SAFE = ("GET", "HEAD", "OPTIONS")
View = Callable[..., HttpResponse]
OWN = ("same-origin", "none")  # none: the person, not a page


def same_origin(view: View) -> View:
    """The view, in place of Django's CSRF token: 403 and why, if another site asks or nobody knows."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method in SAFE or comes_from_here(request):
            return view(request, *args, **kwargs)
        return render(request, "shop/elsewhere.html", status=403)

    return csrf_exempt(guarded)


def comes_from_here(request: HttpRequest) -> bool:
    """Whether one of our own pages asks. Browsers send Sec-Fetch-Site to https and this machine only, else Origin."""
    said = request.headers.get("Sec-Fetch-Site")
    if said is not None:
        return said in OWN
    source = request.headers.get("Origin") or request.headers.get("Referer", "")
    try:
        return urlsplit(source).netloc == request.get_host()
    except ValueError:
        return False
