"""POST /v1/suppressions and its check: the shop's backend says whom nobody may write to, and asks (consent:write).

Addresses never stand in a URL: GET gives the list's hashes, or takes one; addresses are asked by POST …/check.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cdp.access.api.permissions import HasScope
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from consent import services
from consent.api.suppression_pages import LIST_PARAMETERS, page_of
from consent.queries.suppressions import suppressions_of
from consent.suppression_list import MARKETING, REASONS, SCOPES, SMS, NewSuppression, hash_of
from profiles.identifiers import Blocked, canonicalize

MOST = 1_000
ONE_OF = ("email", "phone", "hash")


class AddressIn(serializers.Serializer[dict[str, Any]]):
    """Exactly one of email, phone and hash."""

    email = serializers.CharField(max_length=512, required=False)
    phone = serializers.CharField(max_length=64, required=False, help_text="With its country: +49 …")
    hash = serializers.CharField(max_length=32, required=False, help_text="32 hexadecimal digits of the list's file.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Adds `key`: the address hash."""
        given = [name for name in ONE_OF if attrs.get(name)]
        if len(given) != 1:
            raise serializers.ValidationError("Name exactly one of email, phone and hash.")
        return {**attrs, "key": _key(given[0], attrs[given[0]])}


class SuppressionIn(AddressIn):
    """An address nobody may write to, for what, and why."""

    scope = serializers.ChoiceField(choices=SCOPES, required=False, help_text="marketing; of a phone number sms.")
    reason = serializers.ChoiceField(choices=[one for one in REASONS if one != "erasure"], default="manual")
    occurred_at = serializers.DateTimeField(required=False, help_text="Since when; now if absent.")
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class ListIn(serializers.Serializer[dict[str, Any]]):
    """Up to 1,000 at once."""

    suppressions = SuppressionIn(many=True, allow_empty=False, max_length=MOST)  # type: ignore[call-arg]  # of the list


class ListOut(serializers.Serializer[dict[str, Any]]):
    """What became of them. A stronger reason replaces a weaker one, never the other way round."""

    new = serializers.IntegerField()
    stronger = serializers.IntegerField()
    known = serializers.IntegerField()


class CheckIn(serializers.Serializer[dict[str, Any]]):
    """Up to 1,000 addresses."""

    addresses = AddressIn(many=True, allow_empty=False, max_length=MOST)  # type: ignore[call-arg]  # of the list


class StandingOut(serializers.Serializer[dict[str, Any]]):
    """One thing that stands against an address."""

    scope = serializers.CharField()
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()
    origin = serializers.CharField()


class AnswerOut(serializers.Serializer[dict[str, Any]]):
    """What stands against an address, by its hash; nothing: an empty list."""

    hash = serializers.CharField()
    suppressions = StandingOut(many=True)


class CheckOut(serializers.Serializer[dict[str, Any]]):
    """In the order asked."""

    results = AnswerOut(many=True)


class SuppressionsView(APIView):
    """The list of suppressed addresses."""

    permission_classes = [HasScope("consent:write")]

    @extend_schema(request=ListIn, responses={200: ListOut}, summary="Suppress addresses")
    def post(self, request: Request) -> Response:
        """All of them or, where one cannot be read, none. The same again changes nothing."""
        body = ListIn(data=request.data)
        body.is_valid(raise_exception=True)
        now = utc_now()
        rows = [_row(given, now) for given in body.validated_data["suppressions"]]
        done = services.suppress_each(rows, actor="system", now=now)
        return Response({"new": done.new, "stronger": done.stronger, "known": done.known})

    @extend_schema(
        parameters=LIST_PARAMETERS,
        responses={200: {"type": "object", "additionalProperties": True}},
        summary="The list of suppressed addresses, or what stands against a hash",
    )
    def get(self, request: Request) -> Response:
        """A page of `data` with `next`, hashes only; with ?hash= what stands against that one.

        Addresses are asked by POST /v1/suppressions/check.
        """
        if "hash" not in request.query_params:
            return Response(page_of(request.query_params))
        body = AddressIn(data={"hash": request.query_params.get("hash", "")})
        body.is_valid(raise_exception=True)
        return Response(_answers([body.validated_data["key"]])[0])


class SuppressionCheckView(APIView):
    """Which addresses are suppressed."""

    permission_classes = [HasScope("consent:write")]

    @extend_schema(request=CheckIn, responses={200: CheckOut}, summary="Check addresses")
    def post(self, request: Request) -> Response:
        """What stands against each, in the order asked."""
        body = CheckIn(data=request.data)
        body.is_valid(raise_exception=True)
        return Response({"results": _answers([given["key"] for given in body.validated_data["addresses"]])})


def _row(given: Mapping[str, Any], now: datetime) -> NewSuppression:
    scope = given.get("scope") or (SMS if given.get("phone") else MARKETING)
    at = given.get("occurred_at") or now
    return NewSuppression(given["key"], scope, given["reason"], at, given["note"], "api")


def _answers(keys: list[bytes]) -> list[dict[str, Any]]:
    found = suppressions_of(set(keys))
    return [
        {
            "hash": key.hex(),
            "suppressions": [
                {"scope": one.scope, "reason": one.reason, "created_at": one.created_at, "origin": one.origin}
                for one in found.get(key, ())
            ],
        }
        for key in keys
    ]


def _key(kind: str, text: str) -> bytes:
    if kind == "hash":
        found = hash_of(text.strip())
        if found is None:
            raise serializers.ValidationError({"hash": ["Write 32 hexadecimal digits, as the list's file has them."]})
        return found
    canonical = canonicalize(kind, text)
    if isinstance(canonical, Blocked):
        raise serializers.ValidationError({kind: ["This is no address anybody could write to. Check its spelling."]})
    return address_hash(canonical.value)
