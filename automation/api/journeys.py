"""POST /v1/journeys/{slug}/trigger, …/enroll, …/cancel, and where a person is: GET /v1/journeys/enrollments/{key}."""

from typing import Any
from uuid import uuid4

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automation.api.base import (
    MOST_PEOPLE,
    PERSON,
    Facts,
    JourneysView,
    Strict,
    Who,
    found,
    found_each,
    given,
    journey_of,
    live,
)
from automation.queries.enrolled import enrollments_of
from automation.services.calling import CallRefused, cancel_people, let_in
from cdp.lib.clock import utc_now
from cdp.lib.problems import Problem
from people.queries import locate, members

SLUG = OpenApiParameter("slug", OpenApiTypes.STR, OpenApiParameter.PATH, description="The journey's slug.")
KEY = OpenApiParameter(
    "key",
    OpenApiTypes.STR,
    OpenApiParameter.PATH,
    description="`kind:value`, percent-encoded: user_id:u1, anonymous_id:a1, …, or a profile id.",
)
KEY_HELP = "What this call is about, in your words (an order, a ticket). The same key again lets nobody in again."
FACTS_HELP = "For the journey's mails: product_id, order_id, and whatever they show as event.<name>."
CALL = {"type": "string", "maxLength": 100, "description": KEY_HELP}
FACTS = {"type": "object", "maxProperties": 50, "additionalProperties": True, "description": FACTS_HELP}
PEOPLE = {"type": "array", "minItems": 1, "maxItems": MOST_PEOPLE, "items": PERSON}
ANY = {"type": "object", "additionalProperties": True}
TRIGGER_BODY = {
    "type": "object",
    "required": ["person"],
    "properties": {"person": PERSON, "key": CALL, "facts": FACTS},
}
ENROLL_BODY = {
    "type": "object",
    "required": ["people"],
    "properties": {"people": PEOPLE, "key": CALL, "facts": FACTS},
}
CANCEL_BODY = {"type": "object", "required": ["people"], "properties": {"people": PEOPLE}}


class TriggerIn(Strict):
    """Somebody of whom the journey's trigger came true."""

    person = Who()
    key = serializers.CharField(max_length=100, required=False, help_text=KEY_HELP)
    facts = Facts(required=False)


class EnrollIn(Strict):
    """Up to 1,000 people."""

    people = serializers.ListField(child=Who(), allow_empty=False, max_length=MOST_PEOPLE)
    key = serializers.CharField(max_length=100, required=False, help_text=KEY_HELP)
    facts = Facts(required=False)


class CancelIn(Strict):
    """Up to 1,000 people."""

    people = serializers.ListField(child=Who(), allow_empty=False, max_length=MOST_PEOPLE)


class TriggerView(JourneysView):
    """Let one person into a journey that programs start."""

    @extend_schema(
        operation_id="journeys_trigger",
        tags=["journeys"],
        summary="Trigger a journey for a person",
        parameters=[SLUG],
        request={"application/json": TRIGGER_BODY},
        responses={200: ANY},
        examples=[
            OpenApiExample(
                "A ticket was solved",
                {"person": {"user_id": "u1"}, "key": "ticket-4711", "facts": {"product_id": "p1", "rating": 5}},
                request_only=True,
            ),
            OpenApiExample("Entered", {"entered": True, "enrollment": 12, "reason": ""}, response_only=True),
        ],
    )
    def post(self, request: Request, slug: str) -> Response:
        """Takes journeys whose trigger is the API. `entered` is false, with the reason, for who may not come in now."""
        body = given(TriggerIn, request)
        journey = live(journey_of(slug))
        who = found(*body["person"])
        try:
            done = let_in(
                journey, [who.id], body.get("key") or uuid4().hex, body.get("facts") or {}, utc_now(), only_api=True
            )
        except CallRefused as error:
            raise Problem("journey_state", "The journey does not start like this", 409, str(error)) from None
        reason = next(iter(done.turned_away), "")
        return Response({"entered": bool(done.entered), "enrollment": next(iter(done.entered), None), "reason": reason})


class EnrollView(JourneysView):
    """Let many people into a live journey, whatever its trigger is, but for those about carts."""

    @extend_schema(
        operation_id="journeys_enroll",
        tags=["journeys"],
        summary="Let many people into a journey",
        parameters=[SLUG],
        request={"application/json": ENROLL_BODY},
        responses={200: ANY},
        examples=[
            OpenApiExample(
                "Two people",
                {"people": [{"user_id": "u1"}, {"email": "ada@example.com"}], "key": "spring-2026"},
                request_only=True,
            ),
            OpenApiExample(
                "Answer",
                {"entered": 1, "turned_away": {}, "unmatched": [{"index": 1, "reason": "profile_not_found"}]},
                response_only=True,
            ),
        ],
    )
    def post(self, request: Request, slug: str) -> Response:
        """Whoever names nobody we know is told by place and reason; the others are let in, each once a key."""
        body = given(EnrollIn, request)
        journey = live(journey_of(slug))
        known, unmatched = found_each(body["people"])
        ids = [one.id for one in known]
        try:
            done = let_in(journey, ids, body.get("key") or uuid4().hex, body.get("facts") or {}, utc_now())
        except CallRefused as error:
            raise Problem("journey_state", "The journey does not start like this", 409, str(error)) from None
        return Response({"entered": len(done.entered), "turned_away": dict(done.turned_away), "unmatched": unmatched})


class CancelView(JourneysView):
    """Take people out of a journey."""

    @extend_schema(
        operation_id="journeys_cancel",
        tags=["journeys"],
        summary="Take people out of a journey",
        parameters=[SLUG],
        request={"application/json": CANCEL_BODY},
        responses={200: ANY},
        examples=[
            OpenApiExample("One person", {"people": [{"user_id": "u1"}]}, request_only=True),
            OpenApiExample("Answer", {"canceled": 1, "unmatched": []}, response_only=True),
        ],
    )
    def post(self, request: Request, slug: str) -> Response:
        """Ends every way of theirs through it, by all of their identifiers; what is queued for them is not sent."""
        body = given(CancelIn, request)
        known, unmatched = found_each(body["people"])
        canceled = cancel_people(journey_of(slug), [one.id for one in known], utc_now())
        return Response({"canceled": canceled, "unmatched": unmatched})


class EnrollmentsView(JourneysView):
    """Where a person is in every journey."""

    @extend_schema(
        operation_id="journeys_enrollments",
        tags=["journeys"],
        summary="Where a person is in every journey",
        parameters=[KEY],
        responses={200: ANY},
    )
    def get(self, request: Request, key: str) -> Response:
        """Their ways, the latest first, a hundred at most: journey, state, step, reason and times."""
        rows: list[dict[str, Any]] = enrollments_of([one.id for one in members(locate(key))])
        return Response({"data": rows})
