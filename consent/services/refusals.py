"""Noting what was not done for somebody, and why: one row a subject, use, purpose and reason.

The same again within an hour is not written by the same process, so a row's count says how often at least. What is
noted outside a transaction does not wait for the disk: losing a note loses no decision.
"""

import time
from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from cdp.lib import bulk_sql
from consent.contracts import NewRefusal

AGAIN_AFTER_S = 3600.0
MOST_KEPT = 100_000
Key = tuple[int | bytes | None, str, str, str]

NOTE = """
INSERT INTO consent_refusal AS old
  (identifier_id, address_hash, use, purpose_id, reason, entry_id, times, first_at, last_at)
SELECT identifier_id, address_hash, use, purpose_id, reason, entry_id, 1, now, now
FROM unnest(%s::bigint[], %s::bytea[], %s::text[], %s::text[], %s::text[], %s::bigint[])
  AS new(identifier_id, address_hash, use, purpose_id, reason, entry_id), (SELECT %s::timestamptz AS now) AS at{quick}
ORDER BY 1, 2, 3, 4, 5
ON CONFLICT (identifier_id, address_hash, use, purpose_id, reason) DO UPDATE SET
  times = old.times + 1, entry_id = excluded.entry_id,
  first_at = least(old.first_at, excluded.first_at), last_at = greatest(old.last_at, excluded.last_at)
"""
# In a statement of its own this setting ends with it.
QUICK = ", (SELECT set_config('synchronous_commit', 'off', true)) AS quick"
_noted: dict[Key, float] = {}


def note_refusals(refusals: Iterable[NewRefusal], now: datetime) -> int:
    """Count these refusals; how many were written. Cheap: most were noted within the hour and cost no statement."""
    clock = time.monotonic()
    fresh: dict[Key, NewRefusal] = {}
    for one in refusals:
        key = (one.identifier_id if one.address_hash is None else one.address_hash, one.use, one.purpose, one.reason)
        if _noted.get(key, 0.0) <= clock:
            fresh[key] = one
    if fresh:
        _write(list(fresh.values()), now)
        if len(_noted) > MOST_KEPT:
            _noted.clear()
        _noted.update(dict.fromkeys(fresh, clock + AGAIN_AFTER_S))
    return len(fresh)


def forget_refusals() -> None:
    """Write the next ones whatever was noted before, in this process."""
    _noted.clear()


def _write(rows: list[NewRefusal], now: datetime) -> None:
    columns = [
        [row.identifier_id for row in rows],
        [row.address_hash for row in rows],
        [row.use for row in rows],
        [row.purpose for row in rows],
        [row.reason for row in rows],
        [row.entry_id for row in rows],
    ]
    bulk_sql.execute(NOTE.replace("{quick}", "" if connection.in_atomic_block else QUICK), [*columns, now])
