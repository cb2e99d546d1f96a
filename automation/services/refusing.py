"""What was not mailed because somebody said so, noted for the person's page and for figures."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cdp.lib.hashing import address_hash
from consent import services as consent
from consent.contracts import NewRefusal

BY_CONSENT = "consent_"
BY_WISH = ("suppressed_", "paused", "frequency")


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that does not go, or not yet, and why; `evidence`: the ledger entry."""

    reason: str
    evidence: int | None
    address: str | None
    purpose: str


def note_refused(ends: Iterable[Refused], now: datetime) -> None:
    """Note those that the gate, a suppression or the address' owner caused."""
    refused = [
        NewRefusal(
            "send",
            one.purpose,
            one.reason.removeprefix(BY_CONSENT),
            entry_id=one.evidence,
            address_hash=address_hash(one.address),
        )
        for one in ends
        if one.address and one.reason.startswith((BY_CONSENT, *BY_WISH))
    ]
    if refused:
        consent.note_refusals(refused, now)
