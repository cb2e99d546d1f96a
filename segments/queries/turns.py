"""Whose preview runs: one at a time in a process, the others in the order they came, the newest of a page only.

Each may take all the memory of its limits. A page that asks anew wants its older question answered no more: that ends
at once, whether it runs or waits.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Condition, Event

from lake.contracts import Limits, QueryStoppedError

LIMITS = Limits(seconds=10.0)
MOST_WAITING = 4
"""Further ones are refused at once: each that waits holds a thread of the web server."""
PATIENCE_SECONDS = 3.0


class PreviewBusyError(Exception):
    """Other previews are being computed by this process: ask again in a second or two."""


@dataclass(frozen=True, slots=True)
class Asker:
    """One open page that asks anew and anew: `number` says which of its questions is the newer."""

    page: str
    number: int = 0


@dataclass(slots=True, eq=False)
class _Turn:
    asker: Asker | None
    stop: Event = field(default_factory=Event)


_turns: list[_Turn] = []
_changed = Condition()


@contextmanager
def alone(asker: Asker | None = None) -> Iterator[Limits]:
    """Inside, no other preview runs in this process; answers the limits its queries take.

    Of the previews of one asker all but the newest end with QueryStoppedError. Raises PreviewBusyError where too many
    wait already or the turn does not come within `PATIENCE_SECONDS`.
    """
    mine = _Turn(asker)
    with _changed:
        _stop_older(mine)
        if len(_turns) > MOST_WAITING:
            raise PreviewBusyError("too many previews are waiting")
        _turns.append(mine)
    try:
        with _changed:
            _changed.wait_for(lambda: _turns[0] is mine or mine.stop.is_set(), PATIENCE_SECONDS)
            if mine.stop.is_set():
                raise QueryStoppedError("a newer preview of the page took its place")
            if _turns[0] is not mine:
                raise PreviewBusyError("another preview is being computed")
        yield replace(LIMITS, stop=mine.stop)
    finally:
        with _changed:
            _turns.remove(mine)
            _changed.notify_all()


def waiting() -> int:
    """How many wait for their turn now."""
    with _changed:
        return max(0, len(_turns) - 1)


def _stop_older(mine: _Turn) -> None:
    """Requests overtake each other: the one that comes last is not always the newest."""
    for turn in _turns:
        if mine.asker and turn.asker and turn.asker.page == mine.asker.page:
            older = mine if mine.asker.number < turn.asker.number else turn
            older.stop.set()
    _changed.notify_all()
