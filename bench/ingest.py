"""`./run bench ingest`: events acknowledged over HTTP after their commit, in batches of 100 and one by one.

The web server runs as the supervisor runs it; the load client shares the machine. The reference is a bare WSGI
application with one INSERT and commit, measured in the same run.
"""

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from bench import load
from bench.ground import ROOT, fresh_database, surroundings
from bench.report import report

KEY = "wk_bench"
CREATE = (
    "INSERT INTO events_source (name, kind, write_key, enabled, asserts) VALUES ('bench', 'server', %s, TRUE, '{}')"
)


@contextmanager
def web(application: str, *, workers: int, threads: int) -> Iterator[int]:
    """Granian on a free loopback port; yields the port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
    options += [
        "--blocking-threads",
        str(threads),
        "--http",
        "1",
        "--no-ws",
        "--backlog",
        "2048",
        "--log-level",
        "warning",
    ]
    server = subprocess.Popen([sys.executable, "-m", "granian", *options, application], cwd=ROOT)
    try:
        _wait(port)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def _wait(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                time.sleep(1.5)  # the other workers
                return
        time.sleep(0.1)
    raise SystemExit("bench: the web server did not start")


def measure(application: str, requests: list[bytes], options: argparse.Namespace, *, connections: int) -> load.Load:
    """One burst after a short warm-up."""
    with web(application, workers=options.workers, threads=options.threads) as port:
        load.run(port, requests, seconds=1.5, processes=options.processes, connections=connections)
        return load.run(port, requests, seconds=options.seconds, processes=options.processes, connections=connections)


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--processes", type=int, default=2, help="of the load client")
    options = parser.parse_args()
    batches = [
        load.post("/v1/batch", load.encode({"batch": [load.event(start + i) for i in range(100)]}), key=KEY)
        for start in range(0, 6000, 100)
    ]
    singles = [load.post("/v1/track", load.encode(load.event(number)), key=KEY) for number in range(2000)]
    with fresh_database() as url:
        around = surroundings()
        with psycopg.connect(url, autocommit=True) as database:
            database.execute(CREATE, [KEY])
            database.execute("CREATE TABLE bench_bare (id bigserial PRIMARY KEY, body bytea)")
            database.execute("ALTER TABLE bench_bare ALTER COLUMN body SET STORAGE EXTERNAL")
            _figure(batches, 100, "acknowledged_batch_per_s", 60_000, options, connections=4, around=around)
            database.execute("TRUNCATE events_inbox")
            _figure(singles, 1, "acknowledged_single_per_s", 2_500, options, connections=16, around=around)


def _figure(
    requests: list[bytes],
    size: int,
    metric: str,
    goal: float,
    options: argparse.Namespace,
    *,
    connections: int,
    around: str,
) -> None:
    found = measure("cdp.wsgi:application", requests, options, connections=connections)
    bare = measure("bench.bare_wsgi:application", requests, options, connections=connections)
    kb = sum(map(len, requests)) / len(requests) / 1024
    note = f"{kb:.1f} KB a request, {options.processes}×{connections} connections, p99 {found.p99_ms:.0f} ms; {around}"
    report(
        "ingest",
        metric,
        found.per_second * size,
        "events/s",
        goal=goal,
        reference="bare WSGI view, INSERT and commit, same run",
        reference_value=bare.per_second * size,
        note=note,
    )


if __name__ == "__main__":
    main()
