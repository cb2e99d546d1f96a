"""The OpenAPI document: served at /v1/openapi.json, shown at /docs/, kept in docs/openapi.json (a test compares)."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from cdp.api.codes import CODES

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; the codes are listed at /docs/problems.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "example": "/docs/problems#invalid"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": sorted(CODES)},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object", "additionalProperties": True}},
    },
}


class ServerKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # partly typed
    """Tells drf-spectacular what a server key is."""

    target_class = "cdp.access.api.authentication.ServerKeyAuthentication"
    name = "serverKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """A bearer key."""
        return {"type": "http", "scheme": "bearer", "description": "A server key `sk_…`, made in the admin."}


class ServerKeyAsUserScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # partly typed
    """The profile API takes a server key as the user of Basic too, as Segment's clients send theirs."""

    target_class = "people.api.base.BasicServerKey"
    name = "serverKeyAsUser"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """A user without a password."""
        return {"type": "http", "scheme": "basic", "description": "A server key `sk_…` as user; Bearer works as well."}


def without_slash_twins(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """drf-spectacular's preprocessing hook: calls are served with and without a trailing slash, and listed once."""
    paths = {path for path, *_ in endpoints}
    return [endpoint for endpoint in endpoints if endpoint[0].rstrip("/") not in paths - {endpoint[0]}]


def add_plain_views(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular's postprocessing hook: the views that are plain Django for speed, and the problem answer."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    for path, operations in _plain_paths().items():
        result["paths"].setdefault(path, {}).update(operations)
    refusal = {"description": "Refused", "content": {"application/problem+json": {"schema": _ref("Problem")}}}
    for operations in result["paths"].values():
        for operation in operations.values():
            operation.setdefault("responses", {}).setdefault("default", refusal)
    result["paths"] = dict(sorted(result["paths"].items()))
    return result


def document() -> dict[str, Any]:
    """The document as built from the code."""
    built: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # partly typed
    return built


def as_text(built: dict[str, Any]) -> str:
    """The document as it is kept in the repository."""
    return json.dumps(built, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


class Document(SpectacularJSONAPIView):
    """GET /v1/openapi.json."""


class Page(SpectacularSwaggerSplitView):
    """GET /docs/: Swagger UI from the wheel's own files, its script apart so that the policy needs no exception."""

    url_name = "openapi"
    title = "API"
    template_name = "swagger.html"


def problem_codes(request: HttpRequest) -> HttpResponse:
    """GET /docs/problems: the codes and what to do about them."""
    return render(request, "problem_codes.html", {"codes": sorted(CODES.items())})


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _plain_paths() -> dict[str, Any]:
    paths: dict[str, Any] = {"/v1/batch": {"post": _ingest("batch", BATCH)}}
    for kind, needs in SINGLE_EVENTS.items():
        paths[f"/v1/{kind}"] = {"post": _ingest(kind, {**EVENT, "description": needs})}
    for name, says in (("live", "The process answers"), ("ready", "It can serve; how far work has fallen back")):
        answer = {"200": _json(says, {"type": "object", "additionalProperties": True})}
        operation = {"operationId": f"health_{name}", "tags": ["health"], "security": [{}], "responses": answer}
        paths[f"/health/{name}"] = {"get": operation}
    return paths | {"/v1/consent/signup": {"post": SIGN_UP}} | _start_up_paths()


def _start_up_paths() -> dict[str, Any]:
    """What scripts in a shop's pages read before they send."""
    key = {"name": "writeKey", "in": "path", "required": True, "schema": {"type": "string"}}
    documents: tuple[tuple[str, str, str, list[dict[str, Any]]], ...] = (
        ("/v1/projects/{writeKey}/settings", "segment_settings", "Segment's analytics-next starts from it", [key]),
        ("/sourceConfig/", "rudder_configuration", "RudderStack's SDK starts from it", [{**key, "in": "query"}]),
        ("/array/{writeKey}/config", "posthog_configuration", "PostHog's SDK starts from it", [key]),
        ("/cdp/script.json", "script", "The present cdp.js: url, integrity, version", []),
        ("/v1/consent/config", "consent_config", "What a page must ask, under which law, in which words", CONFIG),
    )
    paths = {}
    for path, name, says, parameters in documents:
        answer = {"200": _json(says, {"type": "object", "additionalProperties": True})}
        operation = {"operationId": name, "tags": ["browser"], "security": [{}], "responses": answer}
        paths[path] = {"get": {**operation, "parameters": parameters}}
    return paths


CONFIG: list[dict[str, Any]] = [
    {"name": name, "in": "query", "required": name == "write_key", "description": says, "schema": {"type": "string"}}
    for name, says in (
        ("write_key", "Of a browser source."),
        ("tz", "The browser's time zone."),
        ("lang", "A language tag."),
        ("country", "Alpha-2, where the shop knows it: it counts before the time zone."),
        ("region", "A state of the United States."),
    )
]
SIGN_UP: dict[str, Any] = {
    "operationId": "consent_signup",
    "tags": ["consent"],
    "summary": "A public form signs an address up",
    "description": "Needs a write key; of any origin. Whoever owns the address confirms by mail."
    " Always the same answer, so that nobody learns whose address is known. 20 a minute from one IP address.",
    "security": [{"writeKey": []}],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["email"],
                    "properties": {
                        "email": {"type": "string"},
                        "purposes": {
                            "type": "array",
                            "minItems": 1,
                            "default": ["email_marketing"],
                            "description": "Codes of shown purposes for e-mail; the first 20 count.",
                            "items": {"type": "string"},
                        },
                        "locale": {"type": "string", "description": "In which language the form was shown."},
                        "form": {"type": "string", "description": "Its name, kept with the proof."},
                        "url": {"type": "string", "description": "The page it stands on; its query is dropped."},
                        "writeKey": {"type": "string", "description": "Here, as Basic user, or in X-Write-Key."},
                    },
                }
            }
        },
    },
    "responses": {
        "202": _json(
            "Taken, whatever becomes of it",
            {
                "type": "object",
                "required": ["success", "message"],
                "properties": {"success": {"const": True}, "message": {"type": "string"}},
            },
        )
    },
}
SINGLE_EVENTS = {
    "identify": "Takes userId or anonymousId, and traits.",
    "track": "Takes userId or anonymousId, event, and properties.",
    "page": "Takes userId or anonymousId, and properties.",
    "screen": "Takes userId or anonymousId, and properties.",
    "group": "Takes userId or anonymousId, groupId, and traits.",
    "alias": "Takes userId and previousId.",
}
EVENT: dict[str, Any] = {
    "type": "object",
    "additionalProperties": True,
    "properties": {
        "writeKey": {"type": "string", "description": "Here, as Basic user, in X-Write-Key, or in the query."},
        "messageId": {"type": "string", "maxLength": 100, "description": "Deduplicated a source, for ever."},
        "userId": {"type": ["string", "null"]},
        "anonymousId": {"type": ["string", "null"]},
        "event": {"type": "string"},
        "timestamp": {"type": "string", "format": "date-time"},
        "sentAt": {"type": "string", "format": "date-time"},
        "properties": {"type": "object", "additionalProperties": True},
        "traits": {"type": "object", "additionalProperties": True},
        "context": {
            "type": "object",
            "additionalProperties": True,
            "properties": {
                "userToken": {
                    "type": "string",
                    "maxLength": 4096,
                    "description": "The shop's word for userId (`sub`), email and phone, as X-User-Token. Not stored.",
                },
            },
        },
    },
}
BATCH: dict[str, Any] = {
    "type": "object",
    "required": ["batch"],
    "properties": {
        "writeKey": {"type": "string"},
        "sentAt": {"type": "string", "format": "date-time"},
        "batch": {
            "type": "array",
            "maxItems": 2500,
            "items": {
                **EVENT,
                "required": ["type"],
                "properties": {**EVENT["properties"], "type": {"enum": sorted(SINGLE_EVENTS)}},
            },
        },
    },
}
ACCEPTED: dict[str, Any] = {
    "type": "object",
    "required": ["success"],
    "properties": {
        "success": {"const": True},
        "rejected": {"type": "array", "items": {"type": "object", "additionalProperties": True}},
    },
}


def _ingest(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": f"ingest_{kind}",
        "tags": ["ingest"],
        "description": "Answers 200 only after the events are durably stored. Takes gzip. Needs a write key.",
        "security": [{"writeKey": []}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"200": _json("Durably stored; faulty items of a batch are named in rejected.", ACCEPTED)},
    }
