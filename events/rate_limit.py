"""How many events a source may send a second: a bucket a source, emptied by events and filled by time. Pure.

A bucket holds one second's worth and may be overdrawn by one request, so that a rate below the size of a batch slows
batches down and never refuses one for ever.
"""

import math
from threading import Lock

MOST_BUCKETS = 4096


class Buckets:
    """The buckets of one process, safe among its threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._filled: dict[int, tuple[float, float]] = {}

    def take(self, source_id: int, events: int, *, per_second: int, now_s: float) -> int:
        """0 when these events may come in, and they are counted; else after how many whole seconds to try again."""
        with self._lock:
            level, at_s = self._filled.get(source_id, (float(per_second), now_s))
            level = min(float(per_second), level + (now_s - at_s) * per_second)
            if level <= 0:
                return max(1, math.ceil(-level / per_second))
            if len(self._filled) >= MOST_BUCKETS:
                self._filled.clear()
            self._filled[source_id] = (level - events, now_s)
            return 0
