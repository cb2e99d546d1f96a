"""The profile API in the OpenAPI document: parameters, answers and an example of each call."""

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema

_View = TypeVar("_View", bound=Callable[..., Any])
OF = "profile_id:0199f1c2-7a41-7c3e-9a52-5b8e1d2c3f40"
PATH = "/v1/spaces/shop/collections/users/profiles/"
NOTE = (
    "Takes a server key with the scope profiles:read, as Bearer or as the user of Basic. Answers carry an ETag: send "
    "it as If-None-Match and get 304 while nothing has changed."
)


def _query(name: str, says: str, kind: Any = OpenApiTypes.STR, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=says, **more)


def _path(name: str, says: str, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.PATH, description=says, **more)


KEY = _path(
    "key",
    "`kind:value`, percent-encoded: user_id:u1, email:ada@example.com, anonymous_id:…, phone:…, any external id's "
    "kind, or profile_id:… of any profile id ever given out.",
)
WHERE = (_path("space", "Anything: there is one."), _path("collection", "users", enum=["users"]), KEY)
WITH_ACCOUNTS = (*WHERE[:1], _path("collection", "users or accounts", enum=["users", "accounts"]), KEY)
AT = _query("at", "As they stood then, by what had been received: ISO 8601, not in the future.", OpenApiTypes.DATETIME)
LIMIT = _query("limit", "1 to 200.", OpenApiTypes.INT)
NEXT = _query("next", "The cursor of the answer before.")
VERBOSE = _query("verbose", "With source and time.", OpenApiTypes.BOOL)
CURSOR = {
    "type": "object",
    "required": ["url", "has_more", "next", "limit"],
    "properties": {
        "url": {"type": "string"},
        "has_more": {"type": "boolean"},
        "next": {"type": "string"},
        "limit": {"type": "integer"},
    },
}
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {
                    "type": "string",
                    "enum": [
                        "authentication_error",
                        "invalid_request_error",
                        "not_found",
                        "rate_limit_error",
                        "server_error",
                        "validation_error",
                    ],
                },
                "message": {"type": "string"},
            },
        }
    },
}
ANY: dict[str, Any] = {"type": "object", "additionalProperties": True}
LIST: dict[str, Any] = {"type": "array", "items": ANY}


def _described(
    operation: str, summary: str, parameters: tuple[OpenApiParameter, ...], members: dict[str, Any], example: Any
) -> Callable[[_View], _View]:
    body = {"type": "object", "required": sorted(members), "properties": members}
    is_segment = operation.startswith("segment_")
    refusals = dict.fromkeys((400, 401, 403, 404), ERROR) if is_segment else {}
    described: Callable[[_View], _View] = extend_schema(
        operation_id=operation,
        tags=["profiles"],
        summary=summary,
        description=NOTE,
        parameters=list(parameters),
        responses={200: body, 304: None, **refusals},
        examples=[OpenApiExample("Example", example, response_only=True, status_codes=["200"])],
    )
    return described


def _cursor(part: str) -> dict[str, Any]:
    return {"url": f"{PATH}{OF}/{part}", "has_more": False, "next": "", "limit": 10}


traits = _described(
    "segment_traits",
    "Traits of a person, or of an account (Segment's shape)",
    (
        *WITH_ACCOUNTS,
        _query("class", "Only these.", enum=["computed_trait", "audience", "custom"]),
        _query("include", "Comma-separated names."),
        LIMIT,
        VERBOSE,
        NEXT,
        AT,
    ),
    {"traits": ANY, "cursor": CURSOR},
    {"traits": {"first_name": "Ada", "city": "Berlin"}, "cursor": _cursor("traits")},
)
external_ids = _described(
    "segment_external_ids",
    "Identifiers of a person (Segment's shape)",
    (*WHERE, _query("include", "Comma-separated kinds."), LIMIT, VERBOSE, NEXT, AT),
    {"data": LIST, "cursor": CURSOR},
    {
        "data": [
            {
                "id": "u1",
                "type": "user_id",
                "collection": "users",
                "encoding": "none",
                "created_at": "2026-11-01T10:00:00Z",
                "source_id": "2",
                "first_message_id": "5f0c…",
            }
        ],
        "cursor": _cursor("external_ids"),
    },
)
events = _described(
    "segment_events",
    "Events of a person (Segment's shape)",
    (
        *WHERE,
        _query("include", "Comma-separated event names."),
        _query("exclude", "Comma-separated event names."),
        _query("start", "From this instant of the events' own time on.", OpenApiTypes.DATETIME),
        _query("end", "Before this instant.", OpenApiTypes.DATETIME),
        _query("sort", "Newest first unless asc.", enum=["asc", "desc"]),
        LIMIT,
        NEXT,
        AT,
    ),
    {"data": LIST, "cursor": CURSOR},
    {
        "data": [
            {
                "event": "Product Viewed",
                "type": "track",
                "message_id": "5f0c…",
                "source_id": "1",
                "timestamp": "2026-11-20T10:00:00Z",
                "received_at": "2026-11-20T10:00:01Z",
                "properties": {"product_id": "p1"},
                "context": {},
                "external_ids": [{"collection": "users", "type": "user_id", "id": "u1", "encoding": "none"}],
                "related": {"users": OF.partition(":")[2]},
            }
        ],
        "cursor": _cursor("events"),
    },
)
metadata = _described(
    "segment_metadata",
    "Since when a person is known (Segment's shape)",
    (*WHERE, VERBOSE, AT),
    {"metadata": ANY},
    {
        "metadata": {
            "profile_id": OF.partition(":")[2],
            "created_at": "2026-11-01T10:00:00Z",
            "updated_at": "2026-11-20T10:00:01Z",
            "expires_at": None,
            "first_message_id": "0a1b…",
            "first_source_id": "1",
            "last_message_id": "5f0c…",
            "last_source_id": "1",
        }
    },
)
links = _described(
    "segment_links",
    "Accounts of a person, or people of an account (Segment's shape)",
    (*WITH_ACCOUNTS, LIMIT, NEXT),
    {"data": LIST, "cursor": CURSOR},
    {
        "data": [
            {
                "to_collection": "accounts",
                "external_ids": [{"id": "acme", "type": "group_id", "collection": "accounts", "encoding": "none"}],
            }
        ],
        "cursor": {**_cursor("links"), "limit": 20},
    },
)
profile = _described(
    "profile",
    "One person whole",
    (KEY, AT),
    {
        "profile_id": {"type": "string", "format": "uuid"},
        "identifiers": LIST,
        "traits": ANY,
        "counters": ANY,
        "regime": ANY,
        "consent": ANY,
    },
    {
        "profile_id": OF.partition(":")[2],
        "as_of": None,
        "identifiers": [{"kind": "user_id", "value": "u1", "first_seen_at": "2026-11-01T10:00:00Z"}],
        "traits": {"city": {"value": "Berlin", "said_at": "2026-11-02T08:00:00Z", "source_id": 2}},
        "counters": {
            "Order Completed": {"count": 2, "first_at": "2026-11-03T08:00:00Z", "last_at": "2026-11-09T09:00:00Z"}
        },
        "regime": {"regime": "gdpr", "by": "country", "detail": "DE"},
        "consent": {"email_marketing": {"allowed": True, "reason": "granted"}},
        "computed": {"lifetime_value": {"value": {"EUR": 120.5}, "label": "Lifetime value", "partial": False}},
        "segments": [{"slug": "big-spenders", "name": "Big spenders", "since": "2026-11-09T09:00:01Z"}],
        "accounts": [],
    },
)
timeline = _described(
    "profile_timeline",
    "What a person did",
    (
        KEY,
        _query("name", "Events of this name."),
        _query("source", "From this source (id).", OpenApiTypes.INT),
        _query("since", "From this instant on.", OpenApiTypes.DATETIME),
        _query("until", "Before this instant.", OpenApiTypes.DATETIME),
        _query("q", "Product, category, order or page."),
        _query("cursor", "`next` of the answer before."),
        LIMIT,
        AT,
    ),
    {"profile_id": {"type": "string"}, "data": LIST, "next": {"type": ["string", "null"]}},
    {"profile_id": OF.partition(":")[2], "as_of": None, "data": [], "next": None},
)
search = _described(
    "profiles_search",
    "People by an exact identifier",
    (
        _query("search", "An identifier of any kind, or a profile id."),
        _query("email", "An e-mail address."),
        _query("phone", "A phone number."),
        _query("user_id", "A user id."),
        _query("anonymous_id", "An anonymous id."),
        _query("limit", "1 to 50.", OpenApiTypes.INT),
    ),
    {"data": LIST},
    {
        "data": [
            {
                "profile_id": OF.partition(":")[2],
                "matched": [{"kind": "email", "value": "ada@example.com"}],
                "is_shared": False,
                "event_count": 41,
                "first_seen_at": "2026-11-01T10:00:00Z",
                "last_seen_at": "2026-11-20T10:00:00Z",
            }
        ]
    },
)
