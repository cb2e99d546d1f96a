"""Runs the real service (`manage.py up`) and a real SMTP sink in a folder of their own, and looks inside."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psycopg
import redis

from cdp.embedded.leftovers import marked_processes
from cdp.embedded.servers import free_port
from tests.embedded.harness import endpoints, environment, folder, processes_of, wait_until
from tests.paths import REPO

START_SECONDS = 180.0


class Service:
    """A running service. Use as a context manager; leaving it stops the service and fails if anything is left."""

    def __init__(self, var_dir: Path) -> None:
        self.var_dir = var_dir
        self.port, self.mail_port = free_port(), free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.mail_folder = var_dir.parent / "mail"
        self.lines: deque[str] = deque(maxlen=400)
        self._process: subprocess.Popen[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        own = {
            "PORT": str(self.port),
            "EMAIL_PORT": str(self.mail_port),
            "WEB_WORKERS": "1",
            "DEMO": "0",
            "CART_SETTLE_S": "0",
        }
        return environment(self.var_dir) | own

    def start(self) -> None:
        """Starts it and returns once it says that it is ready."""
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=REPO,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()
        wait_until(lambda: self._says("READY") or self._process_ended(), START_SECONDS)
        assert not self._process_ended(), "\n".join(self.lines)

    def kill_everything(self) -> None:
        """kill −9 of the supervisor and of all it runs."""
        assert self._process
        for pid in {*marked_processes(self.var_dir), *processes_of(self.var_dir), self._process.pid}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(10)

    def stop(self) -> int:
        """Ctrl-C; returns the exit code."""
        assert self._process
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(40)

    def kill(self, *words: str) -> int:
        """kill −9 of the supervised processes with all `words` in their command line; returns how many."""
        killed = 0
        for pid in list(marked_processes(self.var_dir)):
            with contextlib.suppress(OSError):
                line = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
                if all(word in line for word in words):
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
        return killed

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of one query on the service's database."""
        with psycopg.connect(endpoints(self.var_dir)["database_url"]) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def forget_broker(self) -> None:
        """Empties Valkey."""
        with redis.Redis.from_url(endpoints(self.var_dir)["redis_url"]) as client:
            client.flushall()

    def django(self, code: str) -> str:
        """Runs `code` with Django set up against the service's servers; returns what it printed."""
        program = f"import django; django.setup()\n{code}"
        found = endpoints(self.var_dir)
        env = self.environment | {"DATABASE_URL": found["database_url"], "REDIS_URL": found["redis_url"]}
        env["DJANGO_SETTINGS_MODULE"] = "cdp.settings"
        ran = subprocess.run([sys.executable, "-c", program], env=env, cwd=REPO, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def request(self, path: str, *, key: str = "", form: str | None = None) -> tuple[int, Any]:
        """GET, or POST with `form`; the status and the JSON (or text) that came back."""
        url = path if path.startswith("http") else self.base_url + path
        request = urllib.request.Request(url, data=form.encode() if form is not None else None)
        if key:
            request.add_header("Authorization", f"Bearer {key}")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                status, body = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read().decode()
        try:
            return status, json.loads(body)
        except ValueError:
            return status, body

    def mails(self) -> list[EmailMessage]:
        """What the sink received, in order."""
        files = sorted(self.mail_folder.glob("*.eml"))
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]

    def _says(self, word: str) -> bool:
        return any(word in line for line in list(self.lines))

    def _process_ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout
        with process.stdout as lines:
            for line in lines:
                self.lines.append(line.rstrip())


@contextlib.contextmanager
def running_service(kind: type[Service] = Service) -> Iterator[Service]:
    """A started service with its sink; a clean stop that leaves nothing is part of the promise."""
    with folder() as var_dir:
        service = kind(var_dir)
        with mail_sink(service.mail_port, service.mail_folder):
            service.start()
            try:
                yield service
            except BaseException:
                print("\n".join(service.lines))
                service.kill_everything()
                raise
            assert service.stop() == 0, "\n".join(service.lines)
            assert list(marked_processes(var_dir)) == []
            assert processes_of(var_dir) == []


@contextlib.contextmanager
def mail_sink(port: int, mails: Path) -> Iterator[None]:
    """A real SMTP server keeping mails in a folder."""
    sink = subprocess.Popen([sys.executable, "-m", "cdp.demo.mail_sink", str(port), str(mails)], cwd=REPO)
    try:
        wait_until(mails.is_dir)
        yield
    finally:
        sink.send_signal(signal.SIGTERM)
        sink.wait(10)
