"""What crosses the outbox's border: consumers as the roof declares them, and the messages they are handed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

LIVE, BULK = 0, 1  # lanes: what comes of imports and replays never delays what comes of live events


@dataclass(frozen=True, slots=True)
class TopicMessage:
    """One topic row as a consumer sees it. `payload` holds ids only; `lane` is passed on to what it publishes.

    `attempts`: how often it has failed on its own.
    """

    id: int
    topic: str
    payload: Mapping[str, Any]
    created_at: datetime
    lane: int = LIVE
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Consumer:
    """One piece of work that a wake starts.

    With `topics`, `handler` is the dotted path of `f(messages: Sequence[TopicMessage]) -> str | None`, called inside
    the transaction that marks those deliveries done; all of one lane. Handed a single message that failed before it may
    return what it had to leave out: its effects are kept, and the delivery is parked with that text instead of done.
    Without topics, it is the dotted path of `f() -> int`, which works one slice of its own due rows, commits, and
    returns how many it worked; it is called again until it returns 0 or the wake's time is used up. `alone`: one worker
    at a time hands it messages, where two would only wait for each other's locks.
    """

    name: str
    queue: str
    handler: str
    topics: tuple[str, ...] = ()
    batch: int = 50
    alone: bool = False
    every_s: float = field(default=5.0)  # beat wakes it at least this often, so a lost broker costs seconds
