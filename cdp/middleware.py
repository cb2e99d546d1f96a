"""What every request passes: an id in and out, one log line where it is worth one, and refusals turned into problems.

Kept tiny: the ingest path runs through it thousands of times a second. Successful API calls are not logged one by one.
"""

import time
from collections.abc import Callable

import structlog
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from structlog.contextvars import bind_contextvars, clear_contextvars

from cdp.api.problems import problem_of, problem_response
from cdp.lib.fast_lane import request_id_of

log = structlog.get_logger("cdp.requests")

QUIET_PATHS = (
    *("/v1/", "/beacon/", "/api/s/", "/cdp/", "/health/", "/sourceConfig", "/static/"),
    *("/array/", "/batch", "/capture", "/decide", "/e/", "/flags", "/i/"),
)


class Requests:
    """Request ids, log lines and problems. Stands first in MIDDLEWARE."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with `X-Request-ID` as the caller gave it or a new one."""
        started = time.perf_counter()
        request_id = request_id_of(request.META.get("HTTP_X_REQUEST_ID", ""))
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        response.headers["X-Request-ID"] = request_id
        if response.status_code >= 400 or not request.path_info.startswith(QUIET_PATHS):
            _write_line(request, response, time.perf_counter() - started)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A Problem or an unreachable database raised by a view without DRF."""
        problem = problem_of(error)
        return problem_response(problem) if problem else None


class ContentSecurityPolicy(CSPMiddleware):
    """The policy on pages only: no browser runs an API answer."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the header to HTML."""
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        answer: HttpResponseBase = super().process_response(request, response)
        return answer


def _write_line(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    """The route, not the path: paths may name a person."""
    route = request.resolver_match.route if request.resolver_match else "(no such route)"
    write = log.error if response.status_code >= 500 else log.info
    write("request", method=request.method, route=route, status=response.status_code, ms=round(seconds * 1000, 1))
