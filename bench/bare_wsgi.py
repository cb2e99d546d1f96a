"""The ceiling of ingest: a WSGI application that inserts the body and commits, and does nothing else."""

import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

import psycopg

_local = threading.local()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Store the body in bench_bare; answer after the commit."""
    if not hasattr(_local, "connection"):
        _local.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    _local.connection.execute("INSERT INTO bench_bare (body) VALUES (%b)", (environ["wsgi.input"].read(),))
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
