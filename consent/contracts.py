"""What crosses the consent app's border: subjects, entries to be written, and what the gate knows.

States and purposes are plain codes; instants are aware UTC datetimes; address hashes are 16 bytes
(`cdp.lib.hashing.address_hash` of the canonical address).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

GRANTED = "granted"
WITHDRAWN = "withdrawn"
DENIED = "denied"
EXPIRED = "expired"
PENDING = "pending"
STATES = frozenset({GRANTED, WITHDRAWN, DENIED, EXPIRED, PENDING})

# Methods of what is sent along with every event: a state a device remembers, not an act of the person.
CONTEXT, GPC, TCF = "context", "gpc", "tcf"
AMBIENT = frozenset({CONTEXT, GPC, TCF})

# The regimes (consent.models.Regime).
GDPR, CCPA, CAN_SPAM, OTHER = "gdpr", "ccpa", "can_spam", "other"
REGIMES = (GDPR, CCPA, CAN_SPAM, OTHER)

PROCESSING = "processing"
EMAIL_MARKETING = "email_marketing"
EMAIL_NEWS = "email_news"
EMAIL_OFFERS = "email_offers"
EMAIL_REMINDERS = "email_reminders"
SMS_MARKETING = "sms_marketing"
EMAIL_OPEN_TRACKING = "email_open_tracking"
ANALYTICS = "analytics"
PERSONALIZATION = "personalization"
ML_TRAINING = "ml_training"
THIRD_PARTY_SHARING = "third_party_sharing"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom the gate is asked about: an address for e-mail purposes, and every identifier of the person."""

    address_hash: bytes | None = None
    identifier_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A ledger line to be written. Exactly one of `address_hash` and `identifier_id` is set."""

    entry_key: bytes
    purpose: str
    state: str
    method: str
    occurred_at: datetime
    address_hash: bytes | None = None
    identifier_id: int | None = None
    source_id: int | None = None
    separation_id: int | None = None
    channel: str = ""
    wording_id: int | None = None
    wording_sha256: bytes | None = None
    notice_version: int | None = None
    actor: str = ""
    ip: str = ""
    proof_id: int | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if (self.address_hash is None) == (self.identifier_id is None):
            raise ValueError("a consent entry has exactly one subject: an address hash or an identifier id")
        if self.state not in STATES:
            raise ValueError(f"unknown consent state {self.state!r}: use one of {', '.join(sorted(STATES))}")


@dataclass(frozen=True, slots=True)
class Carried:
    """A refusal of one side of a separated person that the other side gets as a withdrawal of its own.

    `side`: 1 or 2, whose it will be. Exactly one of `address_hash` and `identifier_id` is set.
    """

    side: int
    purpose: str
    label: str
    address_hash: bytes | None = None
    identifier_id: int | None = None


@dataclass(frozen=True, slots=True)
class SignalEvent:
    """An event that may say something about consent, as event processing sees it.

    `identifier_id` is what the event hangs on; `emails` the canonical e-mail identifiers it carries itself, whether or
    not its source may assert them (an address to be silenced need not be believed as an identity).
    """

    source_id: int
    server_side: bool
    message_hash: bytes
    type: str
    name: str
    occurred_at: datetime
    identifier_id: int
    properties: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    traits: Mapping[str, Any] = field(default_factory=dict)
    emails: tuple[str, ...] = ()
    gpc: bool = False


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A ledger entry as the fold sees it; `subject` is an address hash or an identifier id."""

    id: int
    subject: bytes | int
    state: str
    occurred_at: datetime
    method: str

    @property
    def is_ambient(self) -> bool:
        """Whether it was sent along with an event, and nobody did anything."""
        return self.method in AMBIENT


@dataclass(frozen=True, slots=True)
class SuppressionFacts:
    """Why an address must not be written to."""

    reason: str
    scope: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MailPreferenceFacts:
    """What the owner of an address prefers. `frequency`: all, weekly, monthly; `paused_until` may have passed."""

    paused_until: datetime | None = None
    frequency: str = "all"
    locale: str = ""


@dataclass(frozen=True, slots=True)
class TombstoneFacts:
    """An erased identifier: events up to `erased_at` are refused, with `refuses_all` later ones too."""

    erased_at: datetime
    refuses_all: bool
