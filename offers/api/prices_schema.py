"""What the OpenAPI document says of prices."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers

from offers.price_choice import EVERYBODY, GROUP, GROUP_AND_SEGMENT, LIST_PRICE, NO_PRICE, NOT_DEARER, SEGMENT

REASONS = (LIST_PRICE, GROUP, SEGMENT, GROUP_AND_SEGMENT, EVERYBODY, NOT_DEARER, NO_PRICE)


class AskedProduct(serializers.Serializer[Any]):
    """A product and how many pieces of it."""

    product_id = serializers.CharField(max_length=200)
    quantity = serializers.DecimalField(max_digits=12, decimal_places=3, required=False, help_text="1 where left out.")


class PricesQuestion(serializers.Serializer[Any]):
    """What is asked. The person may also stand within `person`."""

    products = AskedProduct(many=True, help_text="1 to 1,000; just the id stands for one piece.")
    currency = serializers.CharField(required=False, max_length=3, help_text="Each product's own where left out.")
    user_id = serializers.CharField(required=False, max_length=512)
    email = serializers.CharField(required=False, max_length=512, help_text="Server key only.")
    profile_id = serializers.UUIDField(required=False, help_text="Server key only.")
    anonymous_id = serializers.CharField(required=False, max_length=512)


class NextBreak(serializers.Serializer[Any]):
    """A quantity from which one piece is cheaper."""

    quantity = serializers.FloatField()
    price = serializers.CharField()


class PriceAnswer(serializers.Serializer[Any]):
    """The price of one piece."""

    product_id = serializers.CharField()
    quantity = serializers.FloatField()
    list_price = serializers.CharField(allow_null=True, help_text="Of the catalog, for everybody; decimal text.")
    price = serializers.CharField(allow_null=True, help_text="Decimal text with the currency's decimals.")
    currency = serializers.CharField(allow_null=True)
    price_list = serializers.CharField(allow_null=True, help_text="The key of the list it is of.")
    reason = serializers.ChoiceField(choices=REASONS)
    personalized = serializers.BooleanField(
        help_text="Made for this person by an automated decision: where the law of the shop asks for it, say so beside"
        " the price."
    )
    from_quantity = serializers.FloatField(help_text="From which the price holds.")
    next_break = NextBreak(allow_null=True)


class PricesAnswer(serializers.Serializer[Any]):
    """Prices in the order asked."""

    prices = PriceAnswer(many=True)
    unknown_products = serializers.ListField(child=serializers.CharField(), help_text="Not in the catalog.")


post = extend_schema(
    operation_id="prices",
    tags=["offers"],
    summary="What products cost somebody",
    description="The price of one piece of each product for this person: by the price lists of their customer group and"
    " segments, the currency, the quantity and the date. Needs a server key with offers:read, or a user token. With a"
    " write key, for an unknown person and for one who refuses personalization it is what everybody pays, in the very"
    " same bytes.",
    request=PricesQuestion,
    responses={200: PricesAnswer},
    examples=[
        OpenApiExample(
            "A person of the group b2b",
            value={"user_id": "u-17", "currency": "EUR", "products": [{"product_id": "P-1", "quantity": 3}, "P-404"]},
            request_only=True,
        ),
        OpenApiExample(
            "Their price",
            value={
                "prices": [
                    {
                        "product_id": "P-1",
                        "quantity": 3,
                        "list_price": "20.00",
                        "price": "17.50",
                        "currency": "EUR",
                        "price_list": "b2b-2026",
                        "reason": "group",
                        "personalized": True,
                        "from_quantity": 1,
                        "next_break": {"quantity": 10, "price": "15.00"},
                    }
                ],
                "unknown_products": ["P-404"],
            },
            response_only=True,
        ),
    ],
)
