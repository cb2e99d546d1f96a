"""The purposes this product ships with, their legal bases, and what holds while nobody has said anything. Pure."""

from dataclasses import dataclass

from consent.contracts import (
    ANALYTICS,
    EMAIL_MARKETING,
    EMAIL_OPEN_TRACKING,
    ML_TRAINING,
    PERSONALIZATION,
    THIRD_PARTY_SHARING,
)


@dataclass(frozen=True, slots=True)
class ShippedPurpose:
    """A purpose as installed; staff may change its label, basis and default afterwards."""

    code: str
    label: str
    legal_basis: str
    allowed_by_default: bool


SHIPPED = (
    ShippedPurpose(ANALYTICS, "Analytics", "legitimate_interest", True),
    ShippedPurpose(PERSONALIZATION, "Personalization", "legitimate_interest", True),
    ShippedPurpose(EMAIL_MARKETING, "E-mail marketing", "consent", False),
    ShippedPurpose(EMAIL_OPEN_TRACKING, "E-mail open tracking", "consent", False),
    ShippedPurpose(ML_TRAINING, "Training of models", "legitimate_interest", True),
    ShippedPurpose(THIRD_PARTY_SHARING, "Sharing with third parties", "consent", False),
)

# Stated for an address, not for a browser or an account: keyed by address hash.
ADDRESS_PURPOSES = frozenset({EMAIL_MARKETING, EMAIL_OPEN_TRACKING})
