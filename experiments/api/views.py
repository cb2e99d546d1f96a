"""GET /v1/experiments and /v1/experiments/{key}/results, both for server keys with experiments:read."""

import json
from typing import Any

import msgspec
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cdp.access.api.permissions import HasScope
from cdp.lib.problems import Problem
from experiments.models import Experiment
from experiments.queries.results import latest_result
from experiments.queries.settings import settings_of

STATE = OpenApiParameter(
    "state", OpenApiTypes.STR, enum=[each.value for each in Experiment.State], description="Only those in this state."
)
KEY = OpenApiParameter("key", OpenApiTypes.STR, OpenApiParameter.PATH, description="The experiment's key.")
ONE = {
    "key": "home-hero",
    "name": "Bolder picture on the home page",
    "state": "running",
    "version": 3,
    "variants": [{"key": "control", "share": 0.5}, {"key": "bold", "share": 0.5}],
    "control": "control",
    "winner": "",
    "traffic": 0.5,
    "layer": None,
    "started_at": "2026-11-02T08:00:00Z",
    "stopped_at": None,
    "goals": [{"name": "Orders", "kind": "conversion", "event": "Order Completed"}],
    "guardrails": [],
}
RESULT = {
    "experiment_key": "home-hero",
    "at": "2026-11-23T04:00:00Z",
    "people": 20412,
    "verdict": {
        "state": "undecided",
        "winner": "",
        "text": "No winner yet. No variant is surely better on “Orders”.",
        "checks": [{"code": "sample_ratio", "text": "People were split as asked.", "is_met": True}],
    },
    "metrics": [
        {
            "name": "Orders",
            "role": "deciding",
            "variants": [
                {"variant": "control", "people": 10190, "mean": 0.051},
                {
                    "variant": "bold",
                    "people": 10222,
                    "mean": 0.054,
                    "relative": {"value": 0.055, "low": -0.031, "high": 0.141},
                },
            ],
        }
    ],
}
ANY = {"type": "object", "additionalProperties": True}


class ListView(APIView):
    """Experiments that staff made; the global holdout is among them."""

    permission_classes = [HasScope("experiments:read")]

    @extend_schema(
        operation_id="experiments_list",
        tags=["experiments"],
        summary="Experiments with their settings",
        parameters=[STATE],
        responses={200: ANY},
        examples=[OpenApiExample("Answer", {"items": [ONE]}, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """The newest first; archived ones only where `state` asks for them."""
        wanted = request.query_params.get("state", "")
        if wanted and wanted not in Experiment.State.values:
            known = ", ".join(Experiment.State.values)
            raise Problem("invalid", "Some parameters cannot be used", 400, f"state is one of {known}.", [
                {"field": "state", "reason": "invalid", "detail": f"One of {known}."}
            ])  # fmt: skip
        return Response({"items": settings_of(wanted)})


class ResultsView(APIView):
    """What one experiment came to."""

    permission_classes = [HasScope("experiments:read")]

    @extend_schema(
        operation_id="experiments_results",
        tags=["experiments"],
        summary="The newest result of an experiment",
        parameters=[KEY],
        responses={200: ANY},
        examples=[OpenApiExample("Answer", RESULT, response_only=True)],
    )
    def get(self, request: Request, key: str) -> Response:
        """As of `at`: computed once a day while it runs, and when staff ask. Intervals hold however often one looks.

        `verdict.winner` is named only where it is allowed: the split came out as asked, whole weeks have passed, the
        deciding goal is surely better after correction and no guardrail suffers.
        """
        if not Experiment.objects.filter(key=key).exists():
            raise Problem(
                "experiment_not_found", "No such experiment", 404, "GET /v1/experiments names those there are."
            )
        found = latest_result(key)
        if found is None:
            text = "Results are computed once a day while it runs; staff can ask for them on its page at any time."
            raise Problem("experiment_no_result", "No result yet", 404, text)
        answer: dict[str, Any] = json.loads(msgspec.json.encode(found))
        return Response(answer)
