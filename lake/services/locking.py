"""One writer a table: an advisory lock for as long as it writes, free again when its connection ends."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def only_writer(name: str, *, wait_s: float = 0.0) -> Iterator[bool]:
    """Hold the table's lock; False when another process still has it after `wait_s` seconds."""
    until = time.monotonic() + wait_s
    while not (mine := _try(name)) and time.monotonic() < until:
        time.sleep(0.2)
    try:
        yield mine
    finally:
        if mine and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('lake'), hashtext(%s))", [name])


def _try(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('lake'), hashtext(%s))", [name])
        return bool(cursor.fetchone()[0])
