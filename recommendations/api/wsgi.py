"""The fast lane: GET /v1/recommendations answered before Django's middleware and URL resolver, which cost more than
the answer. Whatever is not a plain success goes through Django, which says what is wrong and logs it.
"""

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.http import QueryDict
from structlog.contextvars import bind_contextvars, clear_contextvars

from recommendations.api.views import ID_HEADER, PRIVATE, answer_query

PATHS = ("/v1/recommendations", "/v1/recommendations/")
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


def recommendations_first(application: Application) -> Application:
    """`application` behind the lane."""

    def entrance(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") not in PATHS or environ["REQUEST_METHOD"] != "GET":
            return application(environ, start_response)
        given = environ.get("HTTP_X_REQUEST_ID", "")
        request_id = given if given and ACCEPTED_ID(given) else os.urandom(8).hex()
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        try:
            query = QueryDict(environ.get("QUERY_STRING", "").encode("latin-1"))
            body, answer_id = answer_query(environ, query)
        except (DatabaseError, InterfaceError):
            if not connection.in_atomic_block:
                connection.close()
            return application(environ, start_response)
        except Exception:  # refusals, and what nobody thought of: Django says what is wrong, and logs it
            return application(environ, start_response)
        own = ((ID_HEADER, answer_id), ("Content-Length", str(len(body))), ("X-Request-ID", request_id))
        headers = [*USUAL, *own]
        start_response("200 OK", headers)
        return [body]

    return entrance
