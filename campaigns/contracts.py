"""What crosses campaigns' borders: drafts, reach, progress and results, frozen. Instants are aware UTC datetimes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal

Fault = tuple[str, str]
"""(field, sentence that says what is wrong and how to mend it)"""

SENDER = "campaign"
"""The key of `settings.MAIL_SENDERS`."""
MAIL, SEED = "mail", "seed"
"""Steps of its messages: to its audience, and to the seed list (never counted)."""


class CampaignRefusedError(ValueError):
    """It was not done. `faults`: everything that is wrong."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(" ".join(sentence for _, sentence in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class VariantDraft:
    """One mail. `subject`: instead of the template's, where not empty. `share`: from 0 to 1."""

    key: str
    template: str
    subject: str = ""
    share: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is meant: ids of segments and lists."""

    include: tuple[int, ...] = ()
    exclude: tuple[int, ...] = ()
    is_everybody: bool = False


@dataclass(frozen=True, slots=True)
class CampaignDraft:
    """What staff typed, in the model's words. `seen_at`: when what was edited had been saved last."""

    name: str
    purpose: str
    audience: Audience
    variants: tuple[VariantDraft, ...]
    notes: str = ""
    when: str = "now"
    send_at: datetime | None = None
    local_date: date | None = None
    local_time: time | None = None
    passed: str = "tomorrow"
    per_minute: int | None = None
    per_hour: int | None = None
    not_mailed_hours: int | None = None
    test_share: Decimal = Decimal(0)
    test_minutes: int = 240
    metric: str = "clicks"
    min_lead_percent: int = 10
    holdout_share: Decimal = Decimal(0)
    window_days: int = 7
    seeds: tuple[str, ...] = ()
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """Of `people` in an audience, `mailable` addresses; the others by reason."""

    people: int
    mailable: int
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reached:
    """Somebody who may be mailed: the identifier of the address, its hash, and the IANA zone of the person."""

    identifier_id: int
    address_hash: bytes
    zone: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a campaign is. `states`: {state: recipients}; `ends`: {(state, reason): recipients} of who got no mail.

    `per_minute`: mails handed over a minute of late; `minutes_left`: None where it cannot be told.
    """

    recipients: int
    states: Mapping[str, int]
    ends: Mapping[tuple[str, str], int]
    waiting_for_winner: int
    per_minute: float
    minutes_left: float | None
    next_due_at: datetime | None

    @property
    def ended(self) -> int:
        """Recipients who are accounted for."""
        return self.recipients - self.states.get("waiting", 0) - self.states.get("queued", 0)

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.ended / self.recipients if self.recipients else 1.0


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one variant's mails. Opens and clicks are those of people; `buyers` ordered within the window."""

    variant: str
    recipients: int = 0
    sent: int = 0
    delivered: int = 0
    opened: int = 0
    clicked: int = 0
    unsubscribed: int = 0
    complained: int = 0
    bounced: int = 0
    buyers: int = 0
    revenue: Mapping[str, Decimal] = field(default_factory=dict)
