"""Work that no request waits for: in a thread with a database connection of its own.

Inside a transaction it is done at once, since no other connection would see what that transaction wrote.
"""

import logging
import threading
from collections.abc import Callable

from django.db import connection

log = logging.getLogger(__name__)


def do_behind(work: Callable[[], None], *, name: str) -> None:
    """Do it beside requests; what goes wrong is logged, and the caller's next turn tries again."""
    if connection.in_atomic_block:
        work()
    else:
        threading.Thread(target=_guarded, args=(work,), name=name, daemon=True).start()


def _guarded(work: Callable[[], None]) -> None:
    try:
        work()
    except Exception:  # no caller is left who could be told
        log.exception("%s failed; tried again at its next turn", threading.current_thread().name)
    finally:
        connection.close()
