"""GET /v1/recommendations: parse, one call, shape the answer.

`dispatch` answers without DRF's negotiation, which costs more than the recommendation; the class is there for the
OpenAPI document. The body holds nothing that differs between equal answers: the recommendation's id stands in a header.
"""

from typing import Any

import msgspec
import uuid_utils.compat
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework.views import APIView

from cdp.lib.clock import utc_now
from cdp.lib.problems import Problem
from commerce.contracts import ProductFacts
from consent import services as consent
from recommendations import queries
from recommendations.api import callers, params
from recommendations.api.schema import describe
from recommendations.contracts import Answer

ID_HEADER = "X-Recommendation-Id"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": ID_HEADER,
}
PREFLIGHT = {
    **CORS,
    "Access-Control-Allow-Methods": "GET, OPTIONS",
    "Access-Control-Allow-Headers": "authorization, content-type, x-user-token, x-write-key",
    "Access-Control-Max-Age": "86400",
}
_encode = msgspec.json.Encoder(decimal_format="number").encode


class RecommendationsView(APIView):
    """Products for a person, a product page or a cart."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """GET and HEAD answer, OPTIONS says what is allowed, all else is refused."""
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers=PREFLIGHT)
        try:
            if request.method not in ("GET", "HEAD"):
                raise Problem("method_not_allowed", "Only GET is taken here", 405, headers={"Allow": "GET, OPTIONS"})
            return self.get(request)
        except Problem as problem:
            headers = {**CORS, **problem.headers}
            return HttpResponse(_encode(problem.body()), "application/problem+json", problem.status, headers=headers)

    @describe
    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask for recommendations."""
        query = request.GET.dict()
        asked = params.read({name: value for name, value in query.items() if isinstance(value, str)})
        now = utc_now()
        found = queries.answer(callers.request_of(request.META, query, asked, now))
        if found.refusal is not None:
            consent.note_refusals([found.refusal], now)
        headers = {
            **CORS,
            "Cache-Control": "private, no-store",
            "Vary": "Authorization, X-User-Token, X-Write-Key",
            ID_HEADER: str(uuid_utils.compat.uuid7()),
        }
        return HttpResponse(_encode(_body(found)), "application/json", headers=headers)


def _body(found: Answer) -> dict[str, Any]:
    return {
        "strategy": found.strategy,
        "model": found.model_run,
        "note": found.note,
        "items": [
            {
                "product_id": item.product_id,
                "score": item.score,
                "reason": item.reason,
                "sentence": item.sentence,
                "strategy": item.strategy,
                "product": _product(item.product),
            }
            for item in found.items
        ],
    }


def _product(facts: ProductFacts) -> dict[str, Any]:
    return {
        "name": facts.name,
        "category": facts.category,
        "brand": facts.brand,
        "price": None if facts.price is None else f"{facts.price.normalize():f}",
        "currency": facts.currency,
        "url": facts.url,
        "image_url": facts.image_url,
        "in_stock": facts.in_stock,
    }
