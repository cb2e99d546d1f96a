"""POST /v1/offers/reserve, …/redeem, …/release, and GET /v1/offers/redemptions/{id or key}."""

from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from cdp.lib.clock import utc_now
from cdp.lib.problems import Problem
from offers.api.bodies import (
    MOST_ITEMS,
    LedgerView,
    Named,
    RedeemItem,
    ReleaseItem,
    ReserveItem,
    identifiers_of,
    items_of,
    need_keys,
    shown,
)
from offers.queries import redemptions
from offers.redeeming import NewReservation, Outcome, Redeeming, Releasing
from offers.services import ledger

IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The key of the only item, or the beginning of the keys of items that have none.",
)
ANY = {"type": "object", "additionalProperties": True}
TEXT = {"type": "string"}
MONEY = {"type": "string", "example": "7.10", "description": "What it costs of the budget."}
WHO = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": TEXT}
USE = {
    "key": {**TEXT, "description": "Yours: the same asked again is answered again."},
    "offer": {**TEXT, "description": "The offer's key."},
    "code": {**TEXT, "description": "As it was typed."},
    "person": {**WHO, "description": "One identifier: user_id, email, anonymous_id, profile_id, or a kind of yours."},
    "amount": MONEY,
    "currency": {**TEXT, "description": "ISO 4217; the budget's where it is left out."},
    "order_id": TEXT,
    "minutes": {"type": "integer", "description": "How long it is held; as the offer says where it is left out."},
    "decision_id": {"type": "string", "format": "uuid"},
}
ID = {"id": {"type": "string", "format": "uuid"}}
GONE = {**ID, "key": USE["key"], "reason": TEXT}
ANSWER = {
    "key": "cart-77",
    "id": "01976d5e-7c2a-7000-8000-000000000001",
    "state": "reserved",
    "reason": None,
    "detail": None,
    "offer": "spring-10",
    "code": "SPRING-7K4MQ9XTRB",
    "amount": "7.10",
    "currency": "EUR",
    "order_id": None,
    "expires_at": "2026-05-04T10:30:00+00:00",
    "retry_at": None,
}
REFUSED = {
    **ANSWER,
    "id": None,
    "state": "refused",
    "reason": "budget_used_up",
    "detail": "The budget of the offer is used up.",
    "amount": "0.00",
    "expires_at": None,
}


def _body(properties: Mapping[str, Any]) -> dict[str, Any]:
    item = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    listed = {"type": "array", "minItems": 1, "maxItems": MOST_ITEMS, "items": item}
    many = {"type": "object", "required": ["items"], "properties": {"items": listed}}
    return {"application/json": {"oneOf": [many, item]}}


class ReserveView(LedgerView):
    """Hold uses of offers."""

    @extend_schema(
        operation_id="offers_reserve",
        tags=["offers"],
        summary="Reserve offers for a checkout",
        parameters=[IDEMPOTENCY],
        request=_body(USE),
        responses={200: ANY},
        examples=[
            OpenApiExample(
                "A code at the checkout",
                {
                    "key": "cart-77",
                    "code": "spring-7k4mq9xtrb",
                    "person": {"user_id": "u1"},
                    "amount": "7.10",
                    "currency": "EUR",
                },
                request_only=True,
            ),
            OpenApiExample("Held", {"data": [ANSWER]}, response_only=True),
            OpenApiExample("Refused", {"data": [REFUSED]}, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        """Counts each in budget, code and cap until it is redeemed, released or its time is over. Up to 100 `items`, in
        one transaction, each with its own answer: `state` is `reserved`, or `refused` with a `reason`."""
        items = items_of(request, ReserveItem)
        need_keys(items)
        found = ledger.reserve(_uses(items), utc_now())
        return _answer(found, items)


class RedeemView(LedgerView):
    """Uses that took place."""

    @extend_schema(
        operation_id="offers_redeem",
        tags=["offers"],
        summary="Redeem reservations, or offers at once",
        parameters=[IDEMPOTENCY],
        request=_body({**ID, **USE}),
        responses={200: ANY},
        examples=[
            OpenApiExample("The order was placed", {"key": "cart-77", "order_id": "10024"}, request_only=True),
            OpenApiExample(
                "Redeemed", {"data": [{**ANSWER, "state": "redeemed", "order_id": "10024"}]}, response_only=True
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        """By the `id` or `key` of a reservation; where there is none, an offer or code is redeemed at once. What has
        expired is counted anew, or refused as a new one would be."""
        items = items_of(request, RedeemItem)
        need_keys(items)
        asked = [
            Redeeming(
                id=item.get("id"),
                new=None if item.get("id") else new,
                order_id=item.get("order_id", ""),
                amount=item.get("amount"),
            )
            for item, new in zip(items, _uses(items), strict=True)
        ]
        return _answer(ledger.redeem(asked, utc_now()), items)


class ReleaseView(LedgerView):
    """Uses that are given back."""

    @extend_schema(
        operation_id="offers_release",
        tags=["offers"],
        summary="Give back what was reserved or redeemed",
        parameters=[IDEMPOTENCY],
        request=_body(GONE),
        responses={200: ANY},
        examples=[
            OpenApiExample("The cart was left", {"key": "cart-77", "reason": "cart_left"}, request_only=True),
            OpenApiExample(
                "Released", {"data": [{**ANSWER, "state": "released", "reason": "cart_left"}]}, response_only=True
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        """Budget, code and cap get back what it took, once, however often this is called."""
        items = items_of(request, ReleaseItem)
        asked = [Releasing(item.get("id"), item.get("key", ""), item.get("reason", "")) for item in items]
        return _answer(ledger.release(asked, utc_now()), items)


class RedemptionView(LedgerView):
    """One of them."""

    @extend_schema(
        operation_id="offers_redemption",
        tags=["offers"],
        summary="How a reservation or redemption stands",
        parameters=[OpenApiParameter("name", OpenApiTypes.STR, OpenApiParameter.PATH, description="Its id or key.")],
        responses={200: ANY},
        examples=[OpenApiExample("Held", ANSWER, response_only=True)],
    )
    def get(self, request: Request, name: str) -> Response:
        """By its id, or by the key it was asked with."""
        found = redemptions.find(name)
        if found is None:
            raise Problem("redemption_not_found", "No such redemption", 404, "Name it by its id or your key.")
        return Response(shown(found))


def _uses(items: Sequence[Mapping[str, Any]]) -> list[NewReservation]:
    known = identifiers_of({item["person"] for item in items if item.get("person")})
    return [_use(item, known) for item in items]


def _use(item: Mapping[str, Any], known: Mapping[Named, int]) -> NewReservation:
    names = ("amount", "currency", "order_id", "minutes", "decision_id", "offer", "code")
    told = {name: item[name] for name in names if item.get(name) is not None}
    who = known.get(item["person"]) if item.get("person") else None
    return NewReservation(key=item.get("key", ""), identifier_id=who, **told)


def _answer(found: Sequence[Outcome], items: Sequence[Mapping[str, Any]]) -> Response:
    return Response({"data": [shown(one, item) for one, item in zip(found, items, strict=True)]})
