"""Fast lanes: calls of the API answered before Django's middleware and URL resolver, which cost more than the answer.

A lane answers plain successes. Whatever else comes of a request goes through Django with the same body, which says what
is wrong and logs it.
"""

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from io import BytesIO
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.http import QueryDict
from structlog.contextvars import bind_contextvars, clear_contextvars

from cdp.lib.open_doors import MOST_BYTES

Headers = Iterable[tuple[str, str]]
StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]
Answer = Callable[[dict[str, Any], bytes], tuple[bytes, Headers]]
"""f(environ, the request's body) → (the answer's body, headers of this one answer); raises whatever it likes."""
ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{8,64}").fullmatch
# What Django's middleware sets on every answer.
USUAL = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("X-Frame-Options", "SAMEORIGIN"),
)


def lane(
    application: Application, method: str, paths: Collection[str], answer: Answer, headers: Mapping[str, str]
) -> Application:
    """`application` behind a lane for JSON. `headers`: the view's own, of every answer.

    A body is read where the method has one; one without a length, or a longer one than is taken, is Django's.
    """
    usual = (("Content-Type", "application/json"), *headers.items(), *USUAL)
    has_body = method != "GET"

    def entrance(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") not in paths or environ["REQUEST_METHOD"] != method:
            return application(environ, start_response)
        raw = b""
        if has_body:
            length = str(environ.get("CONTENT_LENGTH") or "")
            if not length.isdigit() or len(length) > 7 or int(length) > MOST_BYTES:
                return application(environ, start_response)
            raw = environ["wsgi.input"].read(int(length))
            environ["wsgi.input"] = BytesIO(raw)
        request_id = request_id_of(environ.get("HTTP_X_REQUEST_ID", ""))
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        try:
            body, own = answer(environ, raw)
        except (DatabaseError, InterfaceError):
            if not connection.in_atomic_block:
                connection.close()
            return application(environ, start_response)
        except Exception:  # refusals, and what nobody thought of: Django says what is wrong, and logs it
            return application(environ, start_response)
        start_response("200 OK", [*usual, *own, ("Content-Length", str(len(body))), ("X-Request-ID", request_id)])
        return [body]

    return entrance


def request_id_of(given: str) -> str:
    """The id of a request: as the caller gave it, or a new one."""
    return given if given and ACCEPTED_ID(given) else os.urandom(8).hex()


def query_of(environ: Mapping[str, Any]) -> QueryDict:
    """The query string, parsed."""
    return QueryDict(environ.get("QUERY_STRING", "").encode("latin-1"))
