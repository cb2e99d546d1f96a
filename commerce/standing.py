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
