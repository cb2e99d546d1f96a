"""What the OpenAPI document says of GET /v1/recommendations."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from recommendations.contracts import Reason, Strategy


class RecommendedProduct(serializers.Serializer[Any]):
    """A product as it is shown."""

    name = serializers.CharField()
    category = serializers.CharField()
    brand = serializers.CharField()
    price = serializers.CharField(allow_null=True, help_text="A decimal number as text.")
    currency = serializers.CharField(help_text="ISO 4217.")
    url = serializers.CharField()
    image_url = serializers.CharField()
    in_stock = serializers.BooleanField()


class RecommendationItem(serializers.Serializer[Any]):
    """One product with its reason."""

    product_id = serializers.CharField()
    score = serializers.FloatField(help_text="Orders this answer; means nothing across answers.")
    reason = serializers.ChoiceField(choices=[reason.value for reason in Reason])
    sentence = serializers.CharField(help_text="The reason as a sentence for the customer.")
    strategy = serializers.ChoiceField(choices=[strategy.value for strategy in Strategy], help_text="What found it.")
    product = RecommendedProduct()


class RecommendationsAnswer(serializers.Serializer[Any]):
    """The answer; the same shape whoever asks."""

    strategy = serializers.ChoiceField(choices=[strategy.value for strategy in Strategy])
    model = serializers.IntegerField(allow_null=True, help_text="The model run; null before the first training.")
    note = serializers.CharField(help_text="Why there are no items; empty otherwise.")
    items = RecommendationItem(many=True)


EXAMPLE = {
    "strategy": "similar",
    "model": 7,
    "note": "",
    "items": [
        {
            "product_id": "22423",
            "score": 0.317402,
            "reason": "bought_together",
            "sentence": "Bought together with Red retrospot cup",
            "strategy": "similar",
            "product": {
                "name": "Regency cakestand 3 tier",
                "category": "Kitchen",
                "brand": "",
                "price": "12.75",
                "currency": "GBP",
                "url": "https://shop.example/p/22423",
                "image_url": "",
                "in_stock": True,
            },
        }
    ],
}


def _parameter(name: str, text: str, kind: Any = OpenApiTypes.STR, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=text, **more)


describe = extend_schema(
    operation_id="recommendations",
    tags=["recommendations"],
    summary="Recommendations for a person, a product page or a cart",
    description=(
        "In stock only, never what is already in front of the person, never empty while the shop has another"
        " product.\n\n"
        "**Write key** (`?writeKey=`, `X-Write-Key`, or as Basic user): public, so the answer is computed only from"
        " events that hang on that very `anonymous_id`. An unknown id gets the popular list in the same shape.\n\n"
        "**User token** (`X-User-Token`): the profile of the customer it vouches for.\n\n"
        "**Server key** (`Authorization: Bearer sk_…`, scope `recommendations:read`): any profile.\n\n"
        "Refusals: 400 `invalid` names each faulty parameter; 401 no key, or an unknown or revoked one; 403 the key"
        " may not ask for this person.\n\n"
        "The header `X-Recommendation-Id` names this answer; send it back with clicks."
    ),
    parameters=[
        _parameter("anonymous_id", "The browser's anonymous id."),
        _parameter("user_id", "Server key only."),
        _parameter("email", "Server key only."),
        _parameter("profile_id", "Server key only; any id the profile ever had.", OpenApiTypes.UUID),
        _parameter("product_id", "The product in front of the person."),
        _parameter("cart", "Product ids in the cart, with commas between."),
        _parameter("n", "How many, 1 to 50.", OpenApiTypes.INT, default=10),
        _parameter(
            "strategy",
            "Default: similar with product_id, cart with cart, else for_you.",
            enum=[strategy.value for strategy in Strategy],
        ),
        _parameter("writeKey", "A source's write key."),
    ],
    responses={
        200: OpenApiResponse(RecommendationsAnswer, examples=[OpenApiExample("A product page", EXAMPLE)]),
    },
)
