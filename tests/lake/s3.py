"""A real S3 server on this machine: moto, a process of its own. `python -m tests.lake.s3` prints its port.

It serves until its standard input is closed, and has one bucket, `shop`.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.paths import REPO

BUCKET, KEY = "shop", "testing"


@contextmanager
def serving() -> Iterator[str]:
    """The address of a server, which is gone afterwards."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.lake.s3"],
        cwd=REPO,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.kill()
        server.wait()
        for stream in (server.stdin, server.stdout):
            if stream is not None:
                stream.close()


def main() -> None:
    """Serve on a free port of 127.0.0.1."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]
    boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=KEY,
    ).create_bucket(Bucket=BUCKET)
    print(port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
