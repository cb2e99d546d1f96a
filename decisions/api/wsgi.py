"""The fast lane: POST /v1/decide answered before Django's middleware and URL resolver, which cost more than the answer.

Whatever is not a plain success goes through Django with the same body, which says what is wrong and logs it.
"""

import os
import re
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.http import QueryDict
from structlog.contextvars import bind_contextvars, clear_contextvars

from cdp.lib.open_doors import MOST_BYTES, PRIVATE
from decisions.api.views import answer_raw

PATHS = ("/v1/decide", "/v1/decide/")
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


def decide_first(application: Application) -> Application:
    """`application` behind the lane."""

    def entrance(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") not in PATHS or environ["REQUEST_METHOD"] != "POST":
            return application(environ, start_response)
        declared = str(environ.get("CONTENT_LENGTH") or "")
        if not declared.isdigit() or len(declared) > 7 or int(declared) > MOST_BYTES:
            return application(environ, start_response)
        raw = environ["wsgi.input"].read(int(declared))
        environ["wsgi.input"] = BytesIO(raw)
        given = environ.get("HTTP_X_REQUEST_ID", "")
        request_id = given if given and ACCEPTED_ID(given) else os.urandom(8).hex()
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        try:
            query = QueryDict(environ.get("QUERY_STRING", "").encode("latin-1")) if environ.get("QUERY_STRING") else {}
            body = answer_raw(environ, {name: str(query[name]) for name in query}, raw)
        except (DatabaseError, InterfaceError):
            if not connection.in_atomic_block:
                connection.close()
            return application(environ, start_response)
        except Exception:  # refusals, and what nobody thought of: Django says what is wrong, and logs it
            return application(environ, start_response)
        start_response("200 OK", [*USUAL, ("Content-Length", str(len(body))), ("X-Request-ID", request_id)])
        return [body]

    return entrance
