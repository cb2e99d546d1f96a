"""Problems (RFC 9457): every refusal of the API as `application/problem+json` with a stable code; pages get a text.

`CODES` in `cdp/api/codes.py` lists the codes; `/docs/problems` shows them.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import exceptions
from rest_framework.views import set_rollback

from cdp.lib.failures import describe
from cdp.lib.problems import Problem

log = structlog.get_logger("cdp.requests")

API_PATHS = ("/v1/", "/api/", "/beacon/", "/batch", "/e/", "/health/", "/sourceConfig", "/array/", "/flags", "/decide")
RETRY_AFTER_S = "5"

_CODES_BY_CLASS: tuple[tuple[type[Exception], str, str], ...] = (
    (exceptions.ParseError, "malformed_json", "The body is not JSON that can be read"),
    (exceptions.NotAuthenticated, "server_key_missing", "Server key needed"),
    (exceptions.AuthenticationFailed, "server_key_invalid", "Unknown or revoked server key"),
    (exceptions.PermissionDenied, "forbidden", "Not allowed"),
    (exceptions.NotFound, "not_found", "There is nothing here"),
    (exceptions.MethodNotAllowed, "method_not_allowed", "Method not allowed"),
    (exceptions.NotAcceptable, "not_acceptable", "Only JSON is answered"),
    (exceptions.UnsupportedMediaType, "unsupported_media_type", "Only JSON is read"),
    (exceptions.Throttled, "too_many_requests", "Too many requests"),
)


def problem_response(problem: Problem) -> HttpResponse:
    """The answer that tells `problem`."""
    response = JsonResponse(problem.body(), status=problem.status, content_type="application/problem+json")
    for name, value in problem.headers.items():
        response.headers[name] = value
    return response


def problem_of(error: BaseException | None) -> Problem | None:
    """The problem an exception stands for, if it is one: a Problem itself, or the database being away."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, OperationalError | InterfaceError):
        log.error("database_away", error=describe(error))
        return Problem(
            "database_away",
            "The database cannot be reached",
            503,
            "Nothing was stored. Send the same request again.",
            headers={"Retry-After": RETRY_AFTER_S},
        )
    return None


def exception_handler(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """DRF's hook: every exception it knows as a problem; None (hence 500) for the others."""
    problem = problem_of(error) or _problem_of_drf(error)
    if problem is None:
        return None
    set_rollback()
    return problem_response(problem)


def _problem_of_drf(error: Exception) -> Problem | None:
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if not isinstance(error, exceptions.APIException):
        return None
    if isinstance(error, exceptions.ValidationError):
        errors = list(_faults(error.get_full_details(), ""))
        return Problem("invalid", "Some fields cannot be used", 400, "Mend the fields named in errors.", errors)
    for kind, code, title in _CODES_BY_CLASS:
        if isinstance(error, kind):
            return Problem(code, title, error.status_code, str(error.detail), headers=_headers(error))
    return Problem("error", "The request cannot be served", error.status_code, str(error.detail))


def _headers(error: exceptions.APIException) -> dict[str, str]:
    wait = getattr(error, "wait", None)  # of Throttled
    if wait is not None:
        return {"Retry-After": str(int(wait) + 1)}
    return {"WWW-Authenticate": "Bearer"} if error.status_code == 401 else {}


def _faults(details: Any, field: str) -> Iterator[dict[str, str]]:
    """Flatten DRF's nested details to `{field: a path like items[2].price, reason, detail}`."""
    if isinstance(details, list):
        is_leaf = all(isinstance(part, dict) and {"message", "code"} <= part.keys() for part in details)
        for index, part in enumerate(details):
            yield from _faults(part, field if is_leaf else f"{field}[{index}]")
    elif {"message", "code"} <= details.keys() and not isinstance(details["message"], list | dict):
        yield {"field": field, "reason": str(details["code"]), "detail": str(details["message"])}
    else:
        for name, part in details.items():
            step = f"[{name}]" if isinstance(name, int) else f".{name}"
            yield from _faults(part, (field + step).removeprefix("."))


# --- Django's own error pages: JSON below the API's paths, a page elsewhere ---

PAGES: Mapping[int, tuple[str, str, str]] = {
    400: ("bad_request", "This request cannot be understood", "Check the address and the form, then try again."),
    403: ("forbidden", "You may not see this", "Sign in with an account that has the right, or ask an administrator."),
    404: ("not_found", "There is nothing here", "Check the address. The API's calls are listed at /docs/."),
    500: ("internal_error", "Something went wrong on our side", "It was logged under the request id below."),
    503: ("database_away", "The service is starting or its database is away", "Try again in a few seconds."),
}


def bad_request(request: HttpRequest, exception: SuspiciousOperation | None = None) -> HttpResponse:
    """handler400."""
    return _answer(request, 400)


def forbidden(request: HttpRequest, exception: PermissionDenied | None = None) -> HttpResponse:
    """handler403."""
    return _answer(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW."""
    return _answer(
        request, 403, "csrf_failed", "The form has expired or cookies are off. Reload the page and try again."
    )


def not_found(request: HttpRequest, exception: Http404 | None = None) -> HttpResponse:
    """handler404."""
    return _answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500; 503 where the database is away."""
    problem = problem_of(sys.exc_info()[1])
    return _answer(request, problem.status if problem else 500)


def _answer(request: HttpRequest, status: int, code: str = "", detail: str = "") -> HttpResponse:
    page_code, title, hint = PAGES[status]
    headers = {"Retry-After": RETRY_AFTER_S} if status == 503 else None
    problem = Problem(code or page_code, title, status, detail or hint, headers=headers)
    if request.path_info.startswith(API_PATHS):
        return problem_response(problem)
    return render(request, "problem.html", {"problem": problem}, status=status)
