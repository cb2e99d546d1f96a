"""What crosses the consent app's border: subjects, entries to be written, and what the gate knows.

States and purposes are plain codes; instants are aware UTC datetimes; address hashes are 16 bytes
(`cdp.lib.hashing.address_hash` of the canonical address).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
    """Whom the gate is asked about: every identifier of the person, and for purposes with a channel where it would go:
    `address_hash` for e-mail, `phone_hash` for SMS.
    """

    address_hash: bytes | None = None
    identifier_ids: tuple[int, ...] = ()
    phone_hash: bytes | None = None

    def at_channel(self, channel: str) -> bytes | None:
        """Where this channel's messages go, as a hash; None where that is not known, or no channel is asked for."""
        return {"email": self.address_hash, "sms": self.phone_hash}.get(channel)


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


@dataclass(frozen=True, slots=True)
class RegimeFound:
    """The law that holds for a person. `by`: country, address, time_zone or default; `detail`: what was read there."""

    regime: str
    by: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RegimeRule:
    """What one regime says of a purpose. `expires_after`: a yes older than this has expired; None: never."""

    legal_basis: str
    allowed_by_default: bool
    gpc_denies: bool = False
    expires_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class PurposeFacts:
    """A purpose as it is in force. `rules` has every regime; `parent` is a code or empty."""

    code: str
    label: str
    parent: str
    channel: str
    double_opt_in: str
    denied_event: str
    categories: tuple[str, ...]
    shown: bool
    position: int
    rules: Mapping[str, RegimeRule]


@dataclass(frozen=True, slots=True)
class PurposeState:
    """What holds for a purpose at an instant, and by which entry. `since`: when that was said; None for a default.

    `state`: of the entry that counts, as the fold sees it (a yes grown too old is `expired`); "" where none says so.
    `inherited`: nothing was said of this purpose itself, so it is as its parent.
    """

    code: str
    label: str
    channel: str
    shown: bool
    allowed: bool
    reason: str
    state: str
    legal_basis: str
    inherited: bool = False
    since: datetime | None = None
    expires_at: datetime | None = None
    entry_id: int | None = None
    wording_id: int | None = None
    notice_version: int | None = None
    children: tuple["PurposeState", ...] = ()


@dataclass(frozen=True, slots=True)
class WordingFacts:
    """The words in which a purpose is put to people. `sha256`: of title, a line feed, and text, in UTF-8."""

    id: int
    purpose: str
    version: int
    locale: str
    title: str
    text: str
    sha256: bytes


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """A version of the privacy notice. `ask_again`: answers under older versions are asked for again."""

    version: int
    url: str
    summary: Mapping[str, str]
    ask_again: bool
    published_at: datetime


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """A ledger line with all that shows it to be true. `proof`: the kept proof's content, None once it is deleted."""

    id: int
    purpose: str
    state: str
    method: str
    occurred_at: datetime
    received_at: datetime
    address_hash: bytes | None
    identifier_id: int | None
    channel: str
    source_id: int | None
    separation_id: int | None
    actor: str
    ip: str
    reason: str
    notice_version: int | None
    wording: WordingFacts | None
    wording_sha256: bytes | None
    proof_id: int | None
    proof_kind: str
    proof: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class NewRefusal:
    """That something was not done for somebody.

    `use`: recommendation, decision, price, send, segment, training, sharing, export, enrichment, ingest. Exactly one of
    `identifier_id` and `address_hash` is set; `entry_id`: the ledger entry that said so, None: none did.
    """

    use: str
    purpose: str
    reason: str
    entry_id: int | None = None
    identifier_id: int | None = None
    address_hash: bytes | None = None

    def __post_init__(self) -> None:
        if (self.address_hash is None) == (self.identifier_id is None):
            raise ValueError("a refusal has exactly one subject: an address hash or an identifier id")


@dataclass(frozen=True, slots=True)
class RefusalFacts:
    """How often something was not done for somebody, and why; see NewRefusal."""

    use: str
    purpose: str
    reason: str
    entry_id: int | None
    times: int
    first_at: datetime
    last_at: datetime
    identifier_id: int | None = None
    address_hash: bytes | None = None
