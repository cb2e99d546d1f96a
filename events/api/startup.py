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
    return answer_with(request, lambda: _settings(enabled_source(write_key, 404), write_key, own_address(request)))


def rudder_configuration(request: HttpRequest) -> HttpResponse:
    """GET /sourceConfig/?writeKey=…, or with the key as Basic user."""
    keys = [*incoming.head_keys(request.META), *incoming.query_keys(request.META)]
    return answer_with(request, lambda: _configuration(enabled_source(keys[0] if keys else "", 401), keys[0]))


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


def enabled_source(write_key: str, unknown: int) -> SourceFacts:
    """The source of this key. Raises Problem: `unknown` is the status where there is none, 403 where it is disabled."""
    source = queries.source_by_write_key(write_key) if write_key else None
    if source is None:
        detail = "Send a browser source's write key; it stands in the admin under Sources."
        raise Problem("unknown_write_key", "The write key is unknown", unknown, detail)
    if not source.enabled:
        raise Problem("source_disabled", "The source is disabled", 403, "Enable it in the admin under Sources.")
    return source


def answer_with(
    request: HttpRequest, document: Callable[[], dict[str, object]], *, method: str = "GET"
) -> HttpResponse:
    """The document as JSON, or the problem it raised; every origin may read either."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=PREFLIGHT)
    try:
        if request.method not in ((method, "HEAD") if method == "GET" else (method,)):
            allow = {"Allow": f"{method}, OPTIONS"}
            raise Problem("method_not_allowed", f"Only {method} is taken here", 405, headers=allow)
        headers = HEADERS if method == "GET" else dict(OPEN)
        return HttpResponse(_encode(document()), "application/json", headers=headers)
    except Problem as problem:
        refused = {**dict(OPEN), **problem.headers}
        return HttpResponse(_encode(problem.body()), "application/problem+json", problem.status, headers=refused)
