"""One supervisor a VAR_DIR: an advisory file lock, which the kernel frees however its holder dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cdp.embedded.failures import StartFailure


class AlreadyRunning(StartFailure):
    """Another supervisor holds the folder. The message says which and what to do."""


@contextmanager
def only_supervisor(var_dir: Path) -> Iterator[None]:
    """Holds `var_dir` while inside. Raises AlreadyRunning at once if another process holds it."""
    path = var_dir / "run" / "up.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 32).decode().strip() or "unknown"
            raise AlreadyRunning(
                f"The servers of {var_dir} are already run by process {holder}: "
                "stop that first, or set VAR_DIR to another folder."
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)
