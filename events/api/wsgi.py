"""The fast lane: ingest routes answered before Django's middleware and URL resolver; all else goes to Django."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from events.api.door import ROUTES, answer

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]
_STATUS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


def ingest_first(application: Application) -> Application:
    """`application` behind the ingest door."""

    def entrance(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        path_type = ROUTES.get(path[:-1] if path[-1:] == "/" else path)
        if path_type is None:
            return application(environ, start_response)
        found = answer(path_type, environ["REQUEST_METHOD"], environ, environ["wsgi.input"].read)
        start_response(_STATUS[found.status], [*found.headers, ("Content-Length", str(len(found.body)))])
        return [found.body]

    return entrance
