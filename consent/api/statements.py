"""POST /v1/consent: the shop's backend states what a person allowed or refused (server key, scope consent:write)."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cdp.access.api.permissions import HasScope
from cdp.lib.clock import utc_now
from consent import services
from consent.contracts import STATES


class StatementIn(serializers.Serializer[dict[str, Any]]):
    """Exactly one of email, user_id and anonymous_id names the subject."""

    purpose = serializers.CharField(max_length=50, help_text="A purpose's code, e.g. email_marketing.")
    state = serializers.ChoiceField(choices=sorted(STATES))
    email = serializers.CharField(max_length=512, required=False)
    user_id = serializers.CharField(max_length=512, required=False)
    anonymous_id = serializers.CharField(max_length=512, required=False)
    method = serializers.RegexField(
        r"^[a-z0-9_]{1,40}$", default="api", help_text="How it was said, e.g. checkout_box."
    )
    occurred_at = serializers.DateTimeField(required=False, help_text="When it was said; now if absent.")


class StatementOut(serializers.Serializer[dict[str, Any]]):
    """What holds for the subject of the statement now."""

    recorded = serializers.BooleanField(help_text="False: this very statement was known already.")
    allowed = serializers.BooleanField()
    reason = serializers.CharField()


class StatementView(APIView):
    """State consent. The answer says what holds for that subject now."""

    permission_classes = [HasScope("consent:write")]

    @extend_schema(request=StatementIn, responses={200: StatementOut}, summary="State consent")
    def post(self, request: Request) -> Response:
        """Append one entry to the ledger; the same statement with the same occurred_at again changes nothing."""
        body = StatementIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        subjects = [(kind, given[kind]) for kind in ("email", "user_id", "anonymous_id") if kind in given]
        now = utc_now()
        said = services.Statement(
            purpose=given["purpose"],
            state=given["state"],
            method=given["method"],
            subjects=tuple(subjects),
            occurred_at=given.get("occurred_at") or now,
        )
        recorded, decision = services.state_consent(said, now=now)
        return Response({"recorded": recorded, "allowed": decision.allowed, "reason": decision.reason})
