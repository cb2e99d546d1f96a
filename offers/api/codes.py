"""Codes by API: pools of an offer, the codes of a pool, how a code stands, and giving one to a person."""

from datetime import datetime
from typing import Any

import msgspec
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cdp.jobs.models import Job
from cdp.lib.clock import utc_now
from cdp.lib.problems import Problem
from offers.api.bodies import LedgerView, Strict, Who, identifiers_of
from offers.coding import MOST_MADE, USUAL_LENGTH, BadCodes
from offers.giving import NOT_GIVEN, NotGiven
from offers.models import CodePool, Offer
from offers.queries import codes as reading
from offers.services import codes
from offers.services.codes import NewPool, Uploaded
from offers.services.giving import give

ANY = {"type": "object", "additionalProperties": True}
KEY = OpenApiParameter("key", OpenApiTypes.STR, OpenApiParameter.PATH, description="The offer's key.")
POOL = OpenApiParameter("pool_id", OpenApiTypes.INT, OpenApiParameter.PATH)
CODE = OpenApiParameter("code", OpenApiTypes.STR, OpenApiParameter.PATH, description="However it is written.")
MOST_REJECTED, MOST_PAGE = 1_000, 5_000
GENERATED, SHARED, UPLOADED = CodePool.Kind.GENERATED, CodePool.Kind.SHARED, CodePool.Kind.UPLOADED


class PoolIn(Strict):
    """A new pool: `count` codes are made, one `code` is shared, or `codes` are taken as they are."""

    kind = serializers.ChoiceField(choices=CodePool.Kind.choices)
    name = serializers.CharField(max_length=100, required=False)
    expires_at = serializers.DateTimeField(required=False)
    count = serializers.IntegerField(min_value=1, max_value=MOST_MADE, required=False)
    length = serializers.IntegerField(min_value=1, max_value=60, required=False)
    prefix = serializers.CharField(max_length=20, required=False, allow_blank=True)
    code = serializers.CharField(max_length=100, required=False)
    most_uses = serializers.IntegerField(min_value=1, required=False)
    codes = serializers.ListField(
        child=serializers.CharField(max_length=200, allow_blank=True), max_length=codes.MOST_LINES, required=False
    )


class CodesIn(Strict):
    """More codes."""

    codes = serializers.ListField(
        child=serializers.CharField(max_length=200, allow_blank=True), max_length=codes.MOST_LINES
    )


class GiveIn(Strict):
    """Whom, and what for."""

    person = Who()
    given_for = serializers.CharField(max_length=200, help_text="The occasion: the same again gives the same code.")
    until = serializers.DateTimeField(required=False)


class PoolsView(LedgerView):
    """The pools of an offer."""

    @extend_schema(
        operation_id="offers_pools",
        tags=["offers"],
        summary="Pools of codes of an offer",
        parameters=[KEY],
        responses={200: ANY},
    )
    def get(self, request: Request, key: str) -> Response:
        """Each with its codes counted, the oldest first."""
        _offer(key)
        return Response({"data": [_pool(one) for one in reading.pools_of(key)]})

    @extend_schema(
        operation_id="offers_make_pool",
        tags=["offers"],
        summary="Make, share or upload codes",
        parameters=[KEY],
        request={"application/json": PoolIn},
        responses={201: ANY},
        examples=[
            OpenApiExample(
                "A hundred thousand codes",
                {"kind": "generated", "name": "Spring", "count": 100_000, "length": 10, "prefix": "SPRING"},
                request_only=True,
            ),
            OpenApiExample(
                "One for all", {"kind": "shared", "code": "SUMMER10", "most_uses": 5_000}, request_only=True
            ),
            OpenApiExample("Your own", {"kind": "uploaded", "codes": ["AAA-111", "BBB-222"]}, request_only=True),
        ],
    )
    def post(self, request: Request, key: str) -> Response:
        """Generated codes are made by a job: ask the pool how far it is. Of uploaded ones `rejected` names each line
        that was not taken, and why."""
        form = PoolIn(data=request.data)
        form.is_valid(raise_exception=True)
        asked = dict(form.validated_data)
        new = NewPool(_offer(key).pk, asked.get("name", ""), asked.get("expires_at"))
        try:
            pool_id, more = _made(new, asked)
        except BadCodes as error:
            raise Problem("codes_refused", "The codes cannot be made", 400, str(error)) from None
        return Response(_told(pool_id) | more, status=201)


class PoolView(LedgerView):
    """One pool."""

    @extend_schema(
        operation_id="offers_pool",
        tags=["offers"],
        summary="A pool of codes, and how far its job is",
        parameters=[POOL],
        responses={200: ANY},
    )
    def get(self, request: Request, pool_id: int) -> Response:
        """Its codes counted."""
        return Response(_told(pool_id))


class PoolCodesView(LedgerView):
    """The codes of a pool."""

    @extend_schema(
        operation_id="offers_pool_codes",
        tags=["offers"],
        summary="The codes of a pool, page by page",
        parameters=[
            POOL,
            OpenApiParameter("after", OpenApiTypes.INT, description="`next` of the page before."),
            OpenApiParameter("limit", OpenApiTypes.INT, description=f"At most {MOST_PAGE:,}."),
        ],
        responses={200: ANY},
    )
    def get(self, request: Request, pool_id: int) -> Response:
        """In the order they were made."""
        _told(pool_id)
        after, limit = _whole(request, "after", 0, 2**62), _whole(request, "limit", 1_000, MOST_PAGE)
        rows = reading.page_of(pool_id, after, max(limit, 1))
        data = [{"code": shown, "uses": uses, "is_void": is_void} for _, shown, uses, is_void in rows]
        return Response({"data": data, "next": rows[-1][0] if len(rows) == max(limit, 1) else None})

    @extend_schema(
        operation_id="offers_add_codes",
        tags=["offers"],
        summary="Add codes to an uploaded pool",
        parameters=[POOL],
        request={"application/json": CodesIn},
        responses={200: ANY},
    )
    def post(self, request: Request, pool_id: int) -> Response:
        """`rejected` names each line that was not taken, and why."""
        form = CodesIn(data=request.data)
        form.is_valid(raise_exception=True)
        _told(pool_id)
        try:
            done = codes.upload_more(CodePool.objects.get(pk=pool_id), "\n".join(form.validated_data["codes"]))
        except BadCodes as error:
            raise Problem("codes_refused", "The codes cannot be taken", 400, str(error)) from None
        return Response(_told(pool_id) | _uploaded(done))


class VoidPoolView(LedgerView):
    """A whole pool taken back."""

    @extend_schema(
        operation_id="offers_void_pool",
        tags=["offers"],
        summary="Take a pool of codes back",
        parameters=[POOL],
        request=None,
        responses={200: ANY},
    )
    def post(self, request: Request, pool_id: int) -> Response:
        """No code of it is taken any more; what is reserved can still be redeemed."""
        codes.void_pool(pool_id)
        return Response(_told(pool_id))


class CodeView(LedgerView):
    """One code."""

    @extend_schema(
        operation_id="offers_code",
        tags=["offers"],
        summary="How a code stands",
        parameters=[CODE],
        responses={200: ANY},
        examples=[
            OpenApiExample(
                "Given, not used",
                {
                    "code": "SPRING-7K4MQ9XTRB",
                    "offer": "spring-10",
                    "pool": 3,
                    "state": "given",
                    "uses": 0,
                    "most_uses": 1,
                    "given_at": "2026-05-01T08:00:00+00:00",
                    "expires_at": "2026-05-15T22:00:00+00:00",
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request, code: str) -> Response:
        """free, given, in_use, used_up, expired or void."""
        return Response(_state(code))


class VoidCodeView(LedgerView):
    """One code taken back."""

    @extend_schema(
        operation_id="offers_void_code",
        tags=["offers"],
        summary="Take a code back for good",
        parameters=[CODE],
        request=None,
        responses={200: ANY},
    )
    def post(self, request: Request, code: str) -> Response:
        """It is not taken any more; what is reserved with it can still be redeemed."""
        codes.void_code(code)
        return Response(_state(code))


class GiveView(LedgerView):
    """A code for a person."""

    @extend_schema(
        operation_id="offers_give",
        tags=["offers"],
        summary="Give a person a code of an offer",
        parameters=[KEY],
        request={"application/json": GiveIn},
        responses={200: ANY},
        examples=[
            OpenApiExample(
                "For a letter", {"person": {"user_id": "u1"}, "given_for": "letter-2026-05"}, request_only=True
            ),
            OpenApiExample(
                "Given",
                {
                    "offer": "spring-10",
                    "title": "10 % off",
                    "code": "SPRING-7K4MQ9XTRB",
                    "expires_at": "2026-05-15T22:00:00+00:00",
                },
                response_only=True,
            ),
        ],
    )
    def post(self, request: Request, key: str) -> Response:
        """For the same occasion the same code, however often asked. A code of a pool is then this person's alone."""
        form = GiveIn(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        offer, who = _offer(key), identifiers_of([asked["person"]]).get(asked["person"])
        if who is None:
            detail = "Nobody is known by this identifier: send an identify call of theirs first."
            raise Problem("profile_not_found", "No such person", 404, detail)
        try:
            found = give(offer.key, who, f"api:{asked['given_for']}", utc_now(), until=asked.get("until"))
        except NotGiven as error:
            sentence = NOT_GIVEN[error.reason]
            raise Problem(
                "offer_not_given", "No code can be given", 409, f"{sentence[0].upper()}{sentence[1:]}."
            ) from None
        ends = _instant(found.expires_at)
        return Response({"offer": found.offer, "title": found.title(), "code": found.code or None, "expires_at": ends})


def _offer(key: str) -> Offer:
    found = Offer.objects.filter(key=key).first()
    if found is None:
        raise Problem("offer_not_found", "No such offer", 404, "Its key stands on its page in the admin.")
    return found


def _made(new: NewPool, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    kind = asked["kind"]
    need = {GENERATED: "count", SHARED: "code", UPLOADED: "codes"}[kind]
    if asked.get(need) is None:
        raise serializers.ValidationError({need: [f"A pool of the kind {kind} takes it."]})
    if kind == SHARED:
        return codes.share_code(new, asked["code"], most_uses=asked.get("most_uses")).pk, {}
    if kind == GENERATED:
        length = asked.get("length", USUAL_LENGTH)
        pool, _ = codes.generate_codes(new, asked["count"], length=length, prefix=asked.get("prefix", ""))
        return pool.pk, {}
    done = codes.upload_codes(new, "\n".join(asked["codes"]))
    return done.pool_id, _uploaded(done)


def _uploaded(done: Uploaded) -> dict[str, Any]:
    named = [
        {"line": one.number, "code": one.shown, "reason": one.reason, "detail": one.detail}
        for one in done.rejected[:MOST_REJECTED]
    ]
    return {"added": done.added, "rejected_count": len(done.rejected), "rejected": named}


def _told(pool_id: int) -> dict[str, Any]:
    found = reading.pool(pool_id)
    if found is None:
        raise Problem("pool_not_found", "No such pool of codes", 404, "Its id stands beside it in the offer's pools.")
    job = Job.objects.filter(kind=codes.MAKE, params__pool=pool_id).order_by("-created_at").first()
    making = {"state": job.state, "done": job.done, "total": job.total} if job else None
    return _pool(found) | {"job": making}


def _pool(found: reading.PoolFigures) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(found)
    return told


def _state(code: str) -> dict[str, Any]:
    found = reading.code_state(code, utc_now())
    if found is None:
        raise Problem(
            "code_not_found", "No such code", 404, "Check how it is written: blanks and dashes do not matter."
        )
    told: dict[str, Any] = msgspec.to_builtins(found)
    return told


def _whole(request: Request, name: str, default: int, most: int) -> int:
    written = request.query_params.get(name, "")
    if written and not (written.isdigit() and written.isascii() and len(written) < 20):
        raise Problem("invalid", "The query cannot be used", 400, f"{name} takes a whole number.")
    return min(int(written or default), most)


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
