"""What crosses automation's borders: a journey's rules, the facts its decisions take, and what a mail says.

Instants are aware UTC datetimes. Decisions carry stable reason codes, listed in `automation/reasons.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody for whom a journey's trigger came true. One occasion is entered once, for ever, a journey.

    `occasion` names what it is about (an event's message id, a day, a product and its offer); `facts`: what the trigger
    tells its steps and mails (ids, amounts: no texts of strangers). `due`: when its first step is. `at`: when what
    triggered it happened (events after it count as goal and exit); None: now.
    """

    identifier_id: int
    occasion: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    due: datetime | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Enrolling:
    """What became of entries: ids of new enrollments, and how many were turned away, by reason."""

    entered: tuple[int, ...] = ()
    turned_away: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
    """When a cart counts as left, and for how long it is written about.

    `settle`: how long news that arrive late are let settle, since what happened after them may still be on its way.
    """

    idle: timedelta
    max_age: timedelta
    settle: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class CartNow:
    """A cart as the journey sees it. `state`: open, emptied, ordered; `added_at`: when something was last put in."""

    state: str
    line_count: int
    added_at: datetime | None
    activity_at: datetime

    @property
    def is_abandonable(self) -> bool:
        """Whether something lies in it that was not ordered."""
        return self.state == "open" and self.line_count > 0 and self.added_at is not None


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The latest enrollment of a cart. `mailed_at`: when a mail was last made for it or it was held out; None: neither.

    `has_begun`: it passed a step or has a message, even one that was suppressed before the hand-over. `is_at_send`: it
    is due for a look whether a mail may go, not for the end of a wait.
    """

    ordinal: int
    state: str
    reason: str
    added_at: datetime
    due_at: datetime
    mailed_at: datetime | None
    has_begun: bool = False
    is_at_send: bool = True


@dataclass(frozen=True, slots=True)
class CartStory:
    """What the story of a cart depends on. `cart` None: it is gone; `armed_at`: when it was filled.

    `known_lines`: the offerable ones that a mail may name, known from a feed or a server. `was_mailed`: a mail about it
    went out in this enrollment.
    """

    cart: CartNow | None
    armed_at: datetime
    offerable_lines: int
    known_lines: int
    ordered_since: bool
    was_mailed: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to a cart's enrollment. `action`: none, arm, push, note, reopen, again, exit.

    `note`: only what the cart is about changes, not when it is due. `again`: it ends, and the cart is armed anew.
    """

    action: str
    ordinal: int = 1
    added_at: datetime | None = None
    due_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class JourneyCounts:
    """Live counts of one journey: enrollments waiting, messages by state, ends by reason."""

    waiting: int
    held_out: int
    messages: dict[str, int]
    ended: dict[str, int]
