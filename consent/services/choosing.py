"""Choosing: the one door by which the API, pages, staff and imports say what somebody allowed or refused.

It finds the subject, does double opt-in, fills in the words, keeps the proof, takes the locks and appends.
"""

from collections.abc import Sequence
from datetime import datetime

from cdp.lib.problems import Problem
from consent.choices import Choice, Outcome


def choose(choice: Choice, *, now: datetime) -> Outcome:
    """Record one choice. Raises Problem (422) that names what cannot be recorded and how to mend it."""
    found = choose_each([choice], now=now)[0]
    if isinstance(found, Problem):
        raise found
    return found


def choose_each(choices: Sequence[Choice], *, now: datetime) -> list[Outcome | Problem]:
    """Record many in one transaction, in their order; of those that cannot be recorded the problem stands instead.

    A grant that needs it is written as `pending` with a Proof (kind sign_up; content: address, locale, purposes and
    what the choice brought), and "consent.pending" {entry_id, proof_id} is published: once a proof, not a purpose.
    """
    raise NotImplementedError


def confirm(proof_id: int, *, now: datetime, ip: str = "") -> list[Outcome]:
    """The address's owner pressed the button: each entry pending under this proof is granted (method double_opt_in).

    Empty where nothing is to be confirmed: the proof is gone, or everything was withdrawn since. Again: the same.
    """
    raise NotImplementedError
