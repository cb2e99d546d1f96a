"""Entering: those of whom a trigger came true and who may be in a journey at all. Used by every kind of trigger."""

from collections.abc import Sequence
from datetime import datetime

from automation.contracts import Entry
from automation.models import Journey
from consent import queries as consent
from mailing.queries.people import PersonAsked, Whom, people

RESTRICTED = "restricted"


def enter(journey: Journey, entries: Sequence[Entry], now: datetime) -> int:
    """Enroll those who are somebody and have not asked us to leave their data alone; how many are new.

    In the caller's transaction. What was entered before is passed over.
    """
    if not entries:
        return 0
    asked = people([Whom(entry.identifier_id) for entry in entries])
    allowed = may_enter(journey, asked, now)
    from automation.services.enrolling import enroll

    taken = [entry for entry, is_allowed in zip(entries, allowed, strict=True) if is_allowed]
    return len(enroll(journey, taken, now=now).entered) if taken else 0


def may_enter(journey: Journey, asked: Sequence[PersonAsked], now: datetime) -> list[bool]:
    """Whether each exists, is no shared profile, and has not restricted processing. Consent is asked step by step."""
    said = consent.allows_each([one.subject for one in asked], journey.purpose_code, now)
    return [
        one.profile_id is not None and not one.is_shared and decision.reason != RESTRICTED
        for one, decision in zip(asked, said, strict=True)
    ]
