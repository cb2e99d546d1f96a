"""The ingest door: a request's head and bytes in, an answer out. One call to `events.services.accept` in between.

Knows nothing of Django's request cycle, so that the fast lane (`events.api.wsgi`) and the plain views share it.
Whole-request faults are problem documents with stable codes; faults of single events are named in the 200 answer.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from cdp.lib.problems import Problem
from events import posthog, queries, services, wire
from events.api import incoming
from events.contracts import Accepted, SourceFacts
from events.models import Inbox
from events.rate_limit import Buckets

_HEADERS = "authorization, content-type, content-encoding, anonymousid, sentat, x-write-key, x-user-token"
CORS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "POST, OPTIONS"),
    ("Access-Control-Allow-Headers", _HEADERS),
    ("Access-Control-Max-Age", "86400"),
)
OPEN = (("Access-Control-Allow-Origin", "*"),)
READABLE = (("Access-Control-Expose-Headers", "Retry-After"),)  # else a script on another origin cannot keep to it
ROUTES: dict[str, str] = {
    **{f"/v1/{name}": name for name in (*sorted(wire.TYPES), "batch", "import")},
    **{f"/v1/{name[0]}": name for name in ("identify", "track", "page", "screen", "group", "alias", "batch")},
    **{f"/api/s/{name}": name for name in sorted(wire.TYPES)},
    "/beacon/v1/batch": "batch",
    **{f"/{name}": posthog.PATH_TYPE for name in ("batch", "capture", "e", "i/v0/e")},
}
buckets = Buckets()
_encode = msgspec.json.Encoder().encode
_PLAIN = {count: b'{"success":true,"received":%d,"rejected":[]}' % count for count in (1, 20, 50, 100)}


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and headers of an answer."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...]


def answer(path_type: str, method: str, environ: Mapping[str, Any], read: Callable[[int], bytes]) -> Answer:
    """The answer to one ingest request. Never raises for anything a client can send."""
    if method == "OPTIONS":
        return Answer(204, b"", CORS)
    try:
        if method != "POST":
            raise Problem("method_not_allowed", "Only POST is taken here", 405, headers={"Allow": "POST, OPTIONS"})
        return _done(_take_in(path_type, environ, read))
    except Problem as problem:
        return _refusal(problem)
    except wire.Unreadable as fault:
        return _refusal(Problem(fault.code, "The request cannot be used", fault.status, fault.detail))
    except (DatabaseError, InterfaceError):
        if not connection.in_atomic_block:
            connection.close()
        return _refusal(
            Problem(
                "database_away", "The events could not be stored", 503, "Send them again.", headers={"Retry-After": "5"}
            )
        )


def _take_in(path_type: str, environ: Mapping[str, Any], read: Callable[[int], bytes]) -> Accepted:
    body = incoming.read_body(environ, read, limit=settings.INGEST_MAX_REQUEST_BYTES)
    facts = incoming.facts(environ)
    source = _first_source(incoming.head_keys(environ))
    request = services.read(body, path_type=path_type, facts=facts)
    if source is None:
        source = _first_source([*request.write_keys, *incoming.query_keys(environ)])
    if source is None:
        raise Problem(
            "unknown_write_key",
            "The write key is unknown",
            401,
            "Send a source's write key as Basic user, X-Write-Key, writeKey in the body, or ?writeKey=.",
            headers={"WWW-Authenticate": 'Basic realm="write key"'},
        )
    if not source.enabled:
        raise Problem("source_disabled", "The source is disabled", 403, "Enable it in the admin under Sources.")
    _check_rate(source, len(request.items))
    lane = Inbox.Lane.BULK if path_type == "import" else Inbox.Lane.LIVE
    return services.accept(source, body, path_type=path_type, facts=facts, lane=lane, request=request)


def _check_rate(source: SourceFacts, count: int) -> None:
    most = settings.INGEST_MAX_EVENTS_PER_SECOND
    wait_s = buckets.take(source.id, count, per_second=most, now_s=time.monotonic()) if most else 0
    if wait_s:
        raise Problem(
            "rate_limited",
            "The source sends too many events",
            429,
            f"Send at most {most} events a second, and these again after Retry-After seconds.",
            headers={"Retry-After": str(wait_s)},
        )


def _first_source(keys: list[str]) -> SourceFacts | None:
    for key in keys:
        if (source := queries.source_by_write_key(key)) is not None:
            return source
    return None


def _done(accepted: Accepted) -> Answer:
    headers = (("Content-Type", "application/json"), *OPEN)
    if not accepted.rejected and accepted.received in _PLAIN:
        return Answer(200, _PLAIN[accepted.received], headers)
    body = {"success": True, "received": accepted.received, "rejected": accepted.rejected}
    return Answer(200, _encode(body), headers)


def _refusal(problem: Problem) -> Answer:
    headers = (("Content-Type", "application/problem+json"), *OPEN, *READABLE, *problem.headers.items())
    return Answer(problem.status, _encode(problem.body()), headers)
