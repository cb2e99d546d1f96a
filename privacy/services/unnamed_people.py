"""People whom nobody can name, known by devices and anonymous ids alone: found by set, erased many at once.

A slice is handed to every store as if it were one person, so that what holds for an erasure holds here, too. Nobody
asked for it, so no tombstone is laid. Who has an order is left alone: tax law keeps orders.
"""

from datetime import datetime
from uuid import UUID

from cdp.lib import bulk_sql
from cdp.lib.retention import SAMPLE, Due
from cdp.lib.rights import Held, Person
from privacy.stores import stores
from profiles.identifiers import ANONYMOUS_ID, DEVICE_KINDS, DEVICE_PREFIXES

MOST = 500
LAKE = "lake"
"""Its files are rewritten once, with the last slice; what earlier ones deleted is hidden from the first moment on."""
UNNAMED = """
FROM profiles_profile AS p WHERE p.last_seen_at < %s::timestamptz AND NOT p.is_shared
  AND EXISTS (SELECT FROM profiles_identifier AS i WHERE i.profile_id = p.id)
  AND NOT EXISTS (
    SELECT FROM profiles_identifier AS i WHERE i.profile_id = p.id AND (i.is_shared OR NOT (
      i.kind = ANY(%s::text[]) OR i.kind LIKE ANY(%s::text[]))))
  AND NOT EXISTS (
    SELECT FROM profiles_identifier AS i JOIN commerce_order AS o ON o.identifier_id = i.id WHERE i.profile_id = p.id)
"""
COUNT = "SELECT count(*), min(p.last_seen_at) " + UNNAMED
OLDEST = "SELECT p.last_seen_at, p.event_count " + UNNAMED + "ORDER BY p.last_seen_at LIMIT %s::bigint"
CHOSEN = "SELECT p.id " + UNNAMED + "LIMIT %s::bigint"
IDENTIFIERS = """SELECT id, kind, value, profile_id FROM profiles_identifier WHERE profile_id = ANY(%s::uuid[])
ORDER BY id"""


def measure(cutoff: datetime) -> Due:
    """How many there are, and since when the oldest was not seen."""
    ((count, oldest),) = bulk_sql.fetch(COUNT, [cutoff, *_kinds()])
    rows = bulk_sql.fetch(OLDEST, [cutoff, *_kinds(), SAMPLE]) if count else []
    sample = tuple(f"last seen {seen:%Y-%m-%d}, {events:,} events" for seen, events in rows)
    return Due(count, oldest, sample)


def delete(cutoff: datetime, limit: int, now: datetime) -> int:
    """Erase up to 500 of them from every store; how many people."""
    most = min(limit, MOST)
    found = [row[0] for row in bulk_sql.fetch(CHOSEN, [cutoff, *_kinds(), most + 1])]
    if not found:
        return 0
    chosen, is_last = found[:most], len(found) <= most
    together = _together(chosen)
    for store in stores():
        if store.name != LAKE or is_last:
            store.erase(together, now)
    return len(chosen)


def _together(profile_ids: list[UUID]) -> Person:
    rows = bulk_sql.fetch(IDENTIFIERS, [profile_ids])
    return Person(tuple(Held(pk, kind, value) for pk, kind, value, _ in rows), tuple(profile_ids))


def _kinds() -> list[list[str]]:
    return [[ANONYMOUS_ID, *sorted(DEVICE_KINDS)], [f"{prefix}%" for prefix in DEVICE_PREFIXES]]
