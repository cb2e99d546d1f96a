"""A service for fault tests: a fresh database, one web server and Celery workers as real processes, killed at will."""

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """A database of its own on the server of `server_url`, dropped afterwards."""
    name = f"rig_{uuid.uuid4().hex[:12]}"
    parts = urlsplit(server_url)
    maintenance = urlunsplit(parts._replace(path="/postgres"))
    with psycopg.connect(maintenance, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlunsplit(parts._replace(path=f"/{name}"))
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


class Rig:
    """Processes against one database; every process is a group of its own, so that a kill takes its children too."""

    def __init__(self, database_url: str, redis_url: str, folder: Path, *, wsgi: str = "cdp.wsgi:application") -> None:
        self.database_url, self.wsgi, self.folder = database_url, wsgi, folder
        self.port = free_port()
        self.env = {
            **os.environ,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "VAR_DIR": str(folder),
            "PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "cdp.settings",
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def manage(self, *words: str) -> str:
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def spawn(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True
            )

    def start_web(self) -> None:
        options = [
            "--interface",
            "wsgi",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--workers",
            "2",
            "--backpressure",
            "16",
        ]
        self.spawn("web", "granian", *options, self.wsgi)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError((self.folder / "web.log").read_text()[-4000:])

    def start_worker(self, name: str, *, concurrency: int = 2, beat: bool = True) -> None:
        options = [
            "--concurrency",
            str(concurrency),
            "-Q",
            "ingest,default,segments,mail",
            "--loglevel",
            "WARNING",
            "-n",
            f"{name}@rig",
        ]
        if beat:
            options += ["-B", "-s", str(self.folder / f"{name}-schedule")]
        self.spawn(name, "celery", "-A", "cdp.celery", "worker", *options)

    def kill(self, name: str) -> None:
        """SIGKILL to the whole group, as the kernel's memory killer would."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)

    def close(self) -> None:
        for name in list(self.processes):
            self.kill(name)

    def wait_until_quiet(self, *, seconds: float) -> None:
        """Until nothing is left to process, refold, evaluate or arm; fails with what is left."""
        deadline = time.monotonic() + seconds
        question = """
            SELECT (SELECT count(*) FROM events_inbox WHERE done_at IS NULL),
                   (SELECT count(*) FROM outbox_delivery WHERE done_at IS NULL AND parked_at IS NULL),
                   (SELECT count(*) FROM segments_dirtyprofile)
        """
        left: object = None
        while time.monotonic() < deadline:
            with psycopg.connect(self.database_url) as connection:
                left = connection.execute(question).fetchone()
            if left == (0, 0, 0):
                return
            time.sleep(0.5)
        logs = "\n".join(path.read_text()[-1500:] for path in self.folder.glob("*.log"))
        raise AssertionError(f"(inbox, deliveries, dirty) left after {seconds} s: {left}\n{logs}")
