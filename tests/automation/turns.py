"""A scheduler that lets several actors take turns at every statement they send, by chance and yet repeatable.

Each actor is a thread with a connection of its own, and stops before each of its statements until it is its turn. One
that waits for a row another holds is found by asking PostgreSQL, and the others go on: so the order of everything that
happens is a function of the seed alone.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection

PATIENCE_S = 60.0
GLANCE_S = 0.002
RUNNING, PARKED, DONE = "running", "parked", "done"


@dataclass
class Actor:
    """A thread that works one job an interleaving."""

    name: str
    job: Callable[[], object] = lambda: None
    state: str = DONE
    silent: bool = False
    pid: int = 0
    failure: BaseException | None = None
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    begin: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    steps: int = 0


class Turns:
    """Actors by name, and whose turn it is. `play` runs one interleaving."""

    def __init__(self, names: tuple[str, ...], dsn: str) -> None:
        self.actors = {name: Actor(name) for name in names}
        self._news = threading.Condition()
        self._glance = psycopg.connect(dsn, autocommit=True)
        self._ends = False
        self._threads = [threading.Thread(target=self._live, args=[actor]) for actor in self.actors.values()]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End the threads and their connections."""
        self._ends = True
        for actor in self.actors.values():
            actor.begin.release()
        for thread in self._threads:
            thread.join()
        self._glance.close()

    def play(self, jobs: dict[str, Callable[[], object]], rng: random.Random, head_start: tuple[str, int]) -> None:
        """Each actor's job, in turns by `rng`; the one named takes that many turns before anybody else has one."""
        for name, job in jobs.items():
            self._start(self.actors[name], job)
        first, ahead = head_start
        while waiting := self._waiting():
            alone = [actor for actor in waiting if actor.name == first and actor.steps < ahead]
            chosen = alone[0] if alone else rng.choice(waiting)
            chosen.steps += 1
            self._turn_of(chosen)
        for actor in self.actors.values():
            if actor.failure is not None:
                raise actor.failure

    def pause(self, name: str) -> None:
        """Wait for the turn of this actor; called from whichever thread acts for it."""
        actor = self.actors[name]
        if actor.silent or actor.state == DONE:
            return
        self._tell(actor, PARKED)
        actor.go.acquire()

    @contextmanager
    def unseen(self, name: str) -> Iterator[None]:
        """Statements that take no turn: looks of the test itself."""
        self.actors[name].silent = True
        yield
        self.actors[name].silent = False

    def _start(self, actor: Actor, job: Callable[[], object]) -> None:
        actor.job, actor.failure, actor.steps, actor.state = job, None, 0, RUNNING
        actor.begin.release()
        self._settle()

    def _turn_of(self, actor: Actor) -> None:
        actor.state = RUNNING
        actor.go.release()
        self._settle()

    def _waiting(self) -> list[Actor]:
        """Those that may go on; waits while all that are left wait for each other's rows."""
        found = [actor for actor in self.actors.values() if actor.state == PARKED]
        if not found and any(actor.state == RUNNING for actor in self.actors.values()):
            raise AssertionError("the actors wait for each other: a deadlock")
        return found

    def _settle(self) -> None:
        """Until each actor is parked, done, or waits for a row that a parked one holds."""
        until = time.monotonic() + PATIENCE_S
        with self._news:
            while busy := [actor for actor in self.actors.values() if actor.state == RUNNING]:
                if self._news.wait(GLANCE_S):
                    continue
                others = any(actor.state == PARKED for actor in self.actors.values())
                if others and all(self._is_blocked(actor) for actor in busy):
                    return
                if time.monotonic() > until:
                    raise AssertionError(f"{', '.join(actor.name for actor in busy)} did not come to a statement")

    def _is_blocked(self, actor: Actor) -> bool:
        found = self._glance.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [actor.pid]).fetchone()
        return bool(found and found[0])

    def _tell(self, actor: Actor, state: str) -> None:
        with self._news:
            actor.state = state
            self._news.notify_all()

    def _live(self, actor: Actor) -> None:
        connection.ensure_connection()
        actor.pid = connection.connection.info.backend_pid

        def before(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
            self.pause(actor.name)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(before):
            while True:
                actor.begin.acquire()
                if self._ends:
                    break
                try:
                    actor.job()
                except BaseException as failure:
                    actor.failure = failure
                self._tell(actor, DONE)
        connection.close()
