"""POST /v1/suppressions/lift: what a program may take off the list (consent:write).

A program lifts what programs and staff put there: addresses suppressed by hand or after a bounce. What an address's
owner said (unsubscribed, reported as spam) is lifted by their own new yes alone, an erasure by their signing up again.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cdp.access.api.permissions import HasScope
from cdp.access.contracts import ServerCaller
from cdp.access.services import record_audit
from consent import services
from consent.api.suppressions import MOST, AddressIn
from consent.models import Suppression
from consent.suppression_list import MARKETING, SCOPES, SMS

LIFTABLE = ("manual", "hard_bounce")


class LiftOneIn(AddressIn):
    """An address that may be written to again, as far as this scope goes."""

    scope = serializers.ChoiceField(choices=SCOPES, required=False, help_text="marketing; of a phone number sms.")


class LiftIn(serializers.Serializer[dict[str, Any]]):
    """Up to 1,000 at once."""

    addresses = LiftOneIn(many=True, allow_empty=False, max_length=MOST)  # type: ignore[call-arg]  # of the list


class RefusedOut(serializers.Serializer[dict[str, Any]]):
    """One that stays suppressed."""

    hash = serializers.CharField()
    reason = serializers.CharField(help_text="Why it is suppressed.")
    detail = serializers.CharField()


class LiftOut(serializers.Serializer[dict[str, Any]]):
    """What became of them. Consent is asked as before: lifting is no yes."""

    lifted = serializers.IntegerField()
    not_suppressed = serializers.IntegerField()
    refused = RefusedOut(many=True)


class SuppressionLiftView(APIView):
    """Take addresses off the list."""

    permission_classes = [HasScope("consent:write")]

    @extend_schema(
        request=LiftIn,
        responses={200: LiftOut},
        summary="Lift suppressions",
        examples=[
            OpenApiExample(
                "An address that works again",
                {"addresses": [{"email": "ada@example.com", "scope": "all"}]},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Those for which only staff, a program or a bounce stands; the others are named with the reason."""
        body = LiftIn(data=request.data)
        body.is_valid(raise_exception=True)
        lifted, absent, refused = 0, 0, []
        with transaction.atomic():
            for given in body.validated_data["addresses"]:
                found = _held(given)
                if found is None:
                    absent += 1
                elif found.reason not in LIFTABLE:
                    refused.append(_refusal(found))
                elif services.lift_suppression(bytes(found.address_hash), found.scope):
                    lifted += 1
                    key = request.auth.key_id if isinstance(request.auth, ServerCaller) else None
                    subject = f"address:{bytes(found.address_hash).hex()}"
                    record_audit(None, "lifted a suppression", subject, f"{found.reason}, by server key {key}")
        return Response({"lifted": lifted, "not_suppressed": absent, "refused": refused})


def _held(given: Mapping[str, Any]) -> Suppression | None:
    scope = given.get("scope") or (SMS if given.get("phone") else MARKETING)
    return Suppression.objects.filter(address_hash=given["key"], scope=scope).first()


def _refusal(row: Suppression) -> dict[str, str]:
    owner = "It is lifted when its owner signs up again."
    said = {"erasure": "The person was erased.", "complaint": "Its owner reported our mail as spam."}
    detail = f"{said.get(row.reason, 'Its owner unsubscribed.')} {owner}"
    return {"hash": bytes(row.address_hash).hex(), "reason": row.reason, "detail": detail}
