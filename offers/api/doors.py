"""What every door of offers shares: any origin may call, refusals are problems, a person is named once.

`dispatch` answers without DRF's negotiation; the classes are there for the OpenAPI document.
"""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework.views import APIView

from cdp.lib.problems import Problem
from cdp.lib.values import read_number
from people.queries.callers import Named

PERSON = ("profile_id", "user_id", "email", "anonymous_id")
KEYS = ("writeKey", "write_key")
MOST_BYTES, MOST_CHARACTERS = 1024 * 1024, 512
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


def read_object(request: HttpRequest) -> dict[str, Any]:
    """The body, whatever type it says it has; raises Problem 400 or 413."""
    declared = str(request.META.get("CONTENT_LENGTH") or "")
    body = b"" if declared.isdigit() and len(declared) > 12 else request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES or (declared.isdigit() and int(declared[:18]) > MOST_BYTES):
        raise Problem("request_too_large", "The request is too large", 413, f"Send at most {MOST_BYTES} bytes.")
    try:
        found = _decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Problem("malformed_json", "Malformed JSON", 400, "Send the body as JSON in UTF-8.") from None
    if not isinstance(found, dict):
        raise Problem("invalid", "The body cannot be used", 400, "Send one JSON object.")
    return found


def keys_of(request: HttpRequest, body: Mapping[str, Any]) -> dict[str, str]:
    """Write keys in the query or the body, as `callers.caller_of` takes them."""
    inside = {name: value for name in KEYS if isinstance(value := body.get(name), str)}
    return {**inside, **{name: value for name, value in request.GET.dict().items() if isinstance(value, str)}}


def person_of(body: Mapping[str, Any], faults: Faults) -> Named | None:
    """Who is named, beside the rest of the body or within `person`; None for nobody."""
    inside = body.get("person")
    if inside is not None and not isinstance(inside, dict):
        faults.append(fault("person", "not_an_object", f"An object with one of {', '.join(PERSON)}."))
        inside = None
    unknown = sorted((inside or {}).keys() - set(PERSON))
    faults.extend(
        fault(f"person.{name}", "unknown_field", f"A person has {', '.join(PERSON)}.") for name in unknown[:20]
    )
    named = [(name, "", body[name]) for name in PERSON if body.get(name)]
    named += [(name, "person.", inside[name]) for name in PERSON if inside and inside.get(name)]
    if len(named) > 1:
        text = f"Name the person once: {named[0][1]}{named[0][0]} is there already."
        faults.append(fault(named[1][1] + named[1][0], "too_many", text))
    if not named:
        return None
    name, before, value = named[0]
    if not isinstance(value, str) or len(value) > MOST_CHARACTERS:
        faults.append(fault(before + name, "not_text", f"A text of at most {MOST_CHARACTERS} signs."))
        return None
    if name == "profile_id" and not _is_uuid(value):
        faults.append(fault(before + name, "not_a_uuid", "A profile id is a UUID."))
        return None
    return name, value


def refuse(faults: Faults) -> None:
    """Raises Problem 400 that names every fault, where there is one."""
    if faults:
        raise Problem("invalid", "The request cannot be used", 400, "Mend the fields named in errors.", faults[:100])


def fault(field: str, reason: str, detail: str) -> dict[str, str]:
    """One fault as an error says it."""
    return {"field": field, "reason": reason, "detail": detail}


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
        return True
    except ValueError:
        return False
