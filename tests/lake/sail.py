"""A real Spark Connect server on this machine: Sail, a process of its own, so that no query of its outlives a test.

More threads than cores: else a busy query leaves none to hear that it shall end (docs/engines.md).
`python -m tests.lake.sail` serves until its standard input is closed, and prints the port.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.paths import REPO


@contextmanager
def serving(**environment: str) -> Iterator[str]:
    """The address of a server, which is gone afterwards."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.lake.sail"],
        cwd=REPO,
        env={**os.environ, "RUST_LOG": "error", "TOKIO_WORKER_THREADS": "8", **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        yield f"sc://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.kill()
        server.wait()
        for stream in (server.stdin, server.stdout):
            if stream is not None:
                stream.close()


def main() -> None:
    """Serve on a free port of 127.0.0.1."""
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    print(server.listening_address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
