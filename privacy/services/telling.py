"""Recipients told of what became of a person's data: whoever ever got something of it (GDPR Art. 19, CCPA § 7026)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cdp.lib.rights import Person
from privacy.models import Request
from profiles.identifiers import EMAIL, PHONE
from recipients import services as duties
from recipients.contracts import IDENTIFIER, TRAIT, Duty


def tell_recipients(request: Request, person: Person, now: datetime) -> Mapping[str, Any]:
    """Queue what the law has recipients told, once a request. Evidence: who, and the deliveries' numbers."""
    told = _tell(request, person, now)
    return {"recipients told": len(told), "who": sorted({one.recipient for one in told}), "deliveries": _ids(told)}


def _tell(request: Request, person: Person, now: datetime) -> list[Duty]:
    cause = str(request.pk)
    if request.kind == Request.Kind.ERASE:
        return duties.tell_erasure(person, now=now)
    if request.kind == Request.Kind.RECTIFY:
        fields = [_field(item["field"]) for item in request.wishes["fields"]]
        return duties.tell_rectification(person, fields, cause=cause, now=now)
    if request.kind == Request.Kind.OPT_OUT:
        return duties.tell_opt_out(person, cause=cause, now=now)
    is_restricted = request.kind == Request.Kind.RESTRICT
    return duties.tell_restriction(person, is_restricted=is_restricted, cause=cause, now=now)


def _field(name: str) -> str:
    """As recipients name it."""
    return f"{IDENTIFIER}{name}" if name in (EMAIL, PHONE) else f"{TRAIT}{name}"


def _ids(told: list[Duty]) -> list[int]:
    return sorted(one.delivery_id for one in told)
