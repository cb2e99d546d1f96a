"""The fast lane: POST /v1/offers/evaluate answered before Django's middleware and URL resolver, which cost more than
the answer. Whatever is not a plain success goes through Django, which says what is wrong and logs it.
"""

import os
import re
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import msgspec
from django.db import DatabaseError, InterfaceError, connection
from django.http import QueryDict
from structlog.contextvars import bind_contextvars, clear_contextvars

from cdp.lib.open_doors import KEYS, MOST_BYTES, PRIVATE
from cdp.lib.values import read_number
from offers.api.evaluate import evaluated

PATHS = ("/v1/offers/evaluate", "/v1/offers/evaluate/")
# The view's own, and those that Django's middleware sets on every answer.
USUAL = (
    ("Content-Type", "application/json"),
    *PRIVATE.items(),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("X-Frame-Options", "SAMEORIGIN"),
)
ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{8,64}").fullmatch
StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]
_decode = msgspec.json.Decoder(dict[str, Any], float_hook=read_number).decode


def evaluations_first(application: Application) -> Application:
    """`application` behind the lane."""

    def entrance(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") not in PATHS or environ["REQUEST_METHOD"] != "POST":
            return application(environ, start_response)
        length = environ.get("CONTENT_LENGTH") or ""
        if not length.isdigit() or len(length) > 7 or int(length) > MOST_BYTES:
            return application(environ, start_response)
        given = environ.get("HTTP_X_REQUEST_ID", "")
        request_id = given if given and ACCEPTED_ID(given) else os.urandom(8).hex()
        sent = environ["wsgi.input"].read(int(length))
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        try:
            body = _decode(sent)
            answer = evaluated(environ, _keys(environ, body), body)
        except (DatabaseError, InterfaceError):
            if not connection.in_atomic_block:
                connection.close()
            return application({**environ, "wsgi.input": BytesIO(sent)}, start_response)
        except Exception:  # refusals, and what nobody thought of: Django says what is wrong, and logs it
            return application({**environ, "wsgi.input": BytesIO(sent)}, start_response)
        own = (("Content-Length", str(len(answer))), ("X-Request-ID", request_id))
        start_response("200 OK", [*USUAL, *own])
        return [answer]

    return entrance


def _keys(environ: dict[str, Any], body: dict[str, Any]) -> dict[str, str]:
    """Write keys in the query or the body."""
    found = {name: value for name in KEYS if isinstance(value := body.get(name), str)}
    query = environ.get("QUERY_STRING", "")
    if query:
        asked = QueryDict(query.encode("latin-1")).dict()
        found |= {name: value for name, value in asked.items() if isinstance(value, str)}
    return found
