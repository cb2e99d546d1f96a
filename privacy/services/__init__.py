"""Writes of the privacy app: requests and their steps, letters, single-use links, erasure."""

from privacy.contracts import LinkFacts
from privacy.services.erasing import erase_person, erasure_steps
from privacy.services.finding import find_person
from privacy.services.letters import letter_slice, send_letter
from privacy.services.links import look, mint, use
from privacy.services.requests import approve, ask, extend, refuse, run_again, send_link_again, verify

__all__ = [
    "LinkFacts",
    "approve",
    "ask",
    "erase_person",
    "erasure_steps",
    "extend",
    "find_person",
    "letter_slice",
    "look",
    "mint",
    "refuse",
    "run_again",
    "send_letter",
    "send_link_again",
    "use",
    "verify",
]
