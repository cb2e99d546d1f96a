"""POST /v1/consent, /v1/consent/bulk and /v1/consent/state: the shop's backend states and asks (server key).

Addresses never stand in a URL, so the question is a POST, too.
"""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cdp.access.api.permissions import HasScope
from cdp.access.contracts import ServerCaller
from cdp.lib.clock import utc_now
from cdp.lib.problems import Problem
from cdp.lib.values import canonical
from consent import services
from consent.choices import Choice, Outcome
from consent.contracts import STATES
from consent.queries import notice_now
from consent.queries.asking import SUBJECT_KINDS, Known, ask
from consent.services.choice_targets import refused

MOST_STATEMENTS = 1_000
CHUNK = 200
LONGEST_PROOF = 8_192
_PROOF_HELP = "What shows that it is true, e.g. the form's fields; kept apart from the ledger, and deletable."


class SubjectIn(serializers.Serializer[dict[str, Any]]):
    """Exactly one of email, phone, user_id and anonymous_id names the subject."""

    email = serializers.CharField(max_length=512, required=False)
    phone = serializers.CharField(max_length=64, required=False, help_text="With its country: +49 …")
    user_id = serializers.CharField(max_length=512, required=False)
    anonymous_id = serializers.CharField(max_length=512, required=False)

    def to_internal_value(self, data: Any) -> Any:
        """A misspelled field is refused: a statement without what it was meant to say is not what was said."""
        if isinstance(data, Mapping) and (unknown := sorted(str(name) for name in set(data) - set(self.fields))):
            known = ", ".join(self.fields)
            raise serializers.ValidationError({name: [f"There is no such field. Known: {known}."] for name in unknown})
        return super().to_internal_value(data)

    def validate_phone(self, value: str) -> str:
        """Without its country a number may be anybody's."""
        if not value.strip().startswith("+"):
            raise serializers.ValidationError("Give the number with its country, e.g. +49 171 1234567.")
        return value


class StatementIn(SubjectIn):
    """What was said, how, and in answer to what."""

    purpose = serializers.CharField(max_length=50, help_text="A purpose's code, e.g. email_marketing.")
    state = serializers.ChoiceField(
        choices=sorted(STATES),
        error_messages={"invalid_choice": "{input} is not a state. Use one of " + ", ".join(sorted(STATES)) + "."},
    )
    method = serializers.RegexField(
        r"^[a-z0-9_]{1,40}$",
        default="api",
        help_text="How it was said: up to 40 of a-z, 0-9 and _, e.g. checkout_box.",
        error_messages={"invalid": "Use up to 40 of a-z, 0-9 and _, e.g. checkout_box."},
    )
    occurred_at = serializers.DateTimeField(
        required=False, help_text="When it was said; now if absent. A time in the future counts as now."
    )
    locale = serializers.CharField(max_length=35, required=False, help_text="In which language they were asked.")
    wording_version = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, help_text="Which words they answered; needs locale."
    )
    notice_version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)
    ip = serializers.IPAddressField(required=False, help_text="Kept truncated: /24 of IPv4, /48 of IPv6.")
    proof = serializers.DictField(required=False, help_text=_PROOF_HELP)
    double_opt_in = serializers.ChoiceField(
        choices=["done"], required=False, help_text="Confirmed by a mail of your own; needs proof."
    )

    def validate_notice_version(self, value: int) -> int:
        """Evidence of a notice that was never published is none."""
        newest = notice_now()
        if newest is None or value > newest.version:
            told = "none is" if newest is None else f"the newest is {newest.version}"
            raise serializers.ValidationError(f"Notice {value} is not published: {told}.")
        return value

    def validate_proof(self, value: dict[str, Any]) -> dict[str, Any]:
        """A proof is a form's fields, not a file."""
        if len(str(value)) > LONGEST_PROOF:
            raise serializers.ValidationError(f"Send at most {LONGEST_PROOF} characters.")
        found: dict[str, Any] = storable(value)
        return found

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A confirmation nobody can show is none."""
        if attrs.get("double_opt_in") and not attrs.get("proof"):
            raise serializers.ValidationError({"proof": ["double_opt_in: done needs the proof of it."]})
        return attrs


class StatementOut(serializers.Serializer[dict[str, Any]]):
    """What holds for the subject of the statement now."""

    recorded = serializers.BooleanField(help_text="False: this very statement was known already.")
    allowed = serializers.BooleanField()
    reason = serializers.CharField()
    state = serializers.CharField(help_text="As written: pending where a confirmation mail was asked for.")


class BulkIn(serializers.Serializer[dict[str, Any]]):
    """Up to 1,000 statements."""

    statements = serializers.ListField(child=serializers.JSONField(), allow_empty=False, max_length=MOST_STATEMENTS)


class BulkOut(serializers.Serializer[dict[str, Any]]):
    """One result a statement, in their order; those that could not be recorded are named in `rejected` by index."""

    recorded = serializers.IntegerField()
    results = serializers.ListField(child=StatementOut(allow_null=True))
    rejected = serializers.ListField(child=serializers.DictField())


class StateIn(SubjectIn):
    """Whom it is about, and as of when."""

    at = serializers.DateTimeField(required=False, help_text="The state at this instant; now if absent.")
    whole_person = serializers.BooleanField(
        default=True, help_text="All identifiers of the person; false: what was said of this very one."
    )


class EvidenceOut(serializers.Serializer[dict[str, Any]]):
    """The line of the ledger that says so."""

    entry_id = serializers.IntegerField()
    method = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    wording_version = serializers.IntegerField(allow_null=True)
    locale = serializers.CharField()
    notice_version = serializers.IntegerField(allow_null=True)


class PurposeStateOut(serializers.Serializer[dict[str, Any]]):
    """What holds for one purpose."""

    purpose = serializers.CharField()
    title = serializers.CharField()
    part_of = serializers.CharField(help_text="Its parent's code; empty: it has none.")
    allowed = serializers.BooleanField()
    reason = serializers.CharField()
    state = serializers.CharField(help_text="Empty where nobody said anything.")
    legal_basis = serializers.CharField()
    evidence = EvidenceOut(allow_null=True)


class StateOut(serializers.Serializer[dict[str, Any]]):
    """Every purpose, parents before their topics."""

    regime = serializers.CharField()
    regime_by = serializers.CharField(help_text="What says so: country, address, time_zone or default.")
    at = serializers.DateTimeField()
    purposes = PurposeStateOut(many=True)


class StatementView(APIView):
    """State consent. The answer says what holds for that subject now."""

    permission_classes = [HasScope("consent:write")]

    @extend_schema(request=StatementIn, responses={200: StatementOut}, summary="State consent")
    def post(self, request: Request) -> Response:
        """Append one entry to the ledger; the same statement with the same occurred_at again changes nothing."""
        body = StatementIn(data=request.data)
        body.is_valid(raise_exception=True)
        now = utc_now()
        found = services.choose(_choice(body.validated_data, request, now), now=now)
        return Response(_result(found))


class BulkView(APIView):
    """State consent for many at once."""

    permission_classes = [HasScope("consent:write")]

    @extend_schema(request=BulkIn, responses={200: BulkOut}, summary="State consent for many")
    def post(self, request: Request) -> Response:
        """Each statement stands for itself: faulty ones are named by index, the others are recorded."""
        body = BulkIn(data=request.data)
        body.is_valid(raise_exception=True)
        now = utc_now()
        choices: dict[int, Choice] = {}
        errors: dict[int, list[Mapping[str, Any]]] = {}
        for index, given in enumerate(body.validated_data["statements"]):
            try:
                choices[index] = _choice(_checked(given), request, now)
            except Problem as problem:
                errors[index] = problem.errors
        outcomes = _recorded(choices, errors, now)
        results = [
            _result(outcomes[index]) if index in outcomes else None
            for index in range(len(body.validated_data["statements"]))
        ]
        named = [{"index": index, **error} for index in sorted(errors) for error in errors[index]]
        count = sum(outcome.recorded for outcome in outcomes.values())
        return Response({"recorded": count, "results": results, "rejected": named})


class StateView(APIView):
    """Ask what holds."""

    permission_classes = [HasScope("consent:read")]

    @extend_schema(request=StateIn, responses={200: StateOut}, summary="The state of every purpose, at any instant")
    def post(self, request: Request) -> Response:
        """The state of each purpose with the entry that says so; of somebody never seen, the defaults."""
        body = StateIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        at = given.get("at") or utc_now()
        known = ask(*_subject(given), at=at, whole_person=given["whole_person"])
        return Response(_state(known, at))


def storable(value: Any) -> Any:
    """JSON that the database takes: numbers past its bounds and bare NaN as text, characters mended."""
    if isinstance(value, dict):
        return {str(canonical(str(key))): storable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [storable(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return canonical(value)


def _checked(given: object) -> dict[str, Any]:
    """One statement of many. Raises Problem with what is wrong with it."""
    body = StatementIn(data=given)
    if body.is_valid():
        return dict(body.validated_data)
    faults = body.errors.items() if isinstance(body.errors, Mapping) else ()
    detail = "; ".join(f"{field}: {_first(texts)}" for field, texts in faults)
    first = next((str(field) for field, _ in faults), "statement")
    raise refused(first, "invalid", detail or "A statement is an object.")


def _first(texts: object) -> str:
    return str(texts[0]) if isinstance(texts, list) and texts else str(texts)


def _subject(given: Mapping[str, Any]) -> tuple[str, str]:
    subjects = [(kind, str(given[kind])) for kind in SUBJECT_KINDS if kind in given]
    if len(subjects) != 1:
        raise refused("email", "one_subject", "Name exactly one of email, phone, user_id and anonymous_id.")
    return subjects[0]


def _choice(given: Mapping[str, Any], request: Request, now: datetime) -> Choice:
    return Choice(
        purpose=given["purpose"],
        state=given["state"],
        method=given["method"],
        identifier=_subject(given),
        occurred_at=given.get("occurred_at") or now,
        actor=f"key:{request.auth.key_id}" if isinstance(request.auth, ServerCaller) else "system",
        ip=given.get("ip", ""),
        wording_version=given.get("wording_version"),
        notice_version=given.get("notice_version"),
        locale=given.get("locale", ""),
        proof=given.get("proof", {}),
        proof_kind="api",
        is_verified=True,
        is_confirmed="double_opt_in" in given,
    )


def _recorded(
    choices: Mapping[int, Choice], errors: dict[int, list[Mapping[str, Any]]], now: datetime
) -> dict[int, Outcome]:
    """A transaction for each 200 of them; what is refused goes to `errors`."""
    outcomes: dict[int, Outcome] = {}
    places = sorted(choices)
    for start in range(0, len(places), CHUNK):
        part = places[start : start + CHUNK]
        for index, found in zip(part, services.choose_each([choices[i] for i in part], now=now), strict=True):
            if isinstance(found, Problem):
                errors[index] = found.errors
            else:
                outcomes[index] = found
    return outcomes


def _result(found: Outcome) -> dict[str, Any]:
    decision = found.decision
    return {
        "recorded": found.recorded,
        "allowed": decision.allowed,
        "reason": decision.reason,
        "state": found.state,
    }


def _state(known: Known, at: datetime) -> dict[str, Any]:
    purposes = [
        {
            "purpose": one.state.code,
            "title": one.state.label,
            "part_of": one.parent,
            "allowed": one.state.allowed,
            "reason": one.state.reason,
            "state": one.state.state,
            "legal_basis": one.state.legal_basis,
            "evidence": _evidence(one.entry) if one.entry else None,
        }
        for one in known.purposes
    ]
    return {"regime": known.regime.regime, "regime_by": known.regime.by, "at": at.isoformat(), "purposes": purposes}


def _evidence(entry: Any) -> dict[str, Any]:
    return {
        "entry_id": entry.id,
        "method": entry.method,
        "occurred_at": entry.occurred_at.isoformat(),
        "received_at": entry.received_at.isoformat(),
        "wording_version": entry.wording.version if entry.wording else None,
        "locale": entry.wording.locale if entry.wording else "",
        "notice_version": entry.notice_version,
    }
