"""What a device goes on denying with every event: the ledger gets a line a change, not one an event.

Whatever order events arrive in, the fold finds the same: the latest denial of each kind is remembered beside the
ledger, and where a yes turns up that was said before it, the denial is written after all. The remembered row is locked
by both, so that of a yes and a denial at once the second sees the first.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from cdp.lib import bulk_sql
from cdp.lib.clock import to_us
from cdp.lib.hashing import keyed_hash
from consent.contracts import AMBIENT, DENIED, WITHDRAWN, NewEntry

REMEMBER = """
INSERT INTO consent_devicedenial AS old (identifier_id, purpose_id, method, denied_at, source_id, proof_id)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::bigint[], %s::bigint[])
  AS new(identifier_id, purpose_id, method, denied_at, source_id, proof_id) ORDER BY 1, 2, 3
ON CONFLICT (identifier_id, purpose_id, method) DO UPDATE SET
  denied_at = greatest(old.denied_at, excluded.denied_at),
  source_id = CASE WHEN excluded.denied_at > old.denied_at THEN excluded.source_id ELSE old.source_id END,
  proof_id = CASE WHEN excluded.denied_at > old.denied_at THEN excluded.proof_id ELSE old.proof_id END
"""
REMEMBERED = """
SELECT denial.identifier_id, denial.purpose_id, denial.method, denial.denied_at, denial.source_id, denial.proof_id
FROM consent_devicedenial AS denial
WHERE (identifier_id, purpose_id) IN (SELECT * FROM unnest(%s::bigint[], %s::text[])) ORDER BY 1, 2, 3 FOR UPDATE
"""
# Known: the same was said before, and nothing but refusals of this subject and purpose stand between.
KNOWN = """
SELECT new.place FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::bigint[])
  AS new(place, identifier_id, purpose_id, method, said_at, proof_id)
CROSS JOIN LATERAL (
  SELECT coalesce(max(occurred_at), '-infinity') AS at FROM consent_entry
  WHERE identifier_id = new.identifier_id AND purpose_id = new.purpose_id AND occurred_at <= new.said_at
    AND state NOT IN ('denied', 'withdrawn')) AS yes
WHERE EXISTS (
  SELECT 1 FROM consent_entry AS old
  WHERE old.identifier_id = new.identifier_id AND old.purpose_id = new.purpose_id AND old.method = new.method
    AND old.state = 'denied' AND old.occurred_at BETWEEN yes.at AND new.said_at
    AND old.proof_id IS NOT DISTINCT FROM new.proof_id)
"""


def is_device_denial(entry: NewEntry) -> bool:
    """Whether the line is a denial that a device sends along, and stands on its own: of a channel's address it does
    not, since what is said of other subjects may lift it."""
    return entry.state == DENIED and entry.method in AMBIENT and entry.identifier_id is not None and not entry.channel


def remember(denials: Sequence[NewEntry]) -> None:
    """Note the latest of each identifier, purpose and method, in the caller's transaction; locks their rows."""
    latest: dict[tuple[int | None, str, str], NewEntry] = {}
    for one in denials:
        key = (one.identifier_id, one.purpose, one.method)
        if key not in latest or one.occurred_at > latest[key].occurred_at:
            latest[key] = one
    if latest:
        bulk_sql.execute(
            REMEMBER, _columns(latest.values(), "identifier_id purpose method occurred_at source_id proof_id")
        )


def denied_after(entries: Iterable[NewEntry]) -> list[NewEntry]:
    """The remembered denials that are no earlier than what these lines say instead of a refusal. Locks their rows, and
    those of earlier ones, too: a later one may be on its way."""
    said: dict[tuple[int, str], datetime] = {}
    for one in entries:
        if one.identifier_id is not None and one.state not in (DENIED, WITHDRAWN):
            key = (one.identifier_id, one.purpose)
            said[key] = min(one.occurred_at, said.get(key, one.occurred_at))
    if not said:
        return []
    rows = bulk_sql.fetch(REMEMBERED, [[key[0] for key in said], [key[1] for key in said]])
    return [
        NewEntry(
            entry_key=keyed_hash("consent", "device", str(to_us(at)), purpose, method, str(identifier_id)),
            purpose=purpose,
            state=DENIED,
            method=method,
            occurred_at=at,
            identifier_id=identifier_id,
            source_id=source_id,
            actor="system" if source_id is None else f"source:{source_id}",
            proof_id=proof_id,
        )
        for identifier_id, purpose, method, at, source_id, proof_id in rows
        if at >= said[identifier_id, purpose]
    ]


def without_known(denials: Sequence[NewEntry]) -> list[NewEntry]:
    """Those that change what the ledger says."""
    if not denials:
        return []
    columns = _columns(denials, "identifier_id purpose method occurred_at proof_id")
    known = {place for (place,) in bulk_sql.fetch(KNOWN, [list(range(len(denials))), *columns])}
    return [one for place, one in enumerate(denials) if place not in known]


def _columns(entries: Iterable[NewEntry], names: str) -> list[list[Any]]:
    rows = list(entries)
    return [[getattr(row, name) for row in rows] for name in names.split()]
