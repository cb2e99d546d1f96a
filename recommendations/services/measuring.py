"""What a training costs: seconds, the greatest memory of the process meanwhile, and a bound on what BLAS takes."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from threadpoolctl import threadpool_limits

LOOK_EVERY_S = 0.1
TRAINING_THREADS = 2  # of BLAS; a worker shares its machine with what serves
STATM = Path("/proc/self/statm")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class Meter:
    """Seconds since it began and the greatest resident memory seen since, both running."""

    begun: float = field(default_factory=time.perf_counter)
    peak_bytes: int = 0

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.perf_counter() - self.begun

    @property
    def peak_mb(self) -> float | None:
        """None where the system does not say."""
        return self.peak_bytes / 1e6 if self.peak_bytes else None

    def look(self) -> None:
        """Note what the process holds now."""
        try:
            self.peak_bytes = max(self.peak_bytes, int(STATM.read_text().split()[1]) * PAGE)
        except OSError:
            return


@contextmanager
def metered() -> Iterator[Meter]:
    """Inside, a thread looks ten times a second, and BLAS has TRAINING_THREADS at most."""
    meter, over = Meter(), threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_EVERY_S):
            meter.look()

    meter.look()
    watcher = threading.Thread(target=watch, name="memory of a training", daemon=True)
    watcher.start()
    try:
        with threadpool_limits(limits=TRAINING_THREADS):
            yield meter
    finally:
        over.set()
        watcher.join()
