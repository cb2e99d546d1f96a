"""The purposes this product ships with: legal bases, what holds while nobody has said anything, regime by regime. Pure.

`SHIPPED` says what holds elsewhere; `RULES` what GDPR/ePrivacy, CCPA/CPRA and CAN-SPAM say otherwise.
"""

from dataclasses import dataclass

from consent.contracts import (
    ANALYTICS,
    CAN_SPAM,
    CCPA,
    EMAIL_MARKETING,
    EMAIL_NEWS,
    EMAIL_OFFERS,
    EMAIL_OPEN_TRACKING,
    EMAIL_REMINDERS,
    GDPR,
    ML_TRAINING,
    OTHER,
    PERSONALIZATION,
    PROCESSING,
    SMS_MARKETING,
    THIRD_PARTY_SHARING,
)

CONSENT, INTEREST, CONTRACT = "consent", "legitimate_interest", "contract"
YEAR_AND_A_MONTH = 395


@dataclass(frozen=True, slots=True)
class ShippedPurpose:
    """A purpose as installed; staff may change all but its code afterwards."""

    code: str
    label: str
    legal_basis: str
    allowed_by_default: bool
    parent: str = ""
    channel: str = ""
    double_opt_in: str = "never"
    denied_event: str = "store"
    shown: bool = True
    position: int = 100


@dataclass(frozen=True, slots=True)
class ShippedRule:
    """What one regime says of a purpose, as installed."""

    purpose: str
    regime: str
    legal_basis: str
    allowed_by_default: bool
    gpc_denies: bool = False
    expires_after_days: int | None = None


SHIPPED = (
    # The root of all others: denied while a person has asked us to restrict processing (GDPR Art. 18).
    ShippedPurpose(PROCESSING, "Use of your data at all", CONTRACT, True, shown=False, position=0),
    ShippedPurpose(ANALYTICS, "Analytics", INTEREST, True, denied_event="anonymous", position=10),
    ShippedPurpose(PERSONALIZATION, "Personalization", INTEREST, True, position=20),
    ShippedPurpose(
        EMAIL_MARKETING, "E-mail marketing", CONSENT, False, channel="email", double_opt_in="unverified", position=30
    ),
    ShippedPurpose(EMAIL_NEWS, "News and ideas", CONSENT, False, EMAIL_MARKETING, "email", position=31),
    ShippedPurpose(EMAIL_OFFERS, "Offers and sales", CONSENT, False, EMAIL_MARKETING, "email", position=32),
    ShippedPurpose(EMAIL_REMINDERS, "Reminders about your cart", CONSENT, False, EMAIL_MARKETING, "email", position=33),
    ShippedPurpose(
        EMAIL_OPEN_TRACKING,
        "E-mail open tracking",
        CONSENT,
        False,
        channel="email",
        double_opt_in="unverified",
        position=40,
    ),
    ShippedPurpose(
        SMS_MARKETING, "Text messages", CONSENT, False, channel="sms", double_opt_in="unverified", position=50
    ),
    ShippedPurpose(ML_TRAINING, "Training of models", INTEREST, True, position=60),
    ShippedPurpose(THIRD_PARTY_SHARING, "Sharing with third parties", CONSENT, False, position=70),
)

RULES = (
    ShippedRule(ANALYTICS, GDPR, CONSENT, False, expires_after_days=YEAR_AND_A_MONTH),
    ShippedRule(PERSONALIZATION, GDPR, CONSENT, False, expires_after_days=YEAR_AND_A_MONTH),
    ShippedRule(THIRD_PARTY_SHARING, GDPR, CONSENT, False, gpc_denies=True, expires_after_days=YEAR_AND_A_MONTH),
    # Opt-out regimes: sale and sharing stop with Global Privacy Control; e-mail may be sent until somebody objects.
    ShippedRule(THIRD_PARTY_SHARING, CCPA, INTEREST, True, gpc_denies=True),
    ShippedRule(EMAIL_MARKETING, CCPA, INTEREST, True),
    ShippedRule(EMAIL_MARKETING, CAN_SPAM, INTEREST, True),
    ShippedRule(THIRD_PARTY_SHARING, CAN_SPAM, INTEREST, True, gpc_denies=True),
    ShippedRule(THIRD_PARTY_SHARING, OTHER, CONSENT, False, gpc_denies=True),
)

# Stated for an address, not for a browser or an account, as shipped. What staff add is in `purposes_in_force`.
ADDRESS_PURPOSES = frozenset(one.code for one in SHIPPED if one.channel)
