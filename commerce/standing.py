"""Where a cart stands: in use, left behind, mailed about, recovered, ordered, emptied or expired. Pure.

Recovered: ordered after a mail about it. A mail counts for as long as nobody touched the cart since it was left.
"""

from dataclasses import dataclass
from datetime import datetime

from commerce.contracts import CartFacts

IN_USE, ABANDONED, MAILED, RECOVERED = "in_use", "abandoned", "mailed", "recovered"
WORDS = {
    IN_USE: "In use",
    ABANDONED: "Left behind",
    MAILED: "Left behind, mailed",
    RECOVERED: "Recovered",
    "ordered": "Ordered",
    "emptied": "Emptied",
    "expired": "Expired",
}
# Why nobody was written to, by the codes that who writes uses; others are shown as they are.
UNMAILED = {
    "consent_default_denied": "they never agreed to mails",
    "consent_parent_default_denied": "they never agreed to mails",
    "consent_withdrawn": "they take no mails any more",
    "consent_denied": "they said no to mails",
    "consent_pending": "their yes is not confirmed yet",
    "consent_expired": "their yes has expired",
    "consent_restricted": "they asked us to restrict the use of their data",
    "no_address": "no address is known",
    "consent_no_address": "no address is known",
    "held_out": "they belong to the comparison group",
    "out_of_stock": "nothing in it can be bought",
    "no_known_products": "no feed and no server told of anything in it",
    "capped": "they had enough mails this week",
    "too_old": "it had been left for too long",
    "mailed_lately": "they had a mail after it was filled",
    "shared_profile": "it is nobody's in particular",
    "suppressed_hard_bounce": "mails to the address come back",
    "suppressed_complaint": "they reported our mail as spam",
    "suppressed_unsubscribe": "they unsubscribed",
    "canceled": "it was called off",
}


def unmailed_words(reason: str) -> str:
    """A reason in words."""
    return UNMAILED.get(reason, reason.replace("_", " "))


@dataclass(frozen=True, slots=True)
class Standing:
    """`code`: a key of WORDS. `since`: when it came so. `reason`: a code of why nobody was written to, or empty."""

    code: str
    since: datetime
    reason: str = ""


def standing_of(cart: CartFacts) -> Standing:
    """Where this cart stands."""
    if cart.state == "ordered":
        is_recovered = cart.mailed_at is not None and cart.mailed_at <= cart.last_activity_at
        return Standing(RECOVERED if is_recovered else "ordered", cart.last_activity_at)
    if cart.state != "open":
        at = cart.abandoned_at if cart.state == "expired" and cart.abandoned_at else cart.last_activity_at
        return Standing(cart.state, at, cart.unmailed_reason)
    if cart.abandoned_at is None:
        return Standing(IN_USE, cart.last_activity_at)
    if cart.mailed_at is not None and cart.mailed_at >= cart.abandoned_at:
        return Standing(MAILED, cart.mailed_at)
    return Standing(ABANDONED, cart.abandoned_at, cart.unmailed_reason)
