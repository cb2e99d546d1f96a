"""Times on the admin's pages: in the reader's zone as the browser told it by a cookie, else in the company's.

The cookie `tz` is set by static/house/moments.js; what it holds is used only if it names a zone.
"""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from cdp.lib.clock import known_zones

COOKIE = "tz"


class ReadersZone:
    """Middleware: activates the reader's zone for pages of the admin. Everything stored and sent stays UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer, with its times in the reader's zone."""
        if not request.path_info.startswith("/admin/"):
            return self.get_response(request)
        with timezone.override(readers_zone(request)):
            return self.get_response(request)


def readers_zone(request: HttpRequest) -> ZoneInfo:
    """The zone the browser told, if there is such a zone; else the company's."""
    told = request.COOKIES.get(COOKIE, "")
    return ZoneInfo(told if told in known_zones() else settings.COMPANY_TIME_ZONE)


def subheader(request: HttpRequest) -> str:
    """Below the company's name: which zone the page's times are in."""
    return f"Times in {timezone.get_current_timezone_name()}"
