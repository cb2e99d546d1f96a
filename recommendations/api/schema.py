"""What the OpenAPI document says of recommendations, their batch and feedback."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers

from recommendations.contracts import Reason, Strategy

STRATEGIES = [strategy.value for strategy in Strategy]


class RecommendedProduct(serializers.Serializer[Any]):
    """A product as it is shown; never what the shop pays for it."""

    name = serializers.CharField()
    category = serializers.CharField()
    categories = serializers.ListField(child=serializers.CharField(), help_text="From the root of the shop's tree.")
    brand = serializers.CharField()
    group_id = serializers.CharField(help_text="Variants of one product share it; an answer holds one of them.")
    price = serializers.CharField(allow_null=True, help_text="A decimal number as text.")
    list_price = serializers.CharField(allow_null=True, help_text="Before a reduction.")
    currency = serializers.CharField(help_text="ISO 4217: the one asked for where the shop told a price in it.")
    url = serializers.CharField()
    image_url = serializers.CharField()
    images = serializers.ListField(child=serializers.CharField(), help_text="Further pictures.")
    in_stock = serializers.BooleanField()


class RecommendationItem(serializers.Serializer[Any]):
    """One product with its reason."""

    product_id = serializers.CharField()
    score = serializers.FloatField(help_text="Orders this answer; means nothing across answers.")
    reason = serializers.ChoiceField(choices=[reason.value for reason in Reason])
    sentence = serializers.CharField(help_text="The reason as a sentence for the customer.")
    strategy = serializers.ChoiceField(choices=STRATEGIES, help_text="What found it.")
    product = RecommendedProduct()


class RecommendationsAnswer(serializers.Serializer[Any]):
    """The answer; the same shape whoever asks."""

    recommendation_id = serializers.CharField(
        required=False, help_text="As in X-Recommendation-Id. Absent from answers to GET without a placement."
    )
    strategy = serializers.ChoiceField(choices=STRATEGIES)
    model = serializers.IntegerField(allow_null=True, help_text="The model run; null before the first training.")
    trained_until = serializers.DateTimeField(allow_null=True, help_text="The newest event the model learned from.")
    note = serializers.CharField(help_text="Why there are no items; empty otherwise.")
    placement = serializers.CharField(required=False, help_text="Its key, where one was named.")
    title = serializers.CharField(required=False, help_text="The placement's heading for customers.")
    variant = serializers.ChoiceField(
        choices=["treated", "holdout"],
        required=False,
        allow_null=True,
        help_text="The side of the placement's holdout.",
    )
    items = RecommendationItem(many=True)


class Filters(serializers.Serializer[Any]):
    """What the products have to be, beside what the placement says."""

    categories = serializers.ListField(child=serializers.CharField(), required=False, max_length=50)
    brands = serializers.ListField(child=serializers.CharField(), required=False, max_length=50)
    price_min = serializers.DecimalField(max_digits=18, decimal_places=6, required=False)
    price_max = serializers.DecimalField(max_digits=18, decimal_places=6, required=False)
    exclude = serializers.ListField(child=serializers.CharField(), required=False, max_length=1000)


class Question(serializers.Serializer[Any]):
    """What is asked."""

    placement = serializers.CharField(required=False, max_length=50, help_text="Key of a placement of the admin.")
    anonymous_id = serializers.CharField(required=False, max_length=512)
    user_id = serializers.CharField(required=False, max_length=512, help_text="Server key only.")
    email = serializers.CharField(required=False, max_length=512, help_text="Server key only.")
    profile_id = serializers.UUIDField(required=False, help_text="Server key only.")
    product_id = serializers.CharField(required=False, max_length=512)
    cart = serializers.ListField(child=serializers.CharField(), required=False, max_length=200)
    results = serializers.ListField(
        child=serializers.CharField(), required=False, max_length=1000, help_text="Search results to put in order."
    )
    n = serializers.IntegerField(required=False, min_value=1, max_value=50)
    strategy = serializers.ChoiceField(choices=STRATEGIES, required=False, help_text="Not with a placement.")
    category = serializers.CharField(required=False, max_length=512, help_text="The category in front of the person.")
    region = serializers.CharField(required=False, max_length=64, help_text="Where the person is, e.g. DE.")
    country = serializers.CharField(required=False, max_length=64, help_text="Another name for region.")
    currency = serializers.CharField(required=False, max_length=3, help_text="Prices in it where the shop told one.")
    filters = Filters(required=False)


class PersonNamed(serializers.Serializer[Any]):
    """One of these."""

    user_id = serializers.CharField(required=False)
    email = serializers.CharField(required=False)
    anonymous_id = serializers.CharField(required=False)
    profile_id = serializers.UUIDField(required=False)


class BatchQuestion(serializers.Serializer[Any]):
    """One question for many; all else as in POST /v1/recommendations."""

    people = PersonNamed(many=True, help_text="1 to 500.")
    placement = serializers.CharField(required=False, max_length=50)
    strategy = serializers.ChoiceField(choices=STRATEGIES, required=False, help_text="Not with a placement.")
    n = serializers.IntegerField(required=False, min_value=1, max_value=50)
    currency = serializers.CharField(required=False, max_length=3)
    filters = Filters(required=False)


class BatchResult(RecommendationsAnswer):
    """The answer for one person."""

    person = PersonNamed()


class BatchAnswer(serializers.Serializer[Any]):
    """Answers in the order of people."""

    results = BatchResult(many=True)


class FeedbackEvent(serializers.Serializer[Any]):
    """What became of products of the answer."""

    kind = serializers.ChoiceField(choices=["impression", "click", "add"])
    product_ids = serializers.ListField(
        child=serializers.CharField(), required=False, max_length=50, help_text="Or product_id for one."
    )
    product_id = serializers.CharField(required=False)
    at = serializers.DateTimeField(required=False, help_text="When it happened; now if it is left out.")


class FeedbackBody(serializers.Serializer[Any]):
    """Of one answer; a list of such takes up to 100."""

    recommendation_id = serializers.CharField()
    events = FeedbackEvent(many=True)


class FeedbackFault(serializers.Serializer[Any]):
    """What was left out, and how to mend it."""

    field = serializers.CharField()
    reason = serializers.CharField()
    detail = serializers.CharField()


FEEDBACK_ANSWER = inline_serializer(
    "FeedbackAnswer",
    {
        "taken": serializers.IntegerField(help_text="Told for the first time."),
        "repeated": serializers.IntegerField(help_text="Known before; counted once."),
        "errors": FeedbackFault(many=True),
    },
)
EXAMPLE = {
    "strategy": "similar",
    "model": 7,
    "trained_until": "2026-03-01T12:00:00Z",
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
                "category": "Cake stands",
                "categories": ["Kitchen", "Cake stands"],
                "brand": "",
                "group_id": "",
                "price": "12.75",
                "list_price": "14.95",
                "currency": "GBP",
                "url": "https://shop.example/p/22423",
                "image_url": "",
                "images": [],
                "in_stock": True,
            },
        }
    ],
}
WHO = (
    "**Write key** (`?writeKey=`, `X-Write-Key`, or as Basic user): public, so the answer is computed only from"
    " events that hang on that very `anonymous_id`. An unknown id gets the popular list in the same shape.\n\n"
    "**User token** (`X-User-Token`): the profile of the customer it vouches for.\n\n"
    "**Server key** (`Authorization: Bearer sk_…`, scope `recommendations:read`): any profile.\n\n"
    "Refusals: 400 `invalid` names each fault; 401 no key, or an unknown or revoked one; 403 the key may not ask for"
    " this person; 404 `unknown_placement`.\n\n"
    "The header `X-Recommendation-Id` names this answer: send it back with `POST /v1/recommendations/feedback`, or as"
    " the property `recommendation_id` of your events."
)


def _parameter(name: str, text: str, kind: Any = OpenApiTypes.STR, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=text, **more)


_WRITE_KEY = _parameter("writeKey", "A source's write key.")
_PEOPLE = [
    _parameter("anonymous_id", "The browser's anonymous id."),
    _parameter("user_id", "Server key only."),
    _parameter("email", "Server key only."),
    _parameter("profile_id", "Server key only; any id the profile ever had.", OpenApiTypes.UUID),
]
get = extend_schema(
    operation_id="recommendations",
    tags=["recommendations"],
    summary="Recommendations for a placement, a person, a product page, a cart or a search",
    description=(
        "In stock only while anything that may be shown is; else products as they are, with `in_stock` false and a"
        " `note` that says so (a placement that wants stock is empty instead). Never what is already in front of the"
        " person; without a placement never empty while the shop has another product that fits what was asked for."
        f"\n\n{WHO}"
    ),
    parameters=[
        _parameter("placement", "Key of a placement of the admin: its strategies, rules and holdout hold."),
        *_PEOPLE,
        _parameter("product_id", "The product in front of the person."),
        _parameter("cart", "Product ids in the cart, with commas between."),
        _parameter("results", "Search results to put in order, with commas between; none is lost."),
        _parameter("n", "How many, 1 to 50; else the placement's own number, else 10.", OpenApiTypes.INT),
        _parameter(
            "strategy",
            "Not with a placement. Default: search with results, similar with product_id, cart, else for_you.",
            enum=STRATEGIES,
        ),
        _parameter("category", "The category in front of the person."),
        _parameter("region", "Where the person is, e.g. DE; `country` is another name for it."),
        _parameter("currency", "Prices in it where the shop told one."),
        _parameter("categories", "Only of these categories; with commas between, or given several times."),
        _parameter("brands", "Only of these brands."),
        _parameter("price_min", "Not cheaper.", OpenApiTypes.DECIMAL),
        _parameter("price_max", "Not dearer.", OpenApiTypes.DECIMAL),
        _parameter("exclude", "Not these products."),
        _WRITE_KEY,
    ],
    responses={200: OpenApiResponse(RecommendationsAnswer, examples=[OpenApiExample("A product page", EXAMPLE)])},
)
post = extend_schema(
    operation_id="recommendations_post",
    tags=["recommendations"],
    summary="The same by JSON body: for long carts and search results",
    description=WHO,
    request=Question,
    responses={200: RecommendationsAnswer},
)
batch = extend_schema(
    operation_id="recommendations_batch",
    tags=["recommendations"],
    summary="One question for up to 500 people",
    description=(
        "Server key with `recommendations:read`. Answers come in the order of `people`. People nobody knows and people"
        " who refuse personalization get what nobody gets."
    ),
    request=BatchQuestion,
    responses={200: BatchAnswer},
)
feedback = extend_schema(
    operation_id="recommendations_feedback",
    tags=["recommendations"],
    summary="Tell what became of answers",
    description=(
        "Impressions, clicks and additions of products of an answer; orders are credited by themselves. An object, or a"
        " list of up to 100. Each product counts once an answer and kind, however often it is told. Any key or token"
        " that may ask may tell; name who it was as in the question (`?anonymous_id=`). `navigator.sendBeacon` may send"
        " it as text with `?writeKey=`.\n\n"
        "What cannot be used is named in `errors`, and the rest is taken (202); 400 where nothing was. Reasons:"
        " `unknown_id` (forged, or not ours), `old_id` (older than 30 days), `not_in_answer`, and of the shape."
    ),
    parameters=[*_PEOPLE, _WRITE_KEY],
    request=FeedbackBody,
    responses={202: FEEDBACK_ANSWER},
)
