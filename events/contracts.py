"""What crosses the events app's border: sources, stored events, what the door accepted and what it named as faulty."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from events.identifying import Trust

ITEM, RANGE = "item", "range"
"""What goes through processing again: one item out of quarantine, or a whole request."""


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """A source as door and worker know it. `trust`: which identifier kinds are believed from it, and which only where
    a user token vouches for them; `country`: of phone numbers that name none ("" = unknown)."""

    id: int
    name: str
    kind: str
    enabled: bool
    trust: Trust
    country: str = ""

    @property
    def server_side(self) -> bool:
        """From a server or an import: believed before a browser."""
        return self.kind != "browser"


@dataclass(frozen=True, slots=True)
class Rejection:
    """One faulty item of a request: its place, a stable code, and a sentence that says how to mend it."""

    index: int
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A request that is now durable. `received` counts its items, good or bad; `rejected` names the bad ones."""

    inbox_id: int
    received: int
    rejected: tuple[Rejection, ...]


class RequestFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """From the request's head, stored beside its body."""

    ip: str = ""
    user_agent: str = ""
    gpc: bool = False
    anonymous_id: str = ""
    sent_at: str = ""
    user_token: str = ""
    replay: str = ""  # ITEM, RANGE, or nothing
    queued_at: str = ""  # when it was put in again: it has waited since then, not since it was received
    consent_done: bool = False  # of our own sources: what it says of consent was written when it happened


class StoredEvent(msgspec.Struct, frozen=True):
    """One event of the log. Numbers in `properties` and `context` are int or Decimal, instants aware UTC."""

    id: int
    source_id: int
    server_side: bool
    message_hash: bytes
    type: str
    name: str
    identifier_id: int
    occurred_at: datetime
    received_at: datetime
    cart_id: str | None
    order_id: str | None
    properties: dict[str, Any]
    context: dict[str, Any]


@dataclass(frozen=True, slots=True)
class InboxLag:
    """How far processing is behind: live requests, and the imports and replays that let them by.

    Ages are None when nothing waits.
    """

    waiting: int
    oldest_live_age_s: float | None
    oldest_bulk_age_s: float | None

    @property
    def oldest_age_s(self) -> float | None:
        """The age of the oldest request of both lanes."""
        return max((age for age in (self.oldest_live_age_s, self.oldest_bulk_age_s) if age is not None), default=None)
