"""/v1/privacy/requests: the shop's backend opens and follows privacy requests (server key, scope privacy:write).

Opening by an address says nothing about whether anybody is known. `verify` is for a backend that knows who asks: its
customer is signed in, or was asked for proof.
"""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response
from rest_framework.views import APIView

from cdp.access.api.permissions import HasScope
from cdp.access.contracts import ServerCaller
from cdp.lib.clock import utc_now
from cdp.lib.problems import Problem
from privacy import services
from privacy.contracts import API
from privacy.models import Request, Step
from privacy.queries.requests import address_of_customer, clock_of, newest, request_of
from privacy.words import LOCALES

SCOPE = "privacy:write"
PAGE = 50


class FieldIn(serializers.Serializer[dict[str, Any]]):
    """One field to be corrected."""

    field = serializers.CharField(max_length=200, help_text="A trait's name, or email or phone.")
    new = serializers.JSONField(allow_null=True, help_text="A text, number or yes/no; null takes it away.")


class RequestIn(serializers.Serializer[dict[str, Any]]):
    """What is asked, and for whom."""

    kind = serializers.ChoiceField(choices=Request.Kind.choices)
    email = serializers.CharField(
        max_length=512, required=False, help_text="The link that verifies the request goes there."
    )
    user_id = serializers.CharField(
        max_length=512,
        required=False,
        help_text="Instead of email: a customer, who is written to at the address known.",
    )
    locale = serializers.ChoiceField(choices=LOCALES, default="en", help_text="The language of pages and letters.")
    fields_ = FieldIn(many=True, required=False, help_text="rectify: what is to be corrected.")
    purposes = serializers.ListField(
        child=serializers.CharField(max_length=50), required=False, help_text="object: codes of purposes; none: all."
    )

    def get_fields(self) -> dict[str, Any]:
        """`fields` is a name that serializers keep for themselves."""
        found = super().get_fields()
        found["fields"] = found.pop("fields_")
        return found

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two names who it is."""
        if ("email" in attrs) == ("user_id" in attrs):
            raise serializers.ValidationError({"email": "Name who it is by email or by user_id: one of the two."})
        return attrs


class AttestedIn(serializers.Serializer[dict[str, Any]]):
    """How the backend knows who they are."""

    reason = serializers.CharField(max_length=500, help_text="E.g. signed in to the account with a second factor.")


class StepOut(serializers.Serializer[dict[str, Any]]):
    """One step with its evidence: counts, codes and instants, nobody's data."""

    name = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=Step.State.choices)
    evidence = serializers.DictField()
    attempts = serializers.IntegerField()
    ended_at = serializers.DateTimeField(allow_null=True)


class RequestOut(serializers.Serializer[dict[str, Any]]):
    """A request, its clock and its steps."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Request.Kind.choices)
    state = serializers.ChoiceField(choices=Request.State.choices)
    regime = serializers.CharField(help_text="The law its clock follows: gdpr, ccpa, can_spam or other.")
    came_by = serializers.CharField()
    received_at = serializers.DateTimeField()
    verified_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(help_text="The law's last instant for an answer.")
    left = serializers.CharField(help_text="The same in words, e.g. 12 days left; empty when it is finished.")
    extended_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    steps = StepOut(many=True)


class RequestsOut(serializers.Serializer[dict[str, Any]]):
    """A page of requests, newest first."""

    requests = RequestOut(many=True)
    next = serializers.UUIDField(allow_null=True, help_text="Give it as ?before= for the page after this one.")


class RequestsView(APIView):
    """Open a request, list requests."""

    permission_classes = [HasScope(SCOPE)]

    @extend_schema(request=RequestIn, responses={202: RequestOut}, summary="Open a privacy request")
    def post(self, request: ApiRequest) -> Response:
        """Sends the verifying link to the address. The same request, while it is open, is joined: same id, new link."""
        body = RequestIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        wishes = {name: given[name] for name in ("fields", "purposes") if name in given}
        address = given["email"] if "email" in given else _address_of(given["user_id"])
        asked = services.ask(given["kind"], address, came_by=API, now=utc_now(), wishes=wishes, locale=given["locale"])
        return Response(_shown(asked), status=202)

    @extend_schema(
        parameters=[
            OpenApiParameter("state", str, enum=Request.State.values),
            OpenApiParameter("kind", str, enum=Request.Kind.values),
            OpenApiParameter("before", str, description="`next` of the page before."),
        ],
        responses=RequestsOut,
        summary="List privacy requests",
    )
    def get(self, request: ApiRequest) -> Response:
        """50 requests, newest first."""
        asked = request.query_params
        rows = newest(
            state=_one_of(asked, "state", Request.State.values),
            kind=_one_of(asked, "kind", Request.Kind.values),
            before=_before(asked.get("before", "")),
            limit=PAGE + 1,
        )
        more = rows[PAGE - 1].pk if len(rows) > PAGE else None
        return Response({"requests": [_shown(row) for row in rows[:PAGE]], "next": more})


class RequestView(APIView):
    """One request."""

    permission_classes = [HasScope(SCOPE)]

    @extend_schema(responses=RequestOut, summary="Follow a privacy request")
    def get(self, request: ApiRequest, request_id: UUID) -> Response:
        """Its clock and its steps, as they are now."""
        return Response(_shown(_known(request_id)))


class VerifyView(APIView):
    """Attest who asks."""

    permission_classes = [HasScope(SCOPE)]

    @extend_schema(request=AttestedIn, responses=RequestOut, summary="Attest who asks")
    def post(self, request: ApiRequest, request_id: UUID) -> Response:
        """Instead of the link: the backend made sure who they are, and says how. Work begins, or staff are asked."""
        body = AttestedIn(data=request.data)
        body.is_valid(raise_exception=True)
        _known(request_id)
        caller = request.auth
        key_id = caller.key_id if isinstance(caller, ServerCaller) else 0
        now = utc_now()
        verified = services.verify(request_id, now=now, key_id=key_id, reason=body.validated_data["reason"])
        return Response(_shown(verified))


def _shown(request: Request) -> dict[str, Any]:
    clock = clock_of(request, utc_now())
    values = {name: getattr(request, name) for name in ("id", "kind", "state", "regime", "came_by")}
    times = ("received_at", "verified_at", "due_at", "extended_at", "closed_at")
    values |= {name: getattr(request, name) for name in times}
    steps = [
        {name: getattr(step, name) for name in ("name", "title", "state", "evidence", "attempts", "ended_at")}
        for step in request.steps.all()
    ]
    return {**values, "left": clock.words if clock else "", "steps": steps}


def _address_of(user_id: str) -> str:
    """The customer's address. Raises Problem: whoever holds the key may know its shop's customers."""
    address = address_of_customer(user_id)
    if address is None:
        detail = "No e-mail address is known of this customer alone. Name an email instead."
        errors = [{"field": "user_id", "reason": "no_address", "detail": detail}]
        raise Problem("invalid_request", "This privacy request cannot be taken", 422, detail, errors)
    return address


def _known(request_id: UUID) -> Request:
    found = request_of(request_id)
    if found is None:
        raise Problem("not_found", "There is no such request", 404)
    return found


def _one_of(asked: Any, name: str, known: list[str]) -> str:
    value = str(asked.get(name, ""))
    if value and value not in known:
        detail = f"{name} is one of {', '.join(known)}."
        raise Problem("invalid_request", "This list cannot be had", 422, detail, [{"field": name, "detail": detail}])
    return value


def _before(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        detail = "before is the `next` of the page before."
        errors = [{"field": "before", "detail": detail}]
        raise Problem("invalid_request", "This list cannot be had", 422, detail, errors) from None
