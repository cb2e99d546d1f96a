"""Runs `python -m cdp.embedded` as its own process in a folder of its own, and looks at what is left of it."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.paths import REPO


@contextlib.contextmanager
def folder(*, below: str = "", mode: int = 0o755) -> Iterator[Path]:
    """A VAR_DIR that goes afterwards; `below` lengthens its path, `mode` is its parent's."""
    parent = Path(tempfile.mkdtemp(prefix="cdp-t-")).resolve()
    parent.chmod(mode)
    try:
        yield parent / below / "var" if below else parent / "var"
    finally:
        shutil.rmtree(parent, ignore_errors=True)


def environment(var_dir: Path) -> dict[str, str]:
    """Ours without the servers of the test run."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return inherited | {"VAR_DIR": str(var_dir), "PYTHONPATH": str(REPO)}


def run_with_servers(var_dir: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Runs Python `code` with the servers of `var_dir`; they stop with it."""
    command = [sys.executable, "-m", "cdp.embedded", sys.executable, "-c", code]
    return subprocess.run(
        command, env=environment(var_dir), cwd=REPO, capture_output=True, text=True, check=False, timeout=120
    )


@contextlib.contextmanager
def kept_running(var_dir: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A supervisor of `var_dir` whose servers are up while inside."""
    command = [sys.executable, "-m", "cdp.embedded", "sleep", "300"]
    process = subprocess.Popen(command, env=environment(var_dir), cwd=REPO, stdout=subprocess.DEVNULL)
    try:
        wait_until((var_dir / "run" / "endpoints.json").exists)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def endpoints(var_dir: Path) -> dict[str, str]:
    """What the supervisor recorded."""
    found: dict[str, str] = json.loads((var_dir / "run" / "endpoints.json").read_text())
    return found


def processes_of(var_dir: Path) -> list[int]:
    """Every process that has `var_dir` in its command line or stands in a folder below it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            stands_in = os.readlink(entry / "cwd")
            words = (entry / "cmdline").read_bytes().decode(errors="replace")
            if str(var_dir) in words or stands_in.startswith(str(var_dir)):
                found.append(int(entry.name))
    return found


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Fails when `condition` has not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{condition} did not come true within {seconds} s"
        time.sleep(0.05)
