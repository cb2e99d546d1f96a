"""What a killed supervisor left behind: found by what a process is, for ids are given anew."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

MARK = "CDP_SUPERVISED"


def marked_processes(var_dir: Path) -> Iterator[int]:
    """Process ids whose environment says that a supervisor of `var_dir` started them, this process left out."""
    mark = f"{MARK}={var_dir}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int(folder.name) != os.getpid() and mark in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)


def kill_marked(var_dir: Path) -> int:
    """Kills the programs a dead supervisor of `var_dir` left running; returns how many. Hold the lock first."""
    pids = list(marked_processes(var_dir))
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(pids)


def process_in(pid: int, *, program: str, folder: Path) -> bool:
    """Is `pid` alive, running `program`, with `folder` as its working folder?"""
    try:
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        return name.startswith(program[:15]) and Path(f"/proc/{pid}/cwd").resolve() == folder.resolve()
    except OSError:
        return False


def stop_process(pid: int, *, gently: signal.Signals, seconds: float, alive: Callable[[], bool]) -> None:
    """Asks `pid` to stop, then kills it; returns once `alive` says no."""
    for wanted, limit in ((gently, seconds), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, wanted)
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            if not alive():
                return
            time.sleep(0.05)


def first_number(path: Path) -> int | None:
    """The process id on the first line of a pid file; None where there is no such file or no number in it."""
    try:
        return int(path.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
