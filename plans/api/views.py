"""GET /v1/plan: every declared event with its schema, marks, owner and volume, for checks in a shop's own build."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cdp.access.api.permissions import HasScope
from cdp.lib.clock import utc_now
from plans import queries

EXAMPLE = {
    "as_of": "2026-11-22",
    "events": [
        {
            "kind": "track",
            "name": "Course Booked",
            "description": "A course was booked.",
            "owner": "Academy",
            "status": "declared",
            "version": 2,
            "published_at": "2026-11-20T09:00:00Z",
            "volume_30_days": 1204,
            "violations_30_days": 3,
            "last_seen_at": "2026-11-22T08:59:00Z",
            "personal": {"email": "contact"},
            "schema": {"type": "object", "properties": {"course": {"type": "string"}}, "required": ["course"]},
        }
    ],
}


class PlanView(APIView):
    """GET /v1/plan: the tracking plan as it stands."""

    permission_classes = (HasScope("plan:read"),)

    @extend_schema(
        operation_id="plan_read",
        summary="Read the tracking plan",
        responses={200: OpenApiTypes.OBJECT},
        examples=[OpenApiExample("One event", EXAMPLE, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Every declared event with its current version; the schema is JSON Schema, draft 2020-12."""
        today = utc_now().date()
        return Response(queries.as_document(queries.dictionary(today), today=today))
