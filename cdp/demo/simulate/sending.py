"""Sending: batches over a few kept-alive connections, packed with gzip, tried again where the service asks for it.

A repeated request carries the same message ids, so nothing is stored twice.
"""

import base64
import gzip
import json
import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from cdp.demo.simulate.batching import Batch
from cdp.demo.simulate.wire import Phase, iso

TRIES = 8
TIMEOUT_S = 60.0


class NotSentError(Exception):
    """The service refused, or could not be reached. The message says what it answered and where."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to send. Write keys of a browser and a server source, and a server key (or none: no catalog)."""

    url: str
    browser_key: str
    server_write_key: str
    server_key: str


@dataclass(slots=True)
class Progress:
    """What has been sent so far. Rejected events are in the service's quarantine."""

    sent: int = 0
    rejected: int = 0
    requests: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.sent / max(0.001, time.monotonic() - self.started)


class Sender:
    """A few threads with a connection each. `send` returns when everything was acknowledged."""

    def __init__(self, target: Target, *, threads: int = 3, rate: float = 0.0, settle_s: float = 2.0) -> None:
        self.target, self.progress = target, Progress()
        self._threads, self._rate, self._settle_s = threads, rate, settle_s
        self._lock = threading.Lock()
        self._failure: Exception | None = None

    def send_products(self, rows: list[dict[str, Any]]) -> None:
        """The catalog feed, 500 rows a request."""
        link = Link(self.target.url)
        headers = {"Authorization": f"Bearer {self.target.server_key}", "Content-Type": "application/json"}
        with closing(link):
            for start in range(0, len(rows), 500):
                body = json.dumps({"products": rows[start : start + 500]}).encode()
                link.post("/v1/catalog/products", body, headers)

    def send(self, batches: Iterable[Batch], tell: Callable[[Progress], None] | None = None) -> Progress:
        """Send them all. Phases do not overlap; before the stories the service is given `settle_s` to catch up."""
        work: queue.Queue[Batch | None] = queue.Queue(maxsize=self._threads * 4)
        workers = [threading.Thread(target=self._work, args=(work,), daemon=True) for _ in range(self._threads)]
        for worker in workers:
            worker.start()
        try:
            self._queue(batches, work, tell or (lambda progress: None))
        finally:
            for _ in workers:
                work.put(None)
            for worker in workers:
                worker.join()
        self._raise()
        return self.progress

    def _queue(
        self, batches: Iterable[Batch], work: "queue.Queue[Batch | None]", tell: Callable[[Progress], None]
    ) -> None:
        phase, queued, told = Phase.HISTORY, 0, time.monotonic()
        for batch in batches:
            if batch.phase != phase:
                work.join()
                time.sleep(self._settle_s if batch.phase == Phase.STORIES else 0.0)
                phase = batch.phase
            self._wait_for_rate(queued)
            self._raise()
            work.put(batch)
            queued += len(batch.items)
            if time.monotonic() - told >= 2:
                tell(self.progress)
                told = time.monotonic()

    def _wait_for_rate(self, queued: int) -> None:
        if self._rate > 0:
            ahead = queued / self._rate - (time.monotonic() - self.progress.started)
            time.sleep(max(0.0, ahead))

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _work(self, work: "queue.Queue[Batch | None]") -> None:
        with closing(Link(self.target.url)) as link:
            while (batch := work.get()) is not None:
                try:
                    if self._failure is None:  # after a failure the queue is only emptied: nobody waits for ever
                        self._send_one(link, batch)
                except Exception as error:  # raised by the thread that called `send`
                    self._failure = error
                finally:
                    work.task_done()
            work.task_done()

    def _send_one(self, link: "Link", batch: Batch) -> None:
        rejected = post_batch(link, self.target, batch)
        with self._lock:
            self.progress.sent += len(batch.items)
            self.progress.requests += 1
            self.progress.rejected += rejected


def post_batch(link: "Link", target: Target, batch: Batch) -> int:
    """Send one batch as its source would; returns how many of its events were rejected."""
    key = target.server_write_key if batch.server_side else target.browser_key
    sent_at = f'{{"sentAt":"{iso(datetime.now(UTC))}","batch":['.encode()
    body = gzip.compress(sent_at + b",".join(batch.items) + b"]}", compresslevel=1)
    token = base64.b64encode(f"{key}:".encode()).decode()
    headers = {
        "Authorization": f"Basic {token}",
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
        "User-Agent": "cdp-simulate (synthetic data)",
    }
    return len(link.post("/v1/batch", body, headers).get("rejected") or ())


class Link:
    """One connection, opened anew when it breaks."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise NotSentError(f"{url!r} is not the address of a service: it takes http://host:port")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._prefix = parts.path.rstrip("/")
        self._connection = kind(parts.hostname, parts.port, timeout=TIMEOUT_S)

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        """The JSON answer of a 2xx. Waits and tries again on 429, 5xx and broken connections; else raises."""
        said = ""
        for attempt in range(TRIES):
            try:
                self._connection.request("POST", self._prefix + path, body, dict(headers))
                answer = self._connection.getresponse()
                text = answer.read()
            except (OSError, HTTPException) as error:
                self._connection.close()
                said, pause = f"{type(error).__name__}: {error}", 0.2 * 2**attempt
            else:
                if answer.status < 300:
                    found = json.loads(text or b"{}")
                    return found if isinstance(found, dict) else {}
                said = f"{answer.status} {text[:300].decode(errors='replace')}"
                if answer.status != 429 and answer.status < 500:
                    break
                pause = _retry_after(answer.getheader("Retry-After"), 0.2 * 2**attempt)
            time.sleep(min(pause, 10.0))
        raise NotSentError(f"{path} of the service at {self._connection.host} answered: {said}")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _retry_after(value: str | None, default: float) -> float:
    return float(value) if value and value.isdigit() else default
