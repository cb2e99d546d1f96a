"""Appending to the ledger, and the suppressions that follow from it.

An `unsubscribe` suppression mirrors the ledger: it stands while a withdrawal of the address does, hence until an
explicit grant is made later. Every other suppression stays until staff lift it.
"""

import dataclasses
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from cdp.lib.clock import utc_now
from cdp.outbox.services import publish
from consent import ledger
from consent.contracts import AMBIENT, EMAIL_MARKETING, GRANTED, WITHDRAWN, LedgerLine, NewEntry
from consent.models import Entry, Suppression
from consent.queries import ledger_lines
from consent.services.device_denials import denied_after, is_device_denial, remember, without_known
from consent.services.locks import lock_addresses
from consent.services.suppressions import suppress_rows
from consent.services.tombstones import lift_erasure
from consent.suppression_list import MARKETING, UNSUBSCRIBE, NewSuppression

COLUMNS = (
    "entry_key", "address_hash", "identifier_id", "purpose", "state", "method", "source_id", "separation_id",
    "occurred_at", "channel", "wording_id", "wording_sha256", "notice_version", "actor", "ip", "proof_id", "reason",
)  # fmt: skip
"""Of NewEntry, in the order of APPEND."""
APPEND = """
INSERT INTO consent_entry
  (entry_key, address_hash, identifier_id, purpose_id, state, method, source_id, separation_id, occurred_at, channel,
   wording_id, wording_sha256, notice_version, actor, ip, proof_id, reason)
SELECT * FROM unnest(%s::bytea[], %s::bytea[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[],
  %s::bigint[], %s::timestamptz[], %s::text[], %s::bigint[], %s::bytea[], %s::integer[], %s::text[], %s::text[],
  %s::bigint[], %s::text[])
ON CONFLICT (entry_key) DO NOTHING RETURNING entry_key, id
"""


def record_entries(entries: Sequence[NewEntry], *, now: datetime | None = None) -> int:
    """Append entries in the caller's transaction and return how many were new; idempotent by `entry_key`.

    Takes the address locks. An `occurred_at` in the future counts as now: a withdrawal never waits for a skewed clock.
    """
    return len(append_entries(entries, now=now or utc_now()))


def append_entries(entries: Sequence[NewEntry], *, now: datetime) -> dict[bytes, int]:
    """As `record_entries`; {entry key: id} of those that were new."""
    if not entries:
        return {}
    entries = [dataclasses.replace(one, occurred_at=min(one.occurred_at, now)) for one in entries]
    lock_addresses(e.address_hash for e in entries if e.address_hash is not None)
    ids = _append_changes(entries)
    if ids:
        mirror_withdrawals({e.address_hash for e in entries if e.purpose == EMAIL_MARKETING and e.address_hash})
        _lift_erasures(entries)
        publish("consent.changed", {"entry_ids": list(ids.values())})
    return ids


def _lift_erasures(entries: Sequence[NewEntry]) -> None:
    """Who signs up again after an erasure is written to again; what a device remembers or a file says is no sign-up."""
    for entry in entries:
        said = entry.state == GRANTED and entry.method not in AMBIENT and entry.method != "import"
        if said and entry.address_hash is not None:
            lift_erasure([entry.address_hash], entry.occurred_at)


def _append_changes(entries: Sequence[NewEntry]) -> dict[bytes, int]:
    """All but what a device goes on denying; a yes said before such a denial is not left to stand alone."""
    denials = [one for one in entries if is_device_denial(one)]
    others = [one for one in entries if not is_device_denial(one)]
    remember(denials)
    here = {(one.identifier_id, one.purpose, one.method, one.occurred_at) for one in denials}
    denials += [
        one for one in denied_after(others) if (one.identifier_id, one.purpose, one.method, one.occurred_at) not in here
    ]
    ids = _append(others)
    return ids | _append(without_known(denials))


def _append(entries: Sequence[NewEntry]) -> dict[bytes, int]:
    if not entries:
        return {}
    rows: dict[bytes, NewEntry] = {}
    for one in entries:
        rows.setdefault(one.entry_key, one)
    columns = [[getattr(row, name) for row in rows.values()] for name in COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(APPEND, columns)
        return {bytes(key): entry_id for key, entry_id in cursor.fetchall()}


def mirror_withdrawals(addresses: set[bytes]) -> None:
    """Let `unsubscribe` suppressions say what the ledger says, whatever order its entries arrived in."""
    said: dict[bytes, list[LedgerLine]] = {}
    for line in ledger_lines(Entry.objects.filter(purpose_id=EMAIL_MARKETING, address_hash__in=addresses)):
        if isinstance(line.subject, bytes) and (line.state == WITHDRAWN or ledger.lifts(line)):
            said.setdefault(line.subject, []).append(line)
    withdrawn = {address: ledger.standing_withdrawal(lines) for address, lines in said.items()}
    lifted = [address for address, line in withdrawn.items() if line is None]
    Suppression.objects.filter(address_hash__in=lifted, scope="marketing", reason="unsubscribe").delete()
    standing = [(address, line) for address, line in withdrawn.items() if line is not None]
    suppress_rows([NewSuppression(a, MARKETING, UNSUBSCRIBE, e.occurred_at, origin=e.method) for a, e in standing])
