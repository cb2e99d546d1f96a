"""What crosses mailing's borders: messages to queue, what their senders say of them, and what they are filled with.

Instants are aware UTC datetimes. Reasons are stable codes, listed in `mailing/reasons.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from mailing.amounts import Money
    from mailing.models import Message

GO, WAIT, END = "go", "wait", "end"


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be queued: at most one for each (sender, sender_id, step, address, occasion), for ever.

    `address` is canonical. `purpose` is a purpose's code, empty for transactional ones only. `template_version` None:
    the newest published when it is sent. `lane`: 1 is worked before 2 (campaigns); transactional ones before both.
    """

    sender: str
    sender_id: int
    about_id: int | None
    label: str
    step: str
    occasion: str
    address: str
    identifier_id: int
    template: str
    purpose: str
    kind: str = "marketing"
    channel: str = "email"
    template_version: int | None = None
    variant: str = ""
    not_before_at: datetime | None = None
    lane: int = 1


@dataclass(frozen=True, slots=True)
class Said:
    """What a sender says of its message right now. `action`: go, wait (until `not_before`) or end, with its reason.

    `since`: the message is pointless where the address got another marketing mail at or after that (a cart filled
    before the last mail); None asks nothing. `newest_first`: of several queued for one address with an instant here,
    the latest goes first (mails about carts). `until`: no wait lasts longer; the sender is asked again right after it,
    and ends the message with a reason of its own.
    """

    action: str
    reason: str = ""
    not_before: datetime | None = None
    since: datetime | None = None
    newest_first: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Whether a message might go to whoever this identifier belongs to: see `mailing.queries.permitted`.

    `address`: to that one only, which must still be theirs; None: to the best one they have. `since`, `until`: as in
    `Said`. `waiting_since`: since when an address is waited for; the longer, the rarer the next look.
    """

    identifier_id: int
    purpose: str
    kind: str = "marketing"
    address: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    waiting_since: datetime | None = None
    channel: str = "email"


@dataclass(frozen=True, slots=True)
class Permission:
    """What holds for one `Asked` now, and who it is about. `action`: go, wait (until `not_before`) or end.

    `evidence`: the ledger entry that allowed or forbade it. `address` is canonical, None where none is known; `country`
    alpha-2 or empty; `agreed`: they said yes, else the law allows it until a no.
    """

    action: str
    reason: str = ""
    not_before: datetime | None = None
    evidence: int | None = None
    address: str | None = None
    profile_id: UUID | None = None
    identifier_ids: tuple[int, ...] = ()
    zone: str = "UTC"
    locale: str = ""
    country: str = ""
    agreed: bool = False


class Sender(Protocol):
    """Whoever queues messages. All are asked in batches, inside the transaction that decides; none talks to a network.

    Registered by key in `settings.MAIL_SENDERS` (cdp/subscriptions.py).
    """

    def ask(self, messages: Sequence["Message"], now: datetime) -> list[Said]:
        """Whether each is still to go out: its story, not consent, caps or hours, which mailing asks itself."""

    def fill(self, messages: Sequence["Message"], now: datetime) -> list[Mapping[str, Any]]:
        """The Liquid values of each that goes, by the names in `mailing/variables.py` (cart, order, product, …)."""

    def concluded(self, messages: Sequence["Message"], now: datetime) -> None:
        """Each reached its last state (sent, failed, unknown, suppressed): written in the same transaction."""


@dataclass(frozen=True, slots=True)
class ProductShown:
    """One product in a mail; `url` and `image_url` are empty or safe to link; what is unknown is empty.

    `Money` is written as the mail's language does. Made of a product's facts by `mailing.queries.showing.shown`.
    """

    product_id: str
    name: str
    price: "str | Money" = ""
    list_price: "str | Money" = ""
    quantity: str = ""
    url: str = ""
    image_url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """The ways out of one mail, made anew for each."""

    unsubscribe: str
    preferences: str
    browser: str
    pixel: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as it is handed over."""

    subject: str
    html: str
    text: str
    locale: str
    preheader: str = ""
    warnings: tuple[str, ...] = field(default=())
