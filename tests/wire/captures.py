"""Recorded requests of real clients, sent again byte for byte through the service's own entrance."""

import gzip
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from events.models import Inbox, Source
from tests.paths import CAPTURES

FILES = sorted(CAPTURES.glob("*.jsonl"))
KEYS = ("WK123", "wk", "k1", "phc_WK123")
"""The write keys that were used: Basic user, what the settings named, Jitsu's id, PostHog's project key."""


@dataclass(frozen=True)
class Recorded:
    """One recorded request."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    packed: bool

    @property
    def bytes(self) -> bytes:
        """The body as it went over the wire."""
        if self.body == "":
            return b""
        raw = (
            self.body.encode() if isinstance(self.body, str) else json.dumps(self.body, separators=(",", ":")).encode()
        )
        return gzip.compress(raw) if self.packed else raw

    @property
    def items(self) -> list[dict[str, Any]]:
        """The events in it."""
        if self.method != "POST" or self.path.startswith(("/flags", "/decide")):
            return []
        found: list[dict[str, Any]] = self.body.get("batch", [self.body])
        return found

    @property
    def sent_at(self) -> datetime:
        """When the client sent it, by its own clock: the recording's only clock."""
        given = self.body.get("sentAt") or self.body.get("sent_at") or self.items[0]["sentAt"]
        return datetime.fromisoformat(given)


def recorded(name: str) -> list[Recorded]:
    """The requests of one file, in their order; skips the test where the recordings are not beside the repository."""
    path: Path = CAPTURES / f"{name}.jsonl"
    if not path.exists():
        pytest.skip(f"needs captures/{name}.jsonl of the shared recordings beside the repository")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [
        Recorded(row["method"], row["path"], row["headers"], row["body"], row["body_encoding"] == "gzip")
        for row in rows
        if row["path"] != "/favicon.ico"
    ]


def make_sources(kind: str) -> list[Source]:
    """A source for each key the recordings use."""
    return [Source.objects.create(name=key, kind=kind, write_key=key) for key in KEYS]


def send(request: Recorded) -> tuple[int, dict[str, str], bytes]:
    """Through the WSGI entrance the service runs: status, headers and body of the answer."""
    body = request.bytes
    path, _, query = request.path.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        if key == "CONTENT_TYPE":
            environ[key] = value
        elif key not in ("CONTENT_LENGTH", "COOKIE", "HOST"):
            environ[f"HTTP_{key}"] = value
    seen: list[tuple[str, list[tuple[str, str]]]] = []
    with _keeping_the_connection():
        answer = b"".join(_entrance()(environ, lambda status, headers, *_: seen.append((status, headers))))
    status, headers = seen[0]
    return int(status.split()[0]), dict(headers), answer


def _entrance() -> Any:
    """Loaded late: it looks for the static files' folder, which the test session makes."""
    return import_module("cdp.wsgi").application


@contextmanager
def _keeping_the_connection() -> Iterator[None]:
    """Django closes connections in a transaction it did not begin; its own test client does as this does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def received_when_sent(request: Recorded) -> None:
    """The newest inbox row was received 40 ms after the client sent it, as it was when it was recorded."""
    row = Inbox.objects.order_by("-id")[0]
    Inbox.objects.filter(pk=row.pk).update(received_at=request.sent_at + timedelta(milliseconds=40))
