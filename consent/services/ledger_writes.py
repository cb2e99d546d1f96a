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
from consent.contracts import EMAIL_MARKETING, WITHDRAWN, LedgerLine, NewEntry
from consent.models import Entry, Purpose, PurposeRule, Suppression
from consent.purposes import RULES, SHIPPED
from consent.queries import ledger_lines
from consent.services.locks import lock_addresses

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
ON CONFLICT (entry_key) DO NOTHING RETURNING id
"""
# A stronger reason replaces a weaker one: suppressions are one row an address and scope.
REASON_RANK = {"unsubscribe": 1, "manual": 2, "hard_bounce": 3, "complaint": 4, "erasure": 5}


def ensure_purposes() -> None:
    """Install the shipped purposes that are missing; what staff changed stays as it is."""
    for shipped in SHIPPED:
        values = dataclasses.asdict(shipped)
        parent = values.pop("parent") or None
        Purpose.objects.bulk_create([Purpose(**values, parent_id=parent)], ignore_conflicts=True)
    rules = [dataclasses.asdict(rule) for rule in RULES]
    PurposeRule.objects.bulk_create(
        [PurposeRule(purpose_id=values.pop("purpose"), **values) for values in rules], ignore_conflicts=True
    )


def record_entries(entries: Sequence[NewEntry], *, now: datetime | None = None) -> int:
    """Append entries in the caller's transaction and return how many were new; idempotent by `entry_key`.

    Takes the address locks. An `occurred_at` in the future counts as now: a withdrawal never waits for a skewed clock.
    """
    if not entries:
        return 0
    now = now or utc_now()
    lock_addresses(e.address_hash for e in entries if e.address_hash is not None)
    ids = _append(entries, now)
    if ids:
        mirror_withdrawals({e.address_hash for e in entries if e.purpose == EMAIL_MARKETING and e.address_hash})
        publish("consent.changed", {"entry_ids": ids})
    return len(ids)


def _append(entries: Sequence[NewEntry], now: datetime) -> list[int]:
    rows = {e.entry_key: dataclasses.replace(e, occurred_at=min(e.occurred_at, now)) for e in reversed(entries)}
    columns = [[getattr(row, name) for row in rows.values()] for name in COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(APPEND, columns)
        return [row[0] for row in cursor.fetchall()]


def mirror_withdrawals(addresses: set[bytes]) -> None:
    """Let `unsubscribe` suppressions say what the ledger says, whatever order its entries arrived in."""
    said: dict[bytes, list[LedgerLine]] = {}
    for line in ledger_lines(Entry.objects.filter(purpose_id=EMAIL_MARKETING, address_hash__in=addresses)):
        if isinstance(line.subject, bytes) and (line.state == WITHDRAWN or ledger.lifts(line)):
            said.setdefault(line.subject, []).append(line)
    withdrawn = {address: ledger.standing_withdrawal(lines) for address, lines in said.items()}
    lifted = [address for address, line in withdrawn.items() if line is None]
    Suppression.objects.filter(address_hash__in=lifted, scope="marketing", reason="unsubscribe").delete()
    for address, withdrawal in withdrawn.items():
        if withdrawal is not None:
            suppress(address, "marketing", "unsubscribe", withdrawal.occurred_at)


def suppress(address: bytes, scope: str, reason: str, now: datetime) -> None:
    """Never write to this address hash again (`scope` marketing or all). A stronger reason replaces a weaker one."""
    row, created = Suppression.objects.get_or_create(
        address_hash=address, scope=scope, defaults={"reason": reason, "created_at": now}
    )
    if not created and REASON_RANK[reason] > REASON_RANK[row.reason]:
        Suppression.objects.filter(pk=row.pk).update(reason=reason, created_at=now)


def lift_suppression(address: bytes, scope: str) -> bool:
    """Allow writing to this address hash again as far as suppressions go; consent is still asked. False: none stood."""
    return Suppression.objects.filter(address_hash=address, scope=scope).delete()[0] > 0
