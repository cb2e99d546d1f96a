"""Work done by several threads at once, each on a database connection of its own."""

import threading
from collections.abc import Callable

from django.db import connection


def in_threads(count: int, work: Callable[[], object]) -> None:
    """Run `work` in `count` threads at once, each with a connection of its own; the first failure is raised."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
