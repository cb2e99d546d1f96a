"""Sessions of a Spark Connect server: one for each query that runs, kept a while for the next one, ended on time.

A process has its own: connections do not outlive a fork. A session whose query failed is given back to the server.
"""

import os
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from lake.contracts import Limits, QueryError

PACKAGE = "pyspark-client"
IDLE_SECONDS = 600.0
"""Servers forget sessions that nobody used for a time (Spark for an hour); ours are not used again well before that."""
MOST_IDLE = 4
RETRIES = 3
"""Of a server that does not answer: about a second. The client's own patience is ten minutes."""
GRACE_SECONDS = 1.0
LOOK_EVERY_S = 0.2
# Said to the terminal of whoever runs the process; the error says it to whoever asked.
warnings.filterwarnings("ignore", message=r"\[RETRIES_EXCEEDED\]", category=UserWarning)


@dataclass(slots=True)
class Session:
    """A session of the server's, used by one query at a time. `is_over`: its query was ended from here."""

    spark: Any
    is_over: bool = False
    used_at: float = field(default_factory=time.monotonic)


class Sessions:
    """Those of the server at `remote`."""

    def __init__(self, remote: str) -> None:
        self._remote = remote
        self._lock = threading.Lock()
        self._idle: dict[int, list[Session]] = {}

    def close(self) -> None:
        """Give this process's sessions back; a server that is busy is not waited for."""
        with self._lock:
            idle = self._idle.pop(os.getpid(), [])
        for ending in [_forget(session) for session in idle]:
            ending.join(GRACE_SECONDS)

    @contextmanager
    def borrowed(self) -> Iterator[Session]:
        """A session that nobody else uses. Raises QueryError without the client, or for an address it cannot read."""
        session = self._take() or Session(_open(self._remote))
        try:
            yield session
        except BaseException:
            _forget(session)
            raise
        if session.is_over or not self._kept(session):
            _forget(session)

    def _take(self) -> Session | None:
        with self._lock:
            idle = self._idle.get(os.getpid(), [])
            while idle:
                session = idle.pop()
                if time.monotonic() - session.used_at < IDLE_SECONDS:
                    return session
                _forget(session)
        return None

    def _kept(self, session: Session) -> bool:
        session.used_at = time.monotonic()
        with self._lock:
            idle = self._idle.setdefault(os.getpid(), [])
            if len(idle) == MOST_IDLE:
                return False
            idle.append(session)
        return True


@contextmanager
def ended_on_time(session: Session, limits: Limits) -> Iterator[None]:
    """End whatever runs in the session when its time is over, or somebody wants it to stop."""
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(session, limits, done), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()


def _watch(session: Session, limits: Limits, done: threading.Event) -> None:
    until = time.monotonic() + limits.seconds
    look_every = limits.seconds if limits.stop is None else LOOK_EVERY_S
    while not done.wait(min(look_every, max(until - time.monotonic(), 0))):
        if time.monotonic() >= until or (limits.stop and limits.stop.is_set()):
            session.is_over = True
            _end_query(session.spark)
            return


def _end_query(spark: Any) -> None:
    """Ask the server to end it, and hang up if it does not within a second: it may be too busy to listen."""
    asking = threading.Thread(target=_interrupt, args=[spark], daemon=True)
    asking.start()
    asking.join(GRACE_SECONDS)
    _hang_up(spark)


def _open(remote: str) -> Any:
    try:
        from pyspark.sql.connect.client.retries import DefaultPolicy
        from pyspark.sql.connect.session import SparkSession
    except ImportError as error:
        raise QueryError(
            f"LAKE_ENGINE={remote.partition(';')[0]} needs the package {PACKAGE}, which cannot be loaded "
            f"({error}): install the version that requirements.lock names, or leave LAKE_ENGINE out to use duckdb"
        ) from error
    try:
        spark = SparkSession.Builder().remote(remote).create()
    except Exception as error:  # its own errors for addresses that it cannot read
        named = type(error).__name__  # its words may repeat a token
        raise QueryError(f"LAKE_ENGINE is no address of a Spark Connect server (sc://host:port): {named}") from None
    spark.client.set_retry_policies([DefaultPolicy(max_retries=RETRIES)])
    return spark


def _forget(session: Session) -> threading.Thread:
    """Give a session back to the server, without waiting for it."""
    ending = threading.Thread(target=_end, args=[session.spark], daemon=True)
    ending.start()
    return ending


def _interrupt(spark: Any) -> None:
    with suppress(Exception):
        spark.interruptAll()


def _end(spark: Any) -> None:
    with suppress(Exception):
        spark.client.release_session()
    _hang_up(spark)


def _hang_up(spark: Any) -> None:
    """The client's own `close` waits for every session of the process, and takes what they share away from them."""
    with suppress(Exception):
        spark.client._channel.close()
