"""Reads of automation."""

from automation.queries.figures import MailsOfBucket, mails_by_bucket
from automation.queries.journeys import (
    cart_now,
    experiment_key,
    is_behind,
    journey_counts,
    mailed_at,
    parked_before_mail,
    rules_of,
)
from automation.queries.messages import purpose_of_message
from automation.queries.situations import (
    Situation,
    is_presentable,
    known_lines,
    last_handed_at,
    newer_is_queued,
    situation,
    situations,
)

__all__ = [
    "MailsOfBucket",
    "Situation",
    "cart_now",
    "experiment_key",
    "is_behind",
    "is_presentable",
    "journey_counts",
    "known_lines",
    "last_handed_at",
    "mailed_at",
    "mails_by_bucket",
    "newer_is_queued",
    "parked_before_mail",
    "purpose_of_message",
    "rules_of",
    "situation",
    "situations",
]
