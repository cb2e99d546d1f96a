"""What the OpenAPI document says of decide, exposures and conversions."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

TYPES = ["content", "offer", "recommendations", "data", "list", "nothing"]
HOW = ["table", "rule", "experiment", "bandit", "recommendations", "fallback"]


class PersonAsked(serializers.Serializer[Any]):
    """At most one of these. With a write key an anonymous_id only; with a user token leave it out."""

    anonymous_id = serializers.CharField(required=False, max_length=512)
    user_id = serializers.CharField(required=False, max_length=512, help_text="Server key only.")
    email = serializers.CharField(required=False, max_length=512, help_text="Server key only.")
    profile_id = serializers.UUIDField(required=False, help_text="Server key only.")


class DecideCartLine(serializers.Serializer[Any]):
    """One line of the cart; `price` of one piece."""

    product_id = serializers.CharField()
    quantity = serializers.DecimalField(max_digits=12, decimal_places=3)
    price = serializers.DecimalField(max_digits=18, decimal_places=6)
    list_price = serializers.DecimalField(max_digits=18, decimal_places=6, required=False)
    categories = serializers.ListField(child=serializers.CharField(), required=False)
    brand = serializers.CharField(required=False)


class DecideCart(serializers.Serializer[Any]):
    """The cart that conditions ask about; as in POST /v1/offers/evaluate."""

    currency = serializers.CharField(max_length=3)
    lines = DecideCartLine(many=True, required=False)


class DecideQuestion(PersonAsked):
    """Which places, for whom, in which situation."""

    placements = serializers.ListField(child=serializers.CharField(max_length=100), min_length=1, max_length=50)
    context = serializers.DictField(  # type: ignore[assignment]  # a serializer has one
        required=False,
        help_text="What conditions ask about: channel, locale, country, device, page, product_id, category, and any"
        " other name of your own; texts, numbers and truth values.",
    )
    cart = DecideCart(required=False)
    idempotency_key = serializers.CharField(
        required=False, max_length=255, help_text="The same asked again within a day is answered again."
    )


class SkippedOutcome(serializers.Serializer[Any]):
    """An outcome that would have been shown but for the reason."""

    arm = serializers.CharField()
    reason = serializers.CharField()


class DecisionAnswer(serializers.Serializer[Any]):
    """One place. What is shown stands under the name of its type."""

    decision_id = serializers.UUIDField(allow_null=True, help_text="Null where there is no such place.")
    placement = serializers.CharField()
    version = serializers.IntegerField(help_text="0 for recommendations that stand for themselves.")
    decided_by = serializers.ChoiceField(choices=HOW)
    arm = serializers.CharField(help_text="The row, variant or arm; `fallback`.")
    reason = serializers.CharField(help_text="Why, as a code: see docs/decisions.md.")
    type = serializers.ChoiceField(choices=TYPES)
    key = serializers.CharField(required=False, help_text="Of the block, the offer or the recommendations.")
    content = serializers.DictField(required=False)
    offer = serializers.DictField(required=False)
    recommendations = serializers.DictField(required=False, help_text="As GET /v1/recommendations answers.")
    data = serializers.DictField(required=False)  # type: ignore[assignment]  # a serializer has one
    items = serializers.ListField(
        child=serializers.DictField(), required=False, help_text="Of a table that collects: each with its own type."
    )
    skipped = SkippedOutcome(many=True, required=False)


class DecideAnswer(serializers.Serializer[Any]):
    """An answer for each place, in the order asked for."""

    decisions = DecisionAnswer(many=True)


class ExposureTold(serializers.Serializer[Any]):
    """A decision that was seen."""

    decision_id = serializers.UUIDField()
    at = serializers.DateTimeField(required=False, help_text="When; now if left out.")


class ExposuresTold(serializers.Serializer[Any]):
    """Up to 500."""

    exposures = ExposureTold(many=True)


class ConversionTold(serializers.Serializer[Any]):
    """What somebody did after a decision, counted once a kind and occasion."""

    decision_id = serializers.UUIDField()
    kind = serializers.CharField(max_length=64, help_text="click, signup, your own word; orders count by themselves.")
    value = serializers.DecimalField(max_digits=14, decimal_places=2, required=False)
    occasion = serializers.CharField(required=False, max_length=512, help_text="Tells a repetition from another one.")
    at = serializers.DateTimeField(required=False)


class ConversionsTold(serializers.Serializer[Any]):
    """Up to 500."""

    conversions = ConversionTold(many=True)


class TakenFault(serializers.Serializer[Any]):
    """What was not taken."""

    field = serializers.CharField(help_text="Where it stands, e.g. exposures[2].decision_id.")
    reason = serializers.CharField()
    detail = serializers.CharField()


class TakenAnswer(serializers.Serializer[Any]):
    """What became of what was told."""

    taken = serializers.IntegerField()
    repeated = serializers.IntegerField(help_text="Told before: counted once.")
    errors = TakenFault(many=True)  # type: ignore[assignment]  # a serializer has one


WRITE_KEY = OpenApiParameter("writeKey", OpenApiTypes.STR, description="A browser's source; or X-Write-Key.")
TOKEN = OpenApiParameter("X-User-Token", OpenApiTypes.STR, OpenApiParameter.HEADER, description="A customer's token.")
KEY = OpenApiParameter("Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER)
PROBLEMS = {
    400: OpenApiResponse(OpenApiTypes.OBJECT, description="RFC 9457 problem: `errors` names each fault."),
    401: OpenApiResponse(OpenApiTypes.OBJECT, description="No key, an unknown one, or a bad token."),
    403: OpenApiResponse(OpenApiTypes.OBJECT, description="Scope missing, or a person this key may not ask for."),
}
DECISION = "0193c3a4-7b1e-7c4a-9a53-0d6a3f1f2b11"

decide = extend_schema(
    operation_id="decide",
    tags=["decisions"],
    summary="Decide what to show in up to 50 places",
    description="Each place has an answer, its fallback at least. A write key asks for an anonymous_id and gets what"
    " follows from the request and that browser's own events; a user token or a server key (scope `decisions:read`)"
    " asks for a whole person. Who refuses personalization is answered as nobody is.",
    parameters=[WRITE_KEY, TOKEN, KEY],
    request=DecideQuestion,
    responses={200: DecideAnswer, **PROBLEMS},
    examples=[
        OpenApiExample(
            "From a browser",
            request_only=True,
            value={
                "writeKey": "wk_…",
                "anonymous_id": "a-1",
                "placements": ["home-hero", "cart-nudge"],
                "context": {"channel": "web", "locale": "de-DE", "country": "DE", "device": "phone", "page": "/"},
                "cart": {"currency": "EUR", "lines": [{"product_id": "mug", "quantity": 2, "price": "12.50"}]},
            },
        ),
        OpenApiExample(
            "From the shop's server",
            request_only=True,
            value={"user_id": "u-17", "placements": ["account-offer"], "idempotency_key": "page-view-81723"},
        ),
        OpenApiExample(
            "Two places",
            response_only=True,
            value={
                "decisions": [
                    {
                        "decision_id": DECISION,
                        "placement": "home-hero",
                        "version": 3,
                        "decided_by": "table",
                        "arm": "r1",
                        "reason": "row_matched",
                        "type": "content",
                        "key": "spring-banner",
                        "content": {
                            "kind": "banner",
                            "version": 2,
                            "variant": "de",
                            "title": "Frühling",
                            "text": "Neue Farben",
                            "href": "/spring",
                            "button": "Ansehen",
                        },
                    },
                    {
                        "decision_id": "0193c3a4-7b1e-7c4a-9a53-0d6a3f1f2b12",
                        "placement": "cart-nudge",
                        "version": 1,
                        "decided_by": "fallback",
                        "arm": "fallback",
                        "reason": "no_row_matched",
                        "type": "nothing",
                    },
                ]
            },
        ),
    ],
)
exposures = extend_schema(
    operation_id="tell_exposures",
    tags=["decisions"],
    summary="Tell which decisions were seen",
    description="Once a decision: repetitions are counted once. A server key needs the scope `decisions:write`.",
    parameters=[WRITE_KEY, TOKEN],
    request=ExposuresTold,
    responses={202: TakenAnswer, **PROBLEMS},
    examples=[
        OpenApiExample(
            "One seen",
            request_only=True,
            value={"exposures": [{"decision_id": DECISION, "at": "2026-03-01T12:00:00Z"}]},
        ),
        OpenApiExample("Taken", response_only=True, value={"taken": 1, "repeated": 0, "errors": []}),
    ],
)
conversions = extend_schema(
    operation_id="tell_conversions",
    tags=["decisions"],
    summary="Tell what came of decisions",
    description="Once a decision, kind and occasion. What was acted upon counts as seen. Orders count by themselves."
    " A server key needs the scope `decisions:write`.",
    parameters=[WRITE_KEY, TOKEN],
    request=ConversionsTold,
    responses={202: TakenAnswer, **PROBLEMS},
    examples=[
        OpenApiExample(
            "A click",
            request_only=True,
            value={"conversions": [{"decision_id": DECISION, "kind": "click"}]},
        ),
        OpenApiExample(
            "A made-up id",
            response_only=True,
            status_codes=["202"],
            value={
                "taken": 1,
                "repeated": 0,
                "errors": [
                    {
                        "field": "conversions[1].decision_id",
                        "reason": "unknown_decision",
                        "detail": "No decision has this id: …",
                    }
                ],
            },
        ),
    ],
)
