"""The fast lane alone, as the service runs it in front of Django: a request's bytes in, status and JSON out."""

import io
import json
from typing import Any

from events.api.wsgi import ingest_first


def _not_ingest(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    raise AssertionError(f"{environ['PATH_INFO']} is no ingest endpoint")


_entrance = ingest_first(_not_ingest)


def post(path: str, body: bytes, *, key: str, **head: str) -> tuple[int, dict[str, Any]]:
    """POST these bytes. `head` are WSGI names, e.g. CONTENT_LENGTH, HTTP_CONTENT_ENCODING."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "HTTP_X_WRITE_KEY": key,
        **head,
    }
    seen: list[str] = []
    answer = b"".join(_entrance(environ, lambda status, headers: seen.append(status)))
    return int(seen[0].split()[0]), json.loads(answer)
