"""What crosses the border of recipients: the topics others are told of, and the duties they are told whatever holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

SEGMENT_ENTERED, SEGMENT_LEFT = "segment.entered", "segment.left"
ORDER_CHANGED, CONSENT_CHANGED = "order.changed", "consent.changed"
PROFILE_MERGED, PROFILE_SPLIT = "profile.merged", "profile.split"
MESSAGE_FINISHED = "message.finished"

# What staff may choose for a recipient: each is asked at the gate before it goes out.
TOPICS: Mapping[str, str] = {
    SEGMENT_ENTERED: "a person entered a segment",
    SEGMENT_LEFT: "a person left a segment",
    ORDER_CHANGED: "an order was placed, refunded or cancelled",
    CONSENT_CHANGED: "a person allowed or refused a purpose",
    PROFILE_MERGED: "two profiles turned out to be one person",
    PROFILE_SPLIT: "a profile turned out to be several people",
    MESSAGE_FINISHED: "a message to a person was sent, suppressed or refused",
}

JOURNEY = "journey.webhook"
"""A journey's step told to the one recipient it names, whatever topics that one chose; asked at the gate as all are."""

ERASED, RECTIFIED, RESTRICTED = "privacy.erased", "privacy.rectified", "privacy.restricted"
OPTED_OUT = "privacy.opted_out"

# What the law has a recipient told who ever got something of the person: never asked at the gate, never chosen.
DUTIES: Mapping[str, str] = {
    ERASED: "a person it was told of was erased: delete what you hold (GDPR Art. 17(2) and 19)",
    RECTIFIED: "what it was told of a person was corrected (GDPR Art. 19)",
    RESTRICTED: "a person's data is to be kept and not used, or may be used again (GDPR Art. 18 and 19)",
    OPTED_OUT: "a person opted out of sale and sharing (CCPA regulations § 7026(f)): third parties only",
}
TEST = "test"

IDENTIFIER, TRAIT = "identifier:", "trait:"
"""Prefixes of a recipient's fields: "identifier:email", "trait:first_name"."""


@dataclass(frozen=True, slots=True)
class Duty:
    """A recipient that had something of a person and is told what became of it: evidence of a request's step."""

    delivery_id: int
    recipient_id: int
    recipient: str
    state: str
    attempts: int
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Telling:
    """Something to be told once: `key` is what happened; `facts` are ids and codes, nothing of a person."""

    topic: str
    key: str
    profile_id: UUID | None = None
    identifier_id: int | None = None
    facts: Mapping[str, object] | None = None
