"""What was not mailed because somebody said so, noted for the person's page and for figures."""

from collections.abc import Iterable
from datetime import datetime

from automation.contracts import Verdict
from consent import services as consent
from consent.contracts import NewRefusal

BY_CONSENT = "consent_"
BY_WISH = ("suppressed_", "paused", "frequency")


def note_refused(ends: Iterable[tuple[Verdict, bytes | None, str]], now: datetime) -> None:
    """Note those of (verdict, address hash, purpose) that the gate, a suppression or the address' owner caused."""
    found = [_refusal(verdict, address, purpose) for verdict, address, purpose in ends if address is not None]
    refused = [one for one in found if one is not None]
    if refused:
        consent.note_refusals(refused, now)


def _refusal(verdict: Verdict, address: bytes, purpose: str) -> NewRefusal | None:
    if not verdict.reason.startswith((BY_CONSENT, *BY_WISH)):
        return None
    reason = verdict.reason.removeprefix(BY_CONSENT)
    return NewRefusal("send", purpose, reason, entry_id=verdict.evidence, address_hash=address)
