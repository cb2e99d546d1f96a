"""A load client: keep-alive connections over raw sockets in processes of its own, one request in flight on each."""

import json
import multiprocessing
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Load:
    """Acknowledged requests, the seconds they took, and their latencies' 99th percentile in ms."""

    requests: int
    seconds: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        """Acknowledged requests a second."""
        return self.requests / self.seconds


def post(path: str, body: bytes, *, key: str) -> bytes:
    """The bytes of one HTTP/1.1 request."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Write-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def event(number: int) -> dict[str, Any]:
    """A product view as a tracker sends it, about 400 bytes."""
    return {
        "type": "track",
        "event": "Product Viewed",
        "userId": f"user-{number % 5000}",
        "anonymousId": f"anon-{number % 5000:032d}",
        "messageId": f"bench-{number:032d}",
        "properties": {
            "product_id": f"p{number % 500}",
            "name": "Canvas shoe",
            "category": "Shoes",
            "price": 19.99,
            "quantity": 1,
            "currency": "EUR",
        },
        "context": {
            "library": {"name": "bench", "version": "1"},
            "page": {"url": "https://shop.example/p", "path": "/p"},
        },
    }


def encode(value: object) -> bytes:
    """Compact JSON."""
    return json.dumps(value, separators=(",", ":")).encode()


def run(port: int, requests: Sequence[bytes], *, seconds: float, processes: int, connections: int) -> Load:
    """Send `requests` in turn for `seconds` from `processes`, each with `connections`. Fails on any answer but 200."""
    context = multiprocessing.get_context("fork")
    with context.Pool(processes) as pool:
        parts = pool.starmap(_work, [(port, requests[i::processes], seconds, connections) for i in range(processes)])
    latencies = sorted(latency for part in parts for latency in part)
    return Load(len(latencies), seconds, latencies[int(len(latencies) * 0.99)] * 1000)


def _work(port: int, requests: Sequence[bytes], seconds: float, connections: int) -> list[float]:
    selector = selectors.DefaultSelector()
    sent_at: dict[socket.socket, float] = {}
    turn = 0
    for _ in range(connections):
        plug = socket.create_connection(("127.0.0.1", port))
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(plug, selectors.EVENT_READ)
    start = time.perf_counter()
    for key in list(selector.get_map().values()):
        plug = key.fileobj  # type: ignore[assignment]
        sent_at[plug] = time.perf_counter()
        plug.sendall(requests[turn % len(requests)])
        turn += 1
    latencies: list[float] = []
    while time.perf_counter() - start < seconds:
        for key, _ in selector.select(1):
            plug = key.fileobj  # type: ignore[assignment]
            answer = plug.recv(65536)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise AssertionError(answer[:500])
            now = time.perf_counter()
            latencies.append(now - sent_at[plug])
            sent_at[plug] = now
            plug.sendall(requests[turn % len(requests)])
            turn += 1
    return latencies
