"""The segments API in the OpenAPI document: parameters, bodies and answers."""

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema

_View = TypeVar("_View", bound=Callable[..., Any])
Described = Callable[[_View], _View]


def query(name: str, says: str, kind: Any = OpenApiTypes.STR, **more: Any) -> OpenApiParameter:
    """A query parameter."""
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=says, **more)


SLUG = OpenApiParameter("slug", OpenApiTypes.STR, OpenApiParameter.PATH, description="The segment's slug.")
KEY = OpenApiParameter(
    "key",
    OpenApiTypes.STR,
    OpenApiParameter.PATH,
    description="`kind:value`, percent-encoded: user_id:u1, email:ada@example.com, …, or a profile id.",
)
CURSOR = query("cursor", "`next` of the answer before.")
LIMIT = query("limit", "1 to 200; 50 where it is absent.", OpenApiTypes.INT)
AT = query("at", "As it was then: ISO 8601, not in the future.", OpenApiTypes.DATETIME)
IF_MATCH = OpenApiParameter(
    "If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description="The ETag you read: 412 if it changed since."
)
DRY = query("dry_run", "true: say what would change, and change nothing.", OpenApiTypes.BOOL)
IDENTIFIERS = query("identifiers", "Kinds to be told beside each profile, e.g. email,user_id. Needs profiles:read.")
ANY: dict[str, Any] = {"type": "object", "additionalProperties": True}
EXAMPLE_RULE = {"all": [{"did": "Order Completed", "count": {"gte": 3}, "within": {"days": 90}}]}


def page(*members: str) -> dict[str, Any]:
    """A page of rows with its cursor."""
    data = {"type": "array", "items": {"type": "object", "required": list(members), "additionalProperties": True}}
    nothing = {"type": ["string", "null"]}
    return {"type": "object", "required": ["data", "next"], "properties": {"data": data, "next": nothing}}


def thing(*members: str) -> dict[str, Any]:
    """An object with at least these members."""
    return {"type": "object", "required": list(members), "additionalProperties": True}


SEGMENT = thing("id", "slug", "name", "kind", "state", "purpose", "version", "definition", "sentence", "members")
FILL = thing("id", "state", "rows", "about", "added", "already", "unmatched")
EXPORT = thing("id", "state", "columns", "purpose", "rows", "left_out", "url", "expires_at")


def call(
    operation: str,
    summary: str,
    answers: dict[Any, Any],
    *parameters: OpenApiParameter,
    body: Any = None,
    example: Any = None,
) -> Described[Any]:
    """One call in the document. Refusals are problems, as everywhere."""
    examples = [OpenApiExample("Example", example, request_only=True)] if example is not None else []
    described: Described[Any] = extend_schema(
        operation_id=f"segments_{operation}",
        tags=["segments"],
        summary=summary,
        parameters=list(parameters),
        request=body,
        responses=answers,
        examples=examples,
    )
    return described
