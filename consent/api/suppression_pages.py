"""The whole list of suppressed addresses by pages, as the API tells it: hashes, never addresses."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter

from cdp.lib.problems import Problem
from consent.models import Suppression
from consent.suppression_list import REASONS, SCOPES

PAGE, MOST_A_PAGE = 100, 1_000
LIST_PARAMETERS = [
    OpenApiParameter("hash", str, description="32 hexadecimal digits: what stands against this one, no list."),
    OpenApiParameter("scope", str, enum=list(SCOPES), description="Only of this scope."),
    OpenApiParameter("reason", str, enum=list(REASONS), description="Only for this reason."),
    OpenApiParameter("cursor", str, description="`next` of the answer before."),
    OpenApiParameter("limit", int, description="1 to 1,000; 100 where it is absent."),
]


def page_of(params: Mapping[str, str]) -> dict[str, Any]:
    """A page of the list, the oldest row first, and `next`, null on the last. Raises Problem for a bad parameter."""
    rows = Suppression.objects.order_by("pk")
    for name, words in (("scope", SCOPES), ("reason", REASONS)):
        if value := params.get(name):
            if value not in words:
                raise _bad(name, f"{value!r} is none. Use one of {', '.join(words)}.")
            rows = rows.filter(Q(**{name: value}))
    after, limit = _number(params, "cursor", 0, 2**62, 0), _number(params, "limit", 1, MOST_A_PAGE, PAGE)
    found = list(rows.filter(pk__gt=after)[: limit + 1])
    shown = found[:limit]
    return {
        "data": [
            {
                "hash": bytes(row.address_hash).hex(),
                "scope": row.scope,
                "reason": row.reason,
                "created_at": row.created_at,
                "origin": row.origin,
            }
            for row in shown
        ],
        "next": str(shown[-1].pk) if len(found) > limit else None,
    }


def _number(params: Mapping[str, str], name: str, low: int, high: int, default: int) -> int:
    text = params.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 20 and low <= int(text) <= high):
        raise _bad(
            name, f"takes a whole number from {low} to {high:,}" if name == "limit" else "is none of this list's"
        )
    return int(text)


def _bad(name: str, detail: str) -> Problem:
    fault = {"field": name, "reason": "invalid", "detail": detail}
    return Problem("invalid", "Some fields cannot be used", 400, f"{name}: {detail}", [fault])
