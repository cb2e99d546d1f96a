"""Doors of the API that any origin may open: what pages and trackers call with a public key, servers with theirs.

Bodies are JSON whatever type they claim, so that `navigator.sendBeacon` and requests without a preflight work; refusals
are problems. `dispatch` answers without DRF's negotiation: the classes are there for the OpenAPI document.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework.views import APIView

from cdp.lib.problems import Problem
from cdp.lib.values import read_number

KEYS = ("writeKey", "write_key")
MOST_BYTES = 1024 * 1024
CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After"}
PREFLIGHT = {
    **CORS,
    "Access-Control-Allow-Headers": "authorization, content-type, idempotency-key, x-user-token, x-write-key",
    "Access-Control-Max-Age": "86400",
}
PRIVATE = {**CORS, "Cache-Control": "private, no-store", "Vary": "Authorization, X-User-Token, X-Write-Key"}
Faults = list[dict[str, str]]
encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(Any, float_hook=read_number).decode


class OpenView(APIView):
    """Any origin may call; refusals are problems."""

    methods: ClassVar[tuple[str, ...]] = ("POST",)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Its methods answer, OPTIONS says what is allowed, all else is refused."""
        allowed = ", ".join([*self.methods, "OPTIONS"])
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers={**PREFLIGHT, "Access-Control-Allow-Methods": allowed})
        try:
            if request.method not in self.methods:
                text = f"Only {' and '.join(self.methods)} is taken here"
                raise Problem("method_not_allowed", text, 405, headers={"Allow": allowed})
            answered: HttpResponse = getattr(self, request.method.lower())(request, **kwargs)
            return answered
        except Problem as problem:
            headers = {**PRIVATE, **problem.headers}
            return HttpResponse(encode(problem.body()), "application/problem+json", problem.status, headers=headers)


def answer(body: object, status: int = 200) -> HttpResponse:
    """An answer that nobody may keep."""
    return HttpResponse(encode(body), "application/json", status, headers=PRIVATE)


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The body as an object; raises Problem 400 or 413."""
    declared = str(request.META.get("CONTENT_LENGTH") or "")
    raw = b"" if declared.isdigit() and len(declared) > 12 else request.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES or (declared.isdigit() and int(declared[:18]) > MOST_BYTES):
        raise Problem("request_too_large", "The request is too large", 413, f"Send at most {MOST_BYTES} bytes.")
    return read_object(raw)


def read_object(raw: bytes) -> dict[str, Any]:
    """JSON that is an object; raises Problem 400."""
    try:
        found = _decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Problem("malformed_json", "Malformed JSON", 400, "Send the body as JSON in UTF-8.") from None
    if not isinstance(found, dict):
        raise Problem("invalid", "The body cannot be used", 400, "Send one JSON object.")
    return found


def texts_of(request: HttpRequest) -> dict[str, str]:
    """The query, the last of each name."""
    return {name: value for name, value in request.GET.dict().items() if isinstance(value, str)}


def keys_of(query: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, str]:
    """Write keys in the body or the query, as `people.queries.callers.caller_of` takes them."""
    inside = {name: value for name in KEYS if isinstance(value := body.get(name), str)}
    return {**inside, **{name: value for name, value in query.items() if isinstance(value, str)}}


def refuse(faults: Faults) -> None:
    """Raises Problem 400 that names every fault, where there is one."""
    if faults:
        raise Problem("invalid", "The request cannot be used", 400, "Mend the fields named in errors.", faults[:100])


def fault(field: str, reason: str, detail: str) -> dict[str, str]:
    """One fault as an error says it."""
    return {"field": field, "reason": reason, "detail": detail}
