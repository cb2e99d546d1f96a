"""Previews take turns in a process: in the order they come, the newest of a page only."""

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from time import monotonic, sleep

import pytest

from lake.contracts import QueryStoppedError
from segments.queries.turns import MOST_WAITING, Asker, PreviewBusyError, alone, waiting

SOON_S = 30.0


def hold(pool: ThreadPoolExecutor, asker: Asker | None = None) -> tuple[Event, Future[bool]]:
    """A preview that runs until it is told that it is over, or is stopped; answers whether it was."""
    begun, over = Event(), Event()

    def run() -> bool:
        with alone(asker) as limits:
            begun.set()
            assert limits.stop is not None
            until = monotonic() + SOON_S
            while not over.wait(0.005) and not limits.stop.is_set() and monotonic() < until:
                pass
            return limits.stop.is_set()

    future = pool.submit(run)
    assert begun.wait(SOON_S)
    return over, future


def until_waiting(number: int) -> None:
    until = monotonic() + SOON_S
    while waiting() != number and monotonic() < until:
        sleep(0.005)
    assert waiting() == number


def test_a_newer_preview_of_the_page_stops_the_older_at_once() -> None:
    with ThreadPoolExecutor() as pool:
        _, older = hold(pool, Asker("p", 1))
        with alone(Asker("p", 2)) as limits:
            assert older.result(SOON_S) is True
            assert limits.stop is not None
            assert not limits.stop.is_set()


def test_one_that_was_overtaken_on_its_way_stops_nothing() -> None:
    with ThreadPoolExecutor() as pool:
        over, newer = hold(pool, Asker("p", 2))
        with pytest.raises(QueryStoppedError), alone(Asker("p", 1)):
            pass
        over.set()
        assert newer.result(SOON_S) is False


def test_a_waiting_preview_of_the_page_gives_way_and_other_pages_do_not() -> None:
    with ThreadPoolExecutor() as pool:
        over, other = hold(pool, Asker("other"))

        def ask(number: int) -> int:
            with alone(Asker("p", number)):
                return number

        first = pool.submit(ask, 1)
        until_waiting(1)
        second = pool.submit(ask, 2)
        with pytest.raises(QueryStoppedError):
            first.result(SOON_S)
        over.set()
        assert (second.result(SOON_S), other.result(SOON_S)) == (2, False)


def test_they_run_in_the_order_they_came_and_further_ones_are_refused_at_once() -> None:
    order: list[int] = []

    def ask(number: int) -> None:
        with alone():
            order.append(number)

    with ThreadPoolExecutor(MOST_WAITING + 1) as pool:
        over, _ = hold(pool)
        futures = []
        for number in range(MOST_WAITING):
            futures.append(pool.submit(ask, number))
            until_waiting(number + 1)
        with pytest.raises(PreviewBusyError, match="too many"), alone():
            pass
        over.set()
        for future in futures:
            future.result(SOON_S)
    assert order == list(range(MOST_WAITING))


def test_one_whose_turn_does_not_come_is_refused_and_leaves_the_line() -> None:
    with ThreadPoolExecutor() as pool:
        over, _ = hold(pool)
        with pytest.raises(PreviewBusyError, match="another preview"), alone():
            pass
        assert waiting() == 0
        over.set()
