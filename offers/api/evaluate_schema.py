"""What the OpenAPI document says of evaluating carts."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers

from offers.promotions.words import NOT, WHY
from offers.terms import Kind

KINDS = [kind.value for kind in Kind]
MONEY = "Decimal text with the currency's decimals."


class AskedLine(serializers.Serializer[Any]):
    """One line of a cart. What is left out of category, brand, list price and cost is taken from the catalog."""

    product_id = serializers.CharField(max_length=512)
    quantity = serializers.DecimalField(max_digits=12, decimal_places=6, required=False, help_text="1 where left out.")
    price = serializers.DecimalField(max_digits=18, decimal_places=6, help_text="Of one piece; as text or a number.")
    list_price = serializers.DecimalField(
        max_digits=18, decimal_places=6, required=False, help_text="Above the price: the product is reduced already."
    )
    category = serializers.CharField(required=False)
    categories = serializers.ListField(child=serializers.CharField(), required=False, help_text="From the root down.")
    brand = serializers.CharField(required=False)
    tax_rate = serializers.DecimalField(max_digits=9, decimal_places=6, required=False, help_text="In percent: 19.")
    cost = serializers.DecimalField(
        max_digits=18, decimal_places=6, required=False, help_text="What the shop pays for one; server keys only."
    )


class AskedShipping(serializers.Serializer[Any]):
    """Shipping costs; or just the amount."""

    amount = serializers.DecimalField(max_digits=18, decimal_places=6, required=False)
    method = serializers.CharField(required=False)
    tax_rate = serializers.DecimalField(max_digits=9, decimal_places=6, required=False)


class AskedCart(serializers.Serializer[Any]):
    """A cart."""

    currency = serializers.CharField(max_length=3)
    lines = AskedLine(many=True, help_text="Up to 500.")
    prices_include_tax = serializers.BooleanField(required=False, default=True)
    shipping = AskedShipping(required=False, allow_null=True, help_text="Left out: not known yet.")
    channel = serializers.CharField(required=False, help_text="web, app, store …")
    country = serializers.CharField(required=False, max_length=2)
    locale = serializers.CharField(required=False, help_text="Of titles and sentences: en, de.")
    first_order = serializers.BooleanField(required=False, help_text="What the shop knows; server keys only.")


class OneCart(serializers.Serializer[Any]):
    """A cart, whose, and typed codes. The person may also stand within `person`."""

    cart = AskedCart()
    codes = serializers.ListField(child=serializers.CharField(max_length=100), required=False, max_length=10)
    reservations = serializers.ListField(
        child=serializers.CharField(max_length=200),
        required=False,
        max_length=20,
        help_text="Server keys only: ids or keys of what this checkout has reserved; it is not in its own way.",
    )
    user_id = serializers.CharField(required=False, max_length=512)
    email = serializers.CharField(required=False, max_length=512, help_text="Server key only.")
    profile_id = serializers.UUIDField(required=False, help_text="Server key only.")
    anonymous_id = serializers.CharField(required=False, max_length=512)


class EvaluateQuestion(OneCart):
    """One cart; or `carts` with up to 100 of them, which are answered in `results`."""

    carts = OneCart(many=True, required=False, help_text="Instead of cart, codes and the person.")
    at = serializers.DateTimeField(required=False, help_text="What would hold then; server keys only.")


class DiscountLineAnswer(serializers.Serializer[Any]):
    """So much off a line of the cart."""

    index = serializers.IntegerField()
    product_id = serializers.CharField()
    quantity = serializers.CharField(help_text="Of how many pieces.")
    amount = serializers.CharField(help_text=MONEY)


class GiftAnswer(serializers.Serializer[Any]):
    """A product that comes with the cart."""

    product_id = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    value = serializers.CharField(help_text=MONEY)


class PromotionAnswer(serializers.Serializer[Any]):
    """What one offer gives."""

    offer = serializers.CharField()
    version = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=KINDS)
    applies_to = serializers.ChoiceField(choices=["products", "cart", "shipping", "gift", "points"])
    title = serializers.CharField()
    text = serializers.CharField()
    reason = serializers.ChoiceField(choices=list(WHY))
    sentence = serializers.CharField()
    code = serializers.CharField(allow_null=True)
    priority = serializers.IntegerField()
    saving = serializers.CharField(help_text="discount + shipping + value of gifts; what the budget is charged.")
    discount = serializers.CharField(help_text=MONEY)
    lines = DiscountLineAnswer(many=True)
    shipping = serializers.CharField(help_text="Off shipping.")
    gifts = GiftAnswer(many=True)
    points = serializers.IntegerField()


class EligibleAnswer(serializers.Serializer[Any]):
    """An offer whose conditions hold."""

    offer = serializers.CharField()
    chosen = serializers.BooleanField(help_text="Whether it is in the best combination.")
    reason = serializers.ChoiceField(choices=list(WHY))
    sentence = serializers.CharField()
    alone = PromotionAnswer(help_text="What it would give if it were the only one.")


class NotChosenAnswer(serializers.Serializer[Any]):
    """An eligible offer that is not in the best combination."""

    offer = serializers.CharField()
    title = serializers.CharField()
    reason = serializers.ChoiceField(choices=list(NOT))
    sentence = serializers.CharField()
    saving_alone = serializers.CharField()
    because_of = serializers.ListField(child=serializers.CharField())


class NeedAnswer(serializers.Serializer[Any]):
    """One thing the cart lacks."""

    what = serializers.ChoiceField(choices=["subtotal", "quantity", "products"])
    measure = serializers.ChoiceField(choices=["subtotal", "quantity"])
    missing = serializers.CharField()
    needed = serializers.CharField()
    present = serializers.CharField()
    scope = serializers.DictField(allow_null=True, help_text="Which products, as terms say it.")


class MissingAnswer(serializers.Serializer[Any]):
    """The next promotion."""

    offer = serializers.CharField()
    kind = serializers.ChoiceField(choices=KINDS)
    title = serializers.CharField()
    sentence = serializers.CharField()
    needs = NeedAnswer(many=True)
    combines = serializers.BooleanField(help_text="Whether it fits with the best combination.")
    code = serializers.CharField(allow_null=True)


class CodeAnswered(serializers.Serializer[Any]):
    """What became of a code."""

    code = serializers.CharField()
    state = serializers.ChoiceField(choices=["applied", "not_chosen", "refused"])
    offer = serializers.CharField(allow_null=True)
    reason = serializers.ChoiceField(choices=["code", *NOT])
    sentence = serializers.CharField()


class LineTotalAnswer(serializers.Serializer[Any]):
    """A line after all discounts."""

    index = serializers.IntegerField()
    product_id = serializers.CharField()
    quantity = serializers.CharField()
    subtotal = serializers.CharField()
    discount = serializers.CharField()
    total = serializers.CharField()
    tax = serializers.CharField()


class TotalsAnswer(serializers.Serializer[Any]):
    """total = subtotal - discount + shipping, and + tax where prices do not include it."""

    subtotal = serializers.CharField()
    discount = serializers.CharField()
    shipping = serializers.CharField(help_text="After its discount.")
    shipping_discount = serializers.CharField()
    tax = serializers.CharField()
    total = serializers.CharField()
    currency = serializers.CharField()
    prices_include_tax = serializers.BooleanField()
    shipping_is_known = serializers.BooleanField()


class BestAnswer(serializers.Serializer[Any]):
    """The compatible offers that save the customer the most."""

    offers = serializers.ListField(child=serializers.CharField(), help_text="In the order in which they are applied.")
    saving = serializers.CharField()
    points = serializers.IntegerField()
    applied = PromotionAnswer(many=True)


class RefusedOffer(serializers.Serializer[Any]):
    """An offer in force that this cart does not get."""

    offer = serializers.CharField()
    reason = serializers.ChoiceField(choices=list(NOT))
    sentence = serializers.CharField()


class EvaluateAnswer(serializers.Serializer[Any]):
    """The promotions of a cart; of several, a list of these in `results`."""

    totals = TotalsAnswer()
    best = BestAnswer()
    lines = LineTotalAnswer(many=True)
    eligible = EligibleAnswer(many=True)
    not_chosen = NotChosenAnswer(many=True)
    missing = MissingAnswer(many=True)
    codes = CodeAnswered(many=True)
    refused = RefusedOffer(many=True, help_text="Server keys only; empty for all others.")


QUESTION = {
    "user_id": "u-7",
    "codes": ["Summer 10"],
    "cart": {
        "currency": "EUR",
        "lines": [{"product_id": "mug-blue", "quantity": 2, "price": "21.45", "tax_rate": 19}],
        "shipping": {"amount": "4.90", "method": "parcel", "tax_rate": 19},
        "channel": "web",
        "country": "DE",
    },
}
post = extend_schema(
    operation_id="offers_evaluate",
    tags=["offers"],
    summary="The promotions of a cart: best combination, totals, what is missing for the next",
    description=(
        "A server key with `offers:read` asks for anybody; a user token for its own user; a write key for the"
        " `anonymous_id` it names, by the cart and that browser's own events alone. Whoever refuses personalization"
        " gets what nobody gets. Nothing is reserved: see `POST /v1/offers/reserve`. Every rule: docs/offers.md."
    ),
    request=EvaluateQuestion,
    examples=[OpenApiExample("A cart with a code", QUESTION, request_only=True)],
    responses={200: OpenApiResponse(EvaluateAnswer)},
)
