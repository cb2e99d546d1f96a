"""What was allowed for an address ends with the erasure of its owner: whoever signs up again is asked again.

The ledger keeps an erased address's lines, by its hash. Without an end written to it, an old yes would hold again for
the next person to give that address.
"""

from collections.abc import Collection
from datetime import datetime

from cdp.lib.hashing import keyed_hash
from consent import ledger
from consent.contracts import GRANTED, PENDING, WITHDRAWN, LedgerLine, NewEntry
from consent.models import Entry
from consent.queries import ledger_lines
from consent.services.ledger_writes import record_entries

ERASURE, SYSTEM = "erasure", "system"


def end_grants(addresses: Collection[bytes], now: datetime) -> int:
    """Withdraw, in the caller's transaction, whatever stands granted or pending for these address hashes; how many."""
    ended = [
        NewEntry(
            entry_key=keyed_hash("consent", ERASURE, address.hex(), purpose, now.isoformat()),
            purpose=purpose,
            state=WITHDRAWN,
            method=ERASURE,
            occurred_at=now,
            address_hash=address,
            actor=SYSTEM,
        )
        for (purpose, address), lines in sorted(_said(addresses).items())
        if (held := ledger.standing(lines, at=now)) is not None and held.state in (GRANTED, PENDING)
    ]
    return record_entries(ended, now=now)


def _said(addresses: Collection[bytes]) -> dict[tuple[str, bytes], list[LedgerLine]]:
    rows = Entry.objects.filter(address_hash__in=list(addresses))
    found: dict[tuple[str, bytes], list[LedgerLine]] = {}
    for purpose in rows.values_list("purpose_id", flat=True).distinct():
        for line in ledger_lines(rows.filter(purpose_id=purpose)):
            assert isinstance(line.subject, bytes)  # asked by address
            found.setdefault((purpose, line.subject), []).append(line)
    return found
