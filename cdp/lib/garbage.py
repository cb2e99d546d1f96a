"""The collector of cyclic garbage, paused while one slice of a batch is worked.

A slice makes hundreds of thousands of small objects that all live to its end. The collector walks them again and again
and finds nothing: it took two fifths of a worker's time. They are freed when the last reference goes, as ever; what
cycles a slice leaves behind is collected after it.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_pauses = 0
_was_enabled = False


@contextmanager
def paused() -> Iterator[None]:
    """No collection until this block ends; blocks may nest and overlap in threads. Only for work of bounded memory."""
    global _pauses, _was_enabled
    with _lock:
        if not _pauses:
            _was_enabled = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
        yield
    finally:
        with _lock:
            _pauses -= 1
            if not _pauses and _was_enabled:
                gc.enable()
