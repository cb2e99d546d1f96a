"""What a request wishes beyond its kind, checked before it is kept. Pure.

rectify: `{"fields": [{"field": "first_name", "new": "Ann"}, …]}`: a trait by name, or `email`/`phone`; `new` null takes
a trait away. An address can be replaced, not taken away: what was seen with somebody stays so. object: `{"purposes":
["analytics", …]}`, or all of legitimate interest where none is named. Others: nothing.
"""

from collections.abc import Mapping
from typing import Any

from cdp.lib.problems import Problem
from profiles.identifiers import EMAIL, PHONE, Blocked, canonicalize

MOST_FIELDS = 50
MOST_LENGTH = 1000
Scalar = str | int | float | bool | None


def checked(kind: str, wishes: Mapping[str, Any]) -> dict[str, Any]:
    """The wishes in their one form, so that the same asked twice is equal. Raises Problem naming what is wrong."""
    if kind == "rectify":
        return {"fields": _fields(wishes.get("fields"))}
    if kind == "object":
        return {"purposes": _purposes(wishes.get("purposes", []))}
    if wishes:
        raise _refused("wishes", "none_of_this_kind", f"A request of the kind {kind!r} has no wishes; leave them out.")
    return {}


def _fields(given: Any) -> list[dict[str, Scalar]]:
    if not isinstance(given, list) or not 0 < len(given) <= MOST_FIELDS:
        detail = f'Name 1 to {MOST_FIELDS} fields: [{{"field": "first_name", "new": "Ann"}}].'
        raise _refused("fields", "missing", detail)
    found: dict[str, Scalar] = {}
    for place, item in enumerate(given):
        field = item.get("field") if isinstance(item, Mapping) else None
        if not isinstance(field, str) or not field.strip() or len(field) > 200 or "\0" in field:
            raise _refused(f"fields[{place}]", "no_field", "Each needs `field`, the name of what is to be corrected.")
        new = item.get("new")
        if new is not None and (not isinstance(new, str | int | float | bool) or len(str(new)) > MOST_LENGTH):
            detail = f"`new` is a text, number or yes/no of at most {MOST_LENGTH} characters, or null to take it away."
            raise _refused(f"fields[{place}]", "bad_value", detail)
        found[field.strip()] = _address(place, field.strip(), new) if field.strip() in (EMAIL, PHONE) else new
    return [{"field": field, "new": found[field]} for field in sorted(found)]


def _address(place: int, kind: str, new: Scalar) -> str:
    """The address in its one spelling."""
    key = canonicalize(kind, new) if isinstance(new, str) else Blocked("not_text")
    if isinstance(key, Blocked):
        detail = f"{kind} can be replaced by one that we can use, and not be taken away ({key.reason})."
        raise _refused(f"fields[{place}]", "bad_address", detail)
    return key.value


def _purposes(given: Any) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(code, str) and 0 < len(code) <= 50 for code in given):
        raise _refused("purposes", "no_list", 'Name purposes by their codes: ["analytics"].')
    return sorted(set(given))


def _refused(field: str, reason: str, detail: str) -> Problem:
    errors = [{"field": field, "reason": reason, "detail": detail}]
    return Problem("invalid_request", "This privacy request cannot be taken", 422, detail, errors)
