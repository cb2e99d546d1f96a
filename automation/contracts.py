"""What crosses automation's borders: a journey's rules, the facts its decisions take, and what a mail says.

Instants are aware UTC datetimes. Decisions carry stable reason codes, listed in `automation/reasons.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cdp.lib.decision import Decision


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
    """The settings of one journey. Quiet hours are local hours in `time_zone`; equal or None hours mean none.

    `settle`: how long news that arrive late are let settle, since what happened after them may still be on its way.
    """

    idle: timedelta
    max_age: timedelta
    cap_per_week: int
    quiet_from_hour: int | None = None
    quiet_to_hour: int | None = None
    time_zone: str = "UTC"
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
    """The latest enrollment of a cart. `mailed_at`: when a mail was made for it or it was held out, None if neither.

    `has_message`: a mail was made for it, even if it was suppressed before the hand-over.
    """

    ordinal: int
    state: str
    reason: str
    added_at: datetime
    due_at: datetime
    mailed_at: datetime | None
    has_message: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the decision to mail depends on. `cart` None: it is gone; `suppressed`: the reason, empty if none.

    `known_lines`: the offerable ones that a mail may name, known from a feed or a server.
    `last_mailed_at`: the last marketing mail to that address, whichever cart it was about; `newer_queued`: a mail to it
    about a cart filled later is queued too.
    `paused_until`: the owner of the address wants no mail before; `at_most_every`: nor one sooner after the last.
    """

    cart: CartNow | None
    armed_at: datetime
    offerable_lines: int
    known_lines: int
    is_shared: bool
    has_address: bool
    suppressed: str
    consent: Decision
    ordered_since: bool
    mails_this_week: int
    last_mailed_at: datetime | None = None
    newer_queued: bool = False
    paused_until: datetime | None = None
    at_most_every: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`action`: mail, wait (until `not_before`) or end. `evidence`: the consent entry that allowed or forbade it."""

    action: str
    reason: str
    not_before: datetime | None = None
    evidence: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to a cart's enrollment. `action`: none, arm, push, reopen, exit."""

    action: str
    ordinal: int = 1
    added_at: datetime | None = None
    due_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MailProduct:
    """One product in a mail; `url` and `image_url` are empty or safe to link; `price` is in words, empty if unknown.

    A line without a quantity stands for products that may not be named.
    """

    product_id: str
    name: str
    price: str
    quantity: str = ""
    url: str = ""
    image_url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class MailContent:
    """What the abandoned-cart template is given. `agreed`: they said yes; else the law allows the mail until a no."""

    company: str
    postal_address: str
    shop_url: str
    cart_url: str
    unsubscribe_url: str
    preferences_url: str
    lines: tuple[MailProduct, ...]
    total: str
    recommendations: tuple[MailProduct, ...]
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """A mail's subject and its two parts."""

    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class JourneyCounts:
    """Live counts of one journey: enrollments waiting, messages by state, ends by reason."""

    waiting: int
    held_out: int
    messages: dict[str, int]
    ended: dict[str, int]
