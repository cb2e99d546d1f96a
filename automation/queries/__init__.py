"""Reads of automation."""

from automation.queries.figures import MailsOfBucket, mails_by_bucket
from automation.queries.journeys import experiment_key, is_behind, journey_counts, parked_before_mail, rules_of
from automation.queries.messages import purpose_of_message
from automation.queries.versions import graph_of, graphs, running

__all__ = [
    "MailsOfBucket",
    "experiment_key",
    "graph_of",
    "graphs",
    "is_behind",
    "journey_counts",
    "mails_by_bucket",
    "parked_before_mail",
    "purpose_of_message",
    "rules_of",
    "running",
]
