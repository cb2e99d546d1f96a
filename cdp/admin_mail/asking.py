"""What the editor's script asks, read: JSON of a bounded size, or a sentence about what is wrong with it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, JsonResponse

MOST_BYTES = 1_000_000


class BadAskError(ValueError):
    """The request cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be shown: a content in one language, as whom, on a light or a dark screen."""

    content: Mapping[str, Any]
    locale: str
    person: UUID | None = None
    is_dark: bool = False
    to: str = ""


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object that was sent; raises BadAskError."""
    return _object(request.body)


def asked_of(request: HttpRequest) -> Asked:
    """From a JSON body, or from a form's field `asked` that holds the same; raises BadAskError."""
    is_form = request.content_type != "application/json"
    body = _object(request.POST.get("asked", "").encode() if is_form else request.body)
    content = body.get("content")
    if not isinstance(content, dict):
        raise BadAskError("content must be an object.")
    try:
        person = UUID(str(body["person"])) if body.get("person") else None
    except ValueError:
        raise BadAskError("person must be a profile's id.") from None
    to = str(body.get("to") or "").strip()[:254]
    return Asked(content, str(body.get("locale") or "")[:20], person, body.get("scheme") == "dark", to)


def refused(error: Exception, status: int = 400) -> JsonResponse:
    """The sentence, for the script."""
    return JsonResponse({"error": str(error)}, status=status)


def _object(raw: bytes) -> dict[str, Any]:
    if len(raw) > MOST_BYTES:
        raise BadAskError(f"This is larger than {MOST_BYTES // 1000} kB: shorten the mail.")
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadAskError("This is no JSON.") from None
    if not isinstance(found, dict) or "\\u0000" in raw.decode("utf-8", "replace"):
        raise BadAskError("An object without NUL characters is expected.")
    return found
