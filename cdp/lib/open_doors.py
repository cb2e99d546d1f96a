"""Doors of the API that any origin may open: what pages and trackers call with a public key, servers with theirs.

Bodies are JSON whatever type they claim, so that `navigator.sendBeacon` and requests without a preflight work; refusals
are problems. `dispatch` answers without DRF's negotiation: the classes are there for the OpenAPI document.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
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
    preflight: ClassVar[Mapping[str, str]] = PREFLIGHT
    private: ClassVar[Mapping[str, str]] = PRIVATE

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Its methods answer (HEAD as GET), OPTIONS says what is allowed, all else is refused."""
        named = [one for one in self.methods if one != "HEAD"]
        allowed = ", ".join([*named, "OPTIONS"])
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers={**self.preflight, "Access-Control-Allow-Methods": allowed})
        try:
            if request.method not in self.methods:
                text = f"Only {' and '.join(named)} is taken here"
                raise Problem("method_not_allowed", text, 405, headers={"Allow": allowed})
            name = "get" if request.method == "HEAD" else request.method.lower()
            answered: HttpResponse = getattr(self, name)(request, **kwargs)
            return answered
        except Problem as problem:
            headers = {**self.private, **problem.headers}
            return HttpResponse(encode(problem.body()), "application/problem+json", problem.status, headers=headers)


def answer(body: object, status: int = 200) -> HttpResponse:
    """An answer that nobody may keep."""
    return HttpResponse(encode(body), "application/json", status, headers=PRIVATE)


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The body as an object; raises Problem 400 or 413."""
    return read_object(raw_of(request))


def raw_of(request: HttpRequest) -> bytes:
    """The body as it came; raises Problem 413."""
    declared = str(request.META.get("CONTENT_LENGTH") or "")
    raw = b"" if declared.isdigit() and len(declared) > 12 else request.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES or (declared.isdigit() and int(declared[:18]) > MOST_BYTES):
        raise Problem("request_too_large", "The request is too large", 413, f"Send at most {MOST_BYTES} bytes.")
    return raw


def read_object(raw: bytes) -> dict[str, Any]:
    """JSON that is an object; raises Problem 400."""
    found = read_json(raw)
    if not isinstance(found, dict):
        raise Problem("invalid", "The body cannot be used", 400, "Send one JSON object.")
    return found


def read_json(raw: bytes) -> object:
    """Any JSON, whatever type it says it has; raises Problem 400."""
    try:
        return _decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Problem("malformed_json", "Malformed JSON", 400, "Send the body as JSON in UTF-8.") from None


def texts_of(query: QueryDict) -> dict[str, str]:
    """A query, the last of each name."""
    return {name: value for name, value in query.dict().items() if isinstance(value, str)}


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
