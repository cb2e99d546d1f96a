"""Work that no request waits for: in a thread with a database connection of its own.

Inside a transaction it is done at once, since no other connection would see what that transaction wrote; and so is
what is small, before the answer: a process that was idle does not serve first what it knew then.
"""

import logging
import threading
from collections.abc import Callable

from django.db import connection

log = logging.getLogger(__name__)


# Whoever asks this much later than the database should have been asked waits for what it says: until then one thread
# asks, and the others go on with what is known.
LATE_S = 1.5


def do_behind(work: Callable[[], None], *, name: str, is_small: bool = False) -> None:
    """Do it beside requests, or at once where it is small; what goes wrong is logged, and the caller's next turn tries
    again."""
    if connection.in_atomic_block:
        work()
    elif is_small:
        _logged(work, name)
    else:
        threading.Thread(target=_in_thread, args=(work, name), name=name, daemon=True).start()


def _in_thread(work: Callable[[], None], name: str) -> None:
    try:
        _logged(work, name)
    finally:
        connection.close()


def _logged(work: Callable[[], None], name: str) -> None:
    try:
        work()
    except Exception:  # what was known goes on being served
        log.exception("%s failed; tried again at its next turn", name)
