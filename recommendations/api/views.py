"""The doors of recommendations: parse, one call, shape the answer.

`dispatch` answers without DRF's negotiation, which costs more than a recommendation; the classes are there for the
OpenAPI document.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from rest_framework.views import APIView

from cdp.lib.clock import utc_now
from cdp.lib.problems import Problem
from cdp.lib.values import read_number
from people.queries import callers
from recommendations.api import asking, bodies, params, schema
from recommendations.api.batch import answer_batch
from recommendations.api.telling import take_feedback

SCOPE = "recommendations:read"
ID_HEADER = "X-Recommendation-Id"
MOST_BYTES = 1024 * 1024
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": f"{ID_HEADER}, Retry-After",
}
PREFLIGHT = {
    **CORS,
    "Access-Control-Allow-Headers": "authorization, content-type, x-user-token, x-write-key",
    "Access-Control-Max-Age": "86400",
}
PRIVATE = {
    **CORS,
    "Cache-Control": "private, no-store",
    "Vary": "Authorization, X-User-Token, X-Write-Key",
}
_decode = msgspec.json.Decoder(Any, float_hook=read_number).decode


class OpenView(APIView):
    """Any origin may call; refusals are problems."""

    methods: ClassVar[tuple[str, ...]] = ()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Its methods answer, OPTIONS says what is allowed, all else is refused."""
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers={**PREFLIGHT, "Access-Control-Allow-Methods": self.allowed})
        try:
            if request.method not in self.methods:
                headers = {"Allow": self.allowed}
                text = f"Only {' and '.join(one for one in self.methods if one != 'HEAD')} is taken here"
                raise Problem("method_not_allowed", text, 405, headers=headers)
            name = "get" if request.method == "HEAD" else str(request.method).lower()
            answered: HttpResponse = getattr(self, name)(request)
            return answered
        except Problem as problem:
            headers = {**PRIVATE, **problem.headers}
            body = bodies.encode(problem.body())
            return HttpResponse(body, "application/problem+json", problem.status, headers=headers)

    @property
    def allowed(self) -> str:
        """What Allow names."""
        return ", ".join([*(one for one in self.methods if one != "HEAD"), "OPTIONS"])


class RecommendationsView(OpenView):
    """Products for a person, a product page, a cart, a search or a placement."""

    methods = ("GET", "HEAD", "POST")

    @schema.get
    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask by query string."""
        body, answer_id = answer_query(request.META, request.GET)
        return HttpResponse(body, "application/json", headers={**PRIVATE, ID_HEADER: answer_id})

    @schema.post
    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask by JSON body: for long carts and for search results."""
        body = _json(request)
        answer, answer_id = _answered(request.META, params.read_body(body), _keys(request, body), with_id=True)
        return HttpResponse(answer, "application/json", headers={**PRIVATE, ID_HEADER: answer_id})


class BatchView(OpenView):
    """One question for many people."""

    methods = ("POST",)

    @schema.batch
    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask for up to 500 people."""
        body = _json(request)
        found = answer_batch(callers.caller_of(request.META, _keys(request, body), scope=SCOPE), body, utc_now())
        return HttpResponse(bodies.encode(found), "application/json", headers=PRIVATE)


class FeedbackView(OpenView):
    """What became of answers."""

    methods = ("POST",)

    @schema.feedback
    def post(self, request: HttpRequest) -> HttpResponse:
        """Tell of impressions, clicks and additions."""
        query = _texts(request)
        caller = callers.caller_of(request.META, query, scope=SCOPE)
        found = take_feedback(request.META, caller, query, _json(request), utc_now())
        return HttpResponse(bodies.encode(found), "application/json", 202, headers=PRIVATE)


def answer_query(meta: Mapping[str, Any], query: QueryDict) -> tuple[bytes, str]:
    """(body, id) of the answer to a query string; raises Problem. Also what the fast lane calls."""
    lists = {name: [str(value) for value in values] for name, values in query.lists()}
    texts = {name: values[-1] for name, values in lists.items() if values}
    return _answered(meta, params.read(lists), texts, with_id=False)


def _answered(
    meta: Mapping[str, Any], asked: params.Asked, keys: Mapping[str, str], *, with_id: bool
) -> tuple[bytes, str]:
    """The answer; its id stands in the body too where that may differ between equal answers."""
    found, answer_id, spec = asking.ask(meta, callers.caller_of(meta, keys, scope=SCOPE), asked, utc_now())
    body = bodies.body_of(found, currency=asked.currency, spec=spec)
    if with_id or spec is not None:
        body = {"recommendation_id": answer_id, **body}
    return bodies.encode(body), answer_id


def _texts(request: HttpRequest) -> dict[str, str]:
    return {name: value for name, value in request.GET.dict().items() if isinstance(value, str)}


def _keys(request: HttpRequest, body: object) -> dict[str, str]:
    """Write keys in the query or the body."""
    given = body if isinstance(body, dict) else {}
    inside = {name: value for name in params.KEYS if isinstance(value := given.get(name), str)}
    return {**inside, **_texts(request)}


def _json(request: HttpRequest) -> object:
    """The body, whatever type it says it has; raises Problem 400 or 413."""
    declared = str(request.META.get("CONTENT_LENGTH") or "")
    body = b"" if declared.isdigit() and len(declared) > 12 else request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES or (declared.isdigit() and int(declared[:18]) > MOST_BYTES):
        raise Problem("request_too_large", "The request is too large", 413, f"Send at most {MOST_BYTES} bytes.")
    try:
        return _decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Problem("malformed_json", "Malformed JSON", 400, "Send the body as JSON in UTF-8.") from None
