"""Reads of recipients: who they are, what became of what they were to be told, to whom a person was disclosed."""

from recipients.queries.figures import Figures, figures_of, reasons_of
from recipients.queries.people import DisclosedTo, disclosed_to, duties_of, duty_states
from recipients.queries.recipients import RecipientFacts, all_recipients

__all__ = [
    "DisclosedTo",
    "Figures",
    "RecipientFacts",
    "all_recipients",
    "disclosed_to",
    "duties_of",
    "duty_states",
    "figures_of",
    "reasons_of",
]
