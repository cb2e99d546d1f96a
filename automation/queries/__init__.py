"""Reads of automation."""

from automation.queries.journeys import cart_now, experiment_key, is_behind, journey_counts, mailed_at, rules_of
from automation.queries.situations import Situation, situation, situations

__all__ = [
    "Situation",
    "cart_now",
    "experiment_key",
    "is_behind",
    "journey_counts",
    "mailed_at",
    "rules_of",
    "situation",
    "situations",
]
