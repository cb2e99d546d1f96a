"""A platform of paper: serves cdp.js and a shop's pages, keeps every request, and answers as the test says.

Pages are opened at localhost and the script sends to 127.0.0.1, so every request crosses origins as in real life.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cdp.script.assembling import current

PATIENCE_S = 20.0
KEY = "wk_test"
ALLOWED = "content-type, x-preference-token, x-user-token"
ASKED, SENT = ("GET", "/v1/recommendations"), ("POST", "/v1/batch")
RECOMMENDATION_ID = "0192-answer"


@dataclass(frozen=True)
class Request:
    """A request as it came; header names are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str

    @property
    def batch(self) -> list[dict[str, Any]]:
        """The messages of a batch."""
        found: list[dict[str, Any]] = json.loads(self.body)["batch"]
        return found


@dataclass(frozen=True)
class Answer:
    """What the sink says: a body is JSON."""

    status: int = 200
    body: Any = field(default_factory=lambda: {"success": True})
    headers: dict[str, str] = field(default_factory=dict)


class Sink:
    """The server's state. `answers` are used up in order by POSTs, then everything is accepted."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: list[Answer] = []
        self.recommendations: Callable[[Request], Answer] = lambda request: Answer(body=products())
        self.decisions: Callable[[Request], Answer] = lambda request: Answer(body={"decisions": []})
        self.decide_late_s = 0.0
        self.preferences: Callable[[Request], Answer] = lambda request: Answer(404)
        self.pages: dict[str, str] = {}
        self.headers: dict[str, str] = {}
        self.config: dict[str, Any] | None = None
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def host(self) -> str:
        """Where the script and the API are."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def shop(self) -> str:
        """Where the pages are."""
        return f"http://localhost:{self._server.server_port}"

    def put(self, path: str, attributes: str = "", body: str = "", head: str = "") -> str:
        """A page of the shop with the script on it; returns its address. Of equal attributes the first counts."""
        self.pages[path] = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Teapots</title>'
            f'<link rel="icon" href="data:,">{head}<script async src="{self.host}/cdp.js" data-write-key="{KEY}"'
            f' {attributes} data-page="manual" data-flush-interval="20"></script></head><body>{body}</body></html>'
        )
        return self.shop + path

    def posts(self) -> list[Request]:
        """The batches received so far."""
        with self._changed:
            return [request for request in self.requests if (request.method, request.path) == SENT]

    def asked(self) -> list[Request]:
        """The recommendations asked for so far."""
        with self._changed:
            return [request for request in self.requests if (request.method, request.path) == ASKED]

    def messages(self) -> list[dict[str, Any]]:
        """Every message received so far, as often as it was."""
        return [message for request in self.posts() for message in request.batch]

    def names(self) -> list[str]:
        """Event names, or types, of the messages in their order."""
        return [str(message.get("event", message["type"])) for message in self.messages()]

    def wait(self, is_so: Callable[["Sink"], bool]) -> None:
        """Until it is so; fails after 20 s with what came."""
        with self._changed:
            assert self._changed.wait_for(lambda: is_so(self), PATIENCE_S), f"waited in vain; came: {self.names()}"

    def close(self) -> None:
        """Stops listening."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: Request) -> Answer:
        """Keeps the request and says what it is answered."""
        with self._changed:
            self.requests.append(request)
            found = self.answers.pop(0) if request.method == "POST" and self.answers else Answer()
            self._changed.notify_all()
        if request.path == "/v1/decide":
            time.sleep(self.decide_late_s)
            return self.decisions(request)
        if request.path == "/v1/preferences":
            return self.preferences(request)
        if request.path == "/v1/consent/config":
            return Answer(body=self.config) if self.config else Answer(404, {"code": "not_found"})
        return self.recommendations(request) if request.path == "/v1/recommendations" else found

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                if path == "/cdp.js":
                    self._send(200, current().body, {"Content-Type": "text/javascript"})
                elif path in sink.pages:
                    self._send(200, sink.pages[path].encode(), {"Content-Type": "text/html", **sink.headers})
                else:
                    self._record()

            def do_POST(self) -> None:
                self._record()

            def do_OPTIONS(self) -> None:
                allowed = {"Access-Control-Allow-Headers": ALLOWED, "Access-Control-Max-Age": "1"}
                with sink._changed:
                    sink.requests.append(Request("OPTIONS", urlsplit(self.path).path, {}, {}, ""))
                self._send(204, b"", allowed)

            def _record(self) -> None:
                url = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                said = sink.answer(Request(self.command, url.path, dict(parse_qsl(url.query)), headers, body))
                exposed = {"Access-Control-Expose-Headers": "Retry-After, X-Recommendation-Id"}
                head = {"Content-Type": "application/json", "X-Recommendation-Id": RECOMMENDATION_ID}
                self._send(said.status, json.dumps(said.body).encode(), {**exposed, **head, **said.headers})

            def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in {"Access-Control-Allow-Origin": "*", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                """Says nothing."""

        return Handler


def product(number: int, **more: Any) -> dict[str, Any]:
    """An item of an answer to GET /v1/recommendations."""
    facts = {"name": f"Teapot {number}", "category": "Tea", "brand": "", "price": "12.5", "currency": "EUR"}
    shown = facts | {"url": f"/p/{number}", "image_url": f"/i/{number}.png", "in_stock": True} | more
    sentence, found = "Often bought together", "similar"
    return {
        "product_id": f"P-{number}",
        "score": 1.0,
        "reason": "bought_together",
        "sentence": sentence,
        "strategy": found,
        "product": shown,
    }


def products(*items: dict[str, Any], count: int = 2) -> dict[str, Any]:
    """An answer's body."""
    found = list(items) or [product(number) for number in range(1, count + 1)]
    return {"strategy": "similar", "model": 7, "note": "", "items": found}
