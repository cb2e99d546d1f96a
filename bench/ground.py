"""A benchmark's ground: a fresh, migrated database on the server of DATABASE_URL, gone afterwards."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def fresh_database() -> Iterator[str]:
    """A migrated database of its own; DATABASE_URL names it meanwhile. Import Django's settings only inside."""
    server = os.environ.get("DATABASE_URL")
    if not server:
        raise SystemExit(
            "bench: start it with ./run bench NAME, or set DATABASE_URL and REDIS_URL to servers it may use"
        )
    name = f"bench_{uuid.uuid4().hex[:10]}"
    parts = urlsplit(server)
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        os.environ["DATABASE_URL"] = urlunsplit(parts._replace(path=f"/{name}"))
        os.environ["DJANGO_SETTINGS_MODULE"] = "cdp.settings"
        try:
            subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, check=True)
            yield os.environ["DATABASE_URL"]
        finally:
            os.environ["DATABASE_URL"] = server
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def surroundings() -> str:
    """Cores, the load before the start, and whether the server is durable: what a figure's note must say."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as server:
        settings = {name: server.execute(f"SHOW {name}").fetchone() for name in ("fsync", "synchronous_commit")}
    durable = ", ".join(f"{name}={value[0]}" for name, value in settings.items() if value)
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start, {durable}"


def single(database: psycopg.Connection[Any], question: str) -> Any:
    """The first column of the first row that answers this question."""
    found = database.execute(question).fetchone()
    assert found is not None
    return found[0]
