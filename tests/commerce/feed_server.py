"""A shop's web server for feeds: a real one, on loopback, in a thread; it says what it was asked."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Shop:
    """What stands at `/feed`, under which ETag; what must be asked with; `asked`: the headers of each request."""

    port: int = 0
    body: bytes = b""
    etag: str = ""
    status: int = 200
    location: str = ""
    secret: str = ""
    told_length: int | None = None
    asked: list[dict[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/feed"


@contextmanager
def serving() -> Iterator[Shop]:
    """The server while the block runs."""
    shop = Shop()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shop.asked.append(dict(self.headers))
            if self.path == "/moved":
                self._answer(302, b"", Location=shop.location)
            elif shop.secret and self.headers.get("X-Token") != shop.secret:
                self._answer(401, b"no")
            elif shop.etag and self.headers.get("If-None-Match") == shop.etag:
                self._answer(304, b"")
            else:
                self._answer(shop.status, shop.body, **({"ETag": shop.etag} if shop.etag else {}))

        def _answer(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            length = len(body) if shop.told_length is None else shop.told_length
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base class
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    shop.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
