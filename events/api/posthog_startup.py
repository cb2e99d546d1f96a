"""What unmodified PostHog SDKs ask for besides sending: remote configuration and feature flags.

Everything this service does not do (recordings, surveys, autocapture, flags) is said to be off, so that the SDKs load
nothing else and send events only. Unknown keys and disabled sources are problems every origin can read.
"""

import uuid

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from cdp.lib.problems import Problem
from events import posthog, wire
from events.api import incoming
from events.api.door import OPEN
from events.api.startup import answer_with, enabled_source

Document = dict[str, object]
PREFLIGHT = {
    **dict(OPEN),
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "authorization, content-type, content-encoding",
    "Access-Control-Max-Age": "86400",
}
_OFF: Document = {
    "analytics": {"endpoint": "/i/v0/e/"},
    "autocapture_opt_out": True,
    "autocaptureExceptions": False,
    "captureDeadClicks": False,
    "capturePerformance": False,
    "conversations": False,
    "defaultIdentifiedOnly": True,
    "elementsChainAsString": True,
    "errorTracking": {"autocaptureExceptions": False, "suppressionRules": []},
    "hasFeatureFlags": False,
    "heatmaps": False,
    "logs": {"captureConsoleLogs": False},
    "productTours": False,
    "sessionRecording": False,
    "siteApps": [],
    "supportedCompression": ["gzip", "gzip-js"],
    "surveys": False,
}
_encode = msgspec.json.Encoder().encode


def configuration(request: HttpRequest, write_key: str) -> HttpResponse:
    """GET /array/<write key>/config: what the browser SDK may do, as JSON."""
    return answer_with(request, lambda: _configuration(write_key))


def configuration_script(request: HttpRequest, write_key: str) -> HttpResponse:
    """GET /array/<write key>/config.js: the same as a script that leaves it where the SDK looks."""
    answer = answer_with(request, lambda: _configuration(write_key))
    if answer.status_code == 200:
        key, config = (_encode(value).replace(b"<", b"\\u003c") for value in (write_key, _configuration(write_key)))
        answer.content = (
            b"(function(w){w._POSTHOG_REMOTE_CONFIG=w._POSTHOG_REMOTE_CONFIG||{};"
            b"w._POSTHOG_REMOTE_CONFIG[%b]={config:%b,siteApps:[]}})(window);" % (key, config)
        )
        answer.headers["Content-Type"] = "application/javascript"
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@csrf_exempt
def flags(request: HttpRequest) -> HttpResponse:
    """POST /flags/ and /decide/: there are no feature flags here, and none failed to be computed."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=PREFLIGHT)
    return answer_with(request, lambda: _flags(request), method="POST")


def _configuration(write_key: str) -> Document:
    enabled_source(write_key, 404)
    return {"token": write_key, **_OFF}


def _flags(request: HttpRequest) -> Document:
    body = incoming.read_body(request.META, request.read, limit=settings.INGEST_MAX_REQUEST_BYTES)
    keys = [*_keys_in(body), *incoming.query_keys(request.META)]
    enabled_source(keys[0] if keys else "", 401)
    return {
        **_OFF,
        "flags": {},
        "featureFlags": {},
        "featureFlagPayloads": {},
        "errorsWhileComputingFlags": False,
        "quotaLimited": [],
        "requestId": str(uuid.uuid4()),
        "config": {"enable_collect_everything": False},
    }


def _keys_in(body: bytes) -> tuple[str, ...]:
    try:
        found = wire.read_object(posthog.form_payload(body) or body)
    except wire.Unreadable as fault:
        raise Problem(fault.code, "The request cannot be used", fault.status, fault.detail) from None
    return posthog.keys_of(found)
