"""What the ledger's calls take and answer: strict bodies, people by one identifier, amounts as text."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from cdp.access.api.permissions import HasScope
from cdp.lib.money import rounded
from cdp.lib.problems import Problem
from offers.redeeming import MOST_MINUTES, REASONS, Outcome
from profiles import queries as profiles
from profiles.identifiers import Blocked, canonicalize

SCOPE = "offers:write"
MOST_ITEMS = 100
MOST_KEY = 200
Named = tuple[str, str]
Form = serializers.Serializer[Any]


class LedgerView(APIView):
    """Server keys with offers:write: codes are as good as money."""

    def get_permissions(self) -> list[BasePermission]:
        """The scope."""
        return [HasScope(SCOPE)()]


class Strict(serializers.Serializer[dict[str, Any]]):
    """A body whose misspelled fields are refused: what is ignored is not what was meant."""

    def to_internal_value(self, data: Any) -> Any:
        """The fields. Raises ValidationError for others."""
        if isinstance(data, Mapping) and (unknown := sorted(str(name) for name in set(data) - set(self.fields))):
            known = ", ".join(self.fields)
            raise serializers.ValidationError({name: [f"There is no such field. Known: {known}."] for name in unknown})
        return super().to_internal_value(data)


class Who(serializers.JSONField):
    """A person by exactly one identifier: {"user_id": "u1"}, {"profile_id": …}, {"email": …}, or any kind."""

    def to_internal_value(self, data: Any) -> Any:
        """(kind, value)."""
        if not isinstance(data, dict) or len(data) != 1:
            raise serializers.ValidationError('Name one identifier, as in {"user_id": "u1"}.')
        ((kind, value),) = data.items()
        is_text = isinstance(value, str | int) and not isinstance(value, bool)
        if not is_text or (kind != "profile_id" and isinstance(canonicalize(kind, value), Blocked)):
            raise serializers.ValidationError(f"This is no {kind} that anybody has. Check how it is written.")
        if kind == "profile_id" and not _is_uuid(str(value)):
            raise serializers.ValidationError("A profile id is a UUID.")
        return kind, str(value)


def amount_field() -> serializers.DecimalField:
    """Money as text or number."""
    return serializers.DecimalField(
        max_digits=15, decimal_places=4, required=False, min_value=Decimal(0), help_text="What it costs, as text."
    )


def key_field(required: bool = False) -> serializers.CharField:
    """The caller's key."""
    return serializers.CharField(
        max_length=MOST_KEY, required=required, help_text="Yours: the same asked again is answered again."
    )


class ReserveItem(Strict):
    """One use to be held, of an offer, a code, or both."""

    key = key_field()
    offer = serializers.CharField(max_length=50, required=False, help_text="The offer's key.")
    code = serializers.CharField(max_length=100, required=False, help_text="As it was typed.")
    person = Who(required=False)
    amount = amount_field()
    currency = serializers.RegexField(r"^[A-Za-z]{3}$", required=False)
    order_id = serializers.CharField(max_length=200, required=False)
    minutes = serializers.IntegerField(min_value=1, max_value=MOST_MINUTES, required=False)
    decision_id = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """An offer or a code."""
        if not attrs.get("offer") and not attrs.get("code"):
            raise serializers.ValidationError({"offer": ["Name an offer, a code, or both."]})
        return attrs


class RedeemItem(ReserveItem):
    """A use that took place: of a reservation by its `id` or `key`, else at once by offer or code."""

    id = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Something that says what is meant."""
        if not any(attrs.get(name) for name in ("id", "key", "offer", "code")):
            raise serializers.ValidationError({"id": ["Name a reservation by id or key, or an offer or a code."]})
        return attrs


class ReleaseItem(Strict):
    """A use to be given back."""

    id = serializers.UUIDField(required=False)
    key = key_field()
    reason = serializers.CharField(max_length=100, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """By one of them."""
        if not attrs.get("id") and not attrs.get("key"):
            raise serializers.ValidationError({"id": ["Name it by id or key."]})
        return attrs


def items_of(request: Request, form: type[Strict]) -> list[dict[str, Any]]:
    """The checked items of a body: `items`, or the body itself as the only one. Without a key of its own each has the
    request's Idempotency-Key with its place. Raises Problem and ValidationError."""
    body = request.data
    if not isinstance(body, dict):
        raise Problem("invalid", "The body cannot be used", 400, "Send one JSON object.")
    items = body.get("items", [body])
    if "items" in body and (len(body) > 1 or not isinstance(items, list) or not 0 < len(items) <= MOST_ITEMS):
        raise Problem("invalid", "The items cannot be used", 400, f"Send `items` alone: a list of 1 to {MOST_ITEMS}.")
    checked = form(data=items, many=True)
    checked.is_valid(raise_exception=True)
    asked = request.headers.get("Idempotency-Key", "").strip()
    if len(asked) > MOST_KEY - 5:
        raise Problem("invalid", "The Idempotency-Key is too long", 400, f"At most {MOST_KEY - 5} signs.")
    found = [dict(one) for one in checked.validated_data]
    for place, one in enumerate(found):
        if asked and not one.get("key") and not one.get("id"):
            one["key"] = f"{asked}:{place}" if "items" in body else asked
    return found


def need_keys(items: Sequence[Mapping[str, Any]]) -> None:
    """Raises Problem where a new use has no key."""
    faults = [
        {"field": f"items[{place}].key", "reason": "required", "detail": "Send a key, or an Idempotency-Key."}
        for place, one in enumerate(items)
        if not one.get("key") and not one.get("id")
    ]
    if faults:
        detail = "Without a key a call that is sent twice counts twice."
        raise Problem("invalid", "A key is needed", 400, detail, faults)


def identifiers_of(people: Collection[Named]) -> dict[Named, int]:
    """{person as named: an identifier of theirs} of those who are known."""
    found: dict[Named, int] = {}
    ids = {person: UUID(person[1]) for person in people if person[0] == "profile_id"}
    present = profiles.resolve_many(set(ids.values())) if ids else {}
    strongest = profiles.strongest_of(set(present.values())) if present else {}
    for person in people:
        if person in ids:
            known = strongest.get(present.get(ids[person], UUID(int=0)))
        else:
            facts = profiles.find(*person)
            known = facts.id if facts else None
        if known is not None:
            found[person] = known
    return found


def shown(outcome: Outcome, asked: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An outcome as it is answered; a refusal with its words."""
    detail = REASONS.get(outcome.reason, "") if outcome.is_refused else ""
    if outcome.reason == "person_needed" and asked and asked.get("person"):
        detail = "Nobody is known by this identifier, or it is shared by many: send an identify call of theirs first."
    return {
        "key": outcome.key or None,
        "id": str(outcome.id) if outcome.id else None,
        "state": outcome.state,
        "reason": outcome.reason or None,
        "detail": detail or None,
        "offer": outcome.offer or None,
        "code": outcome.code or None,
        "amount": f"{rounded(outcome.amount, outcome.currency):f}",
        "currency": outcome.currency or None,
        "order_id": outcome.order_id or None,
        "expires_at": _instant(outcome.expires_at),
        "retry_at": _instant(outcome.retry_at),
    }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
