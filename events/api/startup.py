"""What unmodified browser SDKs ask for before they send: Segment's settings and RudderStack's source configuration.

Both name no destination, so the SDKs load nothing else and send to this host; the vendors' own statistics are off.
Readable from every origin, kept for five minutes. An unknown key is 404 or 401, a disabled source 403, as problems.
"""

from collections.abc import Callable

import msgspec
from django.http import HttpRequest, HttpResponse

from cdp.lib.addresses import own_address
from cdp.lib.problems import Problem
from events import queries
from events.api import incoming
from events.api.door import OPEN
from events.contracts import SourceFacts

HEADERS = {**dict(OPEN), "Cache-Control": "public, max-age=300", "Vary": "Host, Authorization"}
PREFLIGHT = {
    **dict(OPEN),
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "authorization, content-type, x-write-key",
    "Access-Control-Max-Age": "86400",
}
_encode = msgspec.json.Encoder().encode


def segment_settings(request: HttpRequest, write_key: str) -> HttpResponse:
    """GET /v1/projects/<write key>/settings: what analytics-next calls its CDN settings."""
    return _answer(request, lambda: _settings(_enabled(write_key, 404), write_key, own_address(request)))


def rudder_configuration(request: HttpRequest) -> HttpResponse:
    """GET /sourceConfig/?writeKey=…, or with the key as Basic user."""
    keys = [*incoming.head_keys(request.META), *incoming.query_keys(request.META)]
    return _answer(request, lambda: _configuration(_enabled(keys[0] if keys else "", 401), keys[0]))


def _settings(source: SourceFacts, write_key: str, address: str) -> dict[str, object]:
    protocol, _, host = address.partition("://")
    return {
        "integrations": {"Segment.io": {"apiKey": write_key, "apiHost": f"{host}/v1", "protocol": protocol}},
        "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
        "metrics": {"sampleRate": 0},
        "enabledMiddleware": {},
        "remotePlugins": [],
    }


def _configuration(source: SourceFacts, write_key: str) -> dict[str, object]:
    off = {"enabled": False}
    return {
        "source": {
            "id": str(source.id),
            "name": f"source {source.id}",
            "writeKey": write_key,
            "enabled": True,
            "config": {"statsCollection": {"errors": off, "metrics": off}},
            "destinations": [],
        }
    }


def _enabled(write_key: str, unknown: int) -> SourceFacts:
    source = queries.source_by_write_key(write_key) if write_key else None
    if source is None:
        detail = "Send a browser source's write key; it stands in the admin under Sources."
        raise Problem("unknown_write_key", "The write key is unknown", unknown, detail)
    if not source.enabled:
        raise Problem("source_disabled", "The source is disabled", 403, "Enable it in the admin under Sources.")
    return source


def _answer(request: HttpRequest, document: Callable[[], dict[str, object]]) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=PREFLIGHT)
    try:
        if request.method not in ("GET", "HEAD"):
            raise Problem("method_not_allowed", "Only GET is taken here", 405, headers={"Allow": "GET, OPTIONS"})
        return HttpResponse(_encode(document()), "application/json", headers=HEADERS)
    except Problem as problem:
        headers = {**dict(OPEN), **problem.headers}
        return HttpResponse(_encode(problem.body()), "application/problem+json", problem.status, headers=headers)
