"""A real HTTP server on loopback that keeps what it was sent, and answers as the test wants it to."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Got:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def signed(self) -> dict[str, str]:
        """The headers of the signature, in lower case."""
        return {name.lower(): value for name, value in self.headers.items() if name.lower().startswith("webhook-")}


class Receiver:
    """`answers`: statuses in order, the last one from then on. `location`: of redirects."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answers = [200]
        self.location = ""
        self.port = 0
        self.holds = threading.Event()
        self.holds.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def topics(self) -> list[str]:
        return sorted(one.json["type"] for one in self.got)


@contextmanager
def serve() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            receiver.got.append(Got(self.path, dict(self.headers.items()), body))
            receiver.holds.wait(5)
            status = receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
            self.send_response(status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            self._take()

        def do_POST(self) -> None:
            self._take()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Nothing: the test looks at `got`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.holds.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
