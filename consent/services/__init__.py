"""Writes of the consent app: ledger entries, suppressions, statements and the address locks."""

from consent.choices import Choice, Outcome
from consent.services.choosing import choose, choose_each
from consent.services.confirming import confirm, pending_of
from consent.services.event_signals import canonical_email, record_signals
from consent.services.gpc import note_gpc
from consent.services.ledger_writes import record_entries
from consent.services.locks import lock_address, lock_addresses, note_mailed, note_mailed_each
from consent.services.mail_links import undo_unsubscribe, unsubscribe
from consent.services.places import note_places
from consent.services.preferring import Preferring, prefer
from consent.services.refusals import note_refusals
from consent.services.separating import carried, write_carried
from consent.services.shipping import ensure_purposes
from consent.services.signing_up import SignUp, sign_up
from consent.services.suppressing import suppress_each
from consent.services.suppressions import lift_suppression, suppress
from consent.services.words import publish_notice, publish_wording

__all__ = [
    "Choice",
    "Outcome",
    "Preferring",
    "SignUp",
    "canonical_email",
    "carried",
    "choose",
    "choose_each",
    "confirm",
    "ensure_purposes",
    "lift_suppression",
    "lock_address",
    "lock_addresses",
    "note_gpc",
    "note_mailed",
    "note_mailed_each",
    "note_places",
    "note_refusals",
    "pending_of",
    "prefer",
    "publish_notice",
    "publish_wording",
    "record_entries",
    "record_signals",
    "sign_up",
    "suppress",
    "suppress_each",
    "undo_unsubscribe",
    "unsubscribe",
    "write_carried",
]
