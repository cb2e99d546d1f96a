"""Entering: those of whom a trigger came true and who may be in a journey at all. Used by every kind of trigger."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from automation.contracts import Enrolling, Entry
from automation.models import Journey
from automation.services.enrolling import enroll
from consent import queries as consent
from mailing.queries.people import PersonAsked, Whom, people

RESTRICTED = "restricted"


def enter(journey: Journey, entries: Sequence[Entry], now: datetime) -> int:
    """Enroll those who may be in a journey; how many are new. In the caller's transaction.

    What was entered before is passed over.
    """
    return len(turned_away(journey, entries, now).entered) if entries else 0


def turned_away(journey: Journey, entries: Sequence[Entry], now: datetime) -> Enrolling:
    """The same, telling who is new and how many were turned away for what."""
    asked = people([Whom(entry.identifier_id) for entry in entries])
    allowed = may_enter(journey, asked, now)
    taken = [entry for entry, is_allowed in zip(entries, allowed, strict=True) if is_allowed]
    done = enroll(journey, taken, now) if taken else Enrolling()
    refused = {"not_allowed": len(entries) - len(taken)} if len(taken) < len(entries) else {}
    return replace(done, turned_away={**done.turned_away, **refused})


def may_enter(journey: Journey, asked: Sequence[PersonAsked], now: datetime) -> list[bool]:
    """Whether each exists, is no shared profile, and has not restricted processing. Consent is asked step by step."""
    said = consent.allows_each([one.subject for one in asked], journey.purpose_code, now)
    return [
        one.profile_id is not None and not one.is_shared and decision.reason != RESTRICTED
        for one, decision in zip(asked, said, strict=True)
    ]
