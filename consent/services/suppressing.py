"""Whole lists of addresses that must not be written to: from files, callers and staff.

An unsubscribe from marketing mail is a withdrawal as well, so it stands in the ledger under its own date: it holds
until its owner agrees again later, and a list that is older than such a yes does not override it.
"""

import dataclasses
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from cdp.lib.hashing import keyed_hash
from consent.contracts import EMAIL_MARKETING, WITHDRAWN, NewEntry
from consent.services.ledger_writes import record_entries
from consent.services.locks import lock_addresses
from consent.services.suppressions import suppress_rows
from consent.suppression_list import MARKETING, UNSUBSCRIBE, NewSuppression, Suppressed


@transaction.atomic
def suppress_each(rows: Sequence[NewSuppression], *, actor: str, now: datetime) -> Suppressed:
    """Write a piece of a list (some thousands at most) under the address locks; again, it changes nothing.

    `actor`: as in the ledger. A date in the future counts as now.
    """
    lock_addresses(row.address_hash for row in rows)
    done = suppress_rows([dataclasses.replace(row, created_at=min(row.created_at, now)) for row in rows])
    record_entries([_withdrawal(row, actor) for row in rows if _is_withdrawal(row)], now=now)
    return done


def _is_withdrawal(row: NewSuppression) -> bool:
    return (row.scope, row.reason) == (MARKETING, UNSUBSCRIBE)


def _withdrawal(row: NewSuppression, actor: str) -> NewEntry:
    return NewEntry(
        entry_key=keyed_hash("consent", "suppression", row.address_hash.hex(), row.created_at.isoformat()),
        purpose=EMAIL_MARKETING,
        state=WITHDRAWN,
        method=row.origin or "import",
        occurred_at=row.created_at,
        address_hash=row.address_hash,
        channel="email",
        actor=actor,
        reason=row.note[:200],
    )
