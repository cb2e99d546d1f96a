"""The doors of recommendations: parse, one call, shape the answer.

`dispatch` answers without DRF's negotiation, which costs more than a recommendation; the classes are there for the
OpenAPI document.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict

from cdp.lib import open_doors
from cdp.lib.clock import utc_now
from people.queries import callers
from recommendations.api import asking, bodies, params, schema
from recommendations.api.batch import answer_batch
from recommendations.api.telling import take_feedback

SCOPE = "recommendations:read"
ID_HEADER = "X-Recommendation-Id"
CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": f"{ID_HEADER}, Retry-After"}
PRIVATE = {**open_doors.PRIVATE, **CORS}


class OpenView(open_doors.OpenView):
    """Any origin may call, and reads the answer's id."""

    preflight = {
        **CORS,
        "Access-Control-Allow-Headers": "authorization, content-type, x-user-token, x-write-key",
        "Access-Control-Max-Age": "86400",
    }
    private = PRIVATE


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
        query = open_doors.texts_of(request.GET)
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


def _keys(request: HttpRequest, body: object) -> dict[str, str]:
    """Write keys in the query or the body."""
    return open_doors.keys_of(open_doors.texts_of(request.GET), body if isinstance(body, dict) else {})


def _json(request: HttpRequest) -> object:
    """The body, whatever type it says it has; raises Problem 400 or 413."""
    return open_doors.read_json(open_doors.raw_of(request))
