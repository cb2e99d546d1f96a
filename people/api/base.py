"""What every view of the profile API does: who may ask, the count of reads, ETag and 304, refusals in its own shape."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.views import APIView

from cdp.access.api.authentication import ServerKeyAuthentication, caller_of
from cdp.access.api.permissions import HasScope
from cdp.access.contracts import ServerCaller
from cdp.lib.clock import utc_now
from cdp.lib.problems import Problem
from people import services
from people.api.params import BadParameter
from people.contracts import NobodysIdentifier, PersonNotFound

SCOPE = "profiles:read"
_encode = msgspec.json.Encoder(decimal_format="number").encode


class BasicServerKey(ServerKeyAuthentication):
    """A server key as the user of Basic authentication too, without a password: so Segment's clients send theirs."""

    def authenticate(self, request: Request) -> tuple[None, ServerCaller] | None:
        """The caller; None without a key of this kind. Raises Problem for a key that is not in force."""
        scheme, _, given = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                user = base64.b64decode(given.strip(), validate=True).decode("latin-1").partition(":")[0]
            except (binascii.Error, ValueError):
                user = ""
            return (None, caller_of(user)) if user.startswith("sk_") else None
        return super().authenticate(request)


class PersonView(APIView):
    """A read of a person: GET with a server key of scope profiles:read. `answer` gives what is to be said."""

    authentication_classes = (BasicServerKey,)
    permission_classes = (HasScope(SCOPE),)
    http_method_names = ["get", "head", "options"]

    def answer(self, request: Request, now: datetime, **where: str) -> Any:
        """What is to be said, as plain values. Raises PersonNotFound, BadParameter."""
        raise NotImplementedError

    def reply(self, request: Request, **where: str) -> HttpResponse:
        """The answer with its ETag, or 304 where the caller has it already; counted for the caller's key."""
        now = utc_now()
        body = _encode(self.answer(request, now, **where))
        caller = request.auth
        if isinstance(caller, ServerCaller):
            services.count_read(caller.key_id, now)
        etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
        if _has(request._request, etag):
            return HttpResponse(status=304, headers=headers)
        return HttpResponse(body, "application/json", headers=headers)

    def handle_exception(self, error: Exception) -> Any:
        """Nobody found and a bad parameter as problems; all else as everywhere."""
        return super().handle_exception(as_problem(error))


def as_problem(error: Exception) -> Exception:
    """The problem that an error of ours stands for; others as they are."""
    if isinstance(error, NobodysIdentifier):
        return Problem("identifier_shared", "Nobody's identifier", 404, str(error))
    if isinstance(error, PersonNotFound):
        return Problem("profile_not_found", "No such person", 404, str(error))
    if isinstance(error, BadParameter):
        faults = [{"field": error.name, "reason": "invalid", "detail": str(error)}]
        return Problem("invalid", "Some parameters cannot be used", 400, str(error), faults)
    return error


class SegmentShaped(PersonView):
    """Refusals in the shape of Segment's Profile API: {"error": {"code", "message"}}."""

    def handle_exception(self, error: Exception) -> Any:
        """Codes as Segment's documentation lists them."""
        found = as_problem(error)
        if isinstance(found, Problem):
            status, text, headers = found.status, found.detail or found.title, found.headers
        elif isinstance(found, exceptions.APIException):
            status, text, headers = found.status_code, str(found.detail), {}
        else:
            return super().handle_exception(found)
        if isinstance(error, BadParameter) and error.name == "collection":
            code = "validation_error"
        else:
            code = CODES.get(status, "server_error" if status >= 500 else "invalid_request_error")
        body = _encode({"error": {"code": code, "message": text}})
        refusal = HttpResponse(body, "application/json", status, headers=dict(headers))
        refusal.headers["Cache-Control"] = "no-store"
        return refusal


CODES: Mapping[int, str] = {
    401: "authentication_error",
    403: "authentication_error",
    404: "not_found",
    429: "rate_limit_error",
}


def _has(request: HttpRequest, etag: str) -> bool:
    """Whether If-None-Match names this answer."""
    given = request.META.get("HTTP_IF_NONE_MATCH", "")
    return given.strip() == "*" or etag in (part.strip().removeprefix("W/") for part in given.split(","))


def stored(text: str) -> msgspec.Raw:
    """JSON as it is stored, which goes into an answer unread."""
    return msgspec.Raw(text.encode())


def plain(value: Any) -> Any:
    """Instants as ISO 8601 in UTC with Z, ids as text; None stays."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, UUID) else value
