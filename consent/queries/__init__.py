"""Reads of the consent app: the gate and states, regimes, words and notices, mail's own questions, proofs, refusals.

The gate is asked at every use of a person's data, e-mail sends ask it again under the address lock. A purpose nobody
installed is refused.
"""

from consent.queries.entries import entries_of_proof, entry_facts, ledger_lines
from consent.queries.gate import allows, allows_each
from consent.queries.lasting import Lasting, lasting_each
from consent.queries.mail import (
    last_mailed,
    mail_gate,
    mail_preferences,
    preferences_token,
    preferences_url,
    read_preferences_token,
    read_token,
    suppression,
    token_key,
    unsubscribe_url,
)
from consent.queries.refusals import refusals_of
from consent.queries.regimes import regimes_of
from consent.queries.standing import states
from consent.queries.subjects import subjects_of
from consent.queries.tombstones import erased
from consent.queries.words import notice_now, wording

__all__ = [
    "Lasting",
    "allows",
    "allows_each",
    "entries_of_proof",
    "entry_facts",
    "erased",
    "last_mailed",
    "lasting_each",
    "ledger_lines",
    "mail_gate",
    "mail_preferences",
    "notice_now",
    "preferences_token",
    "preferences_url",
    "read_preferences_token",
    "read_token",
    "refusals_of",
    "regimes_of",
    "states",
    "subjects_of",
    "suppression",
    "token_key",
    "unsubscribe_url",
    "wording",
]
