"""Where people may be: the time zone last told with the events of each identifier.

What this process has stored it remembers, so that most events cost a look into a dict. Of two zones the one of the
later event stays, whatever their order; a zone told again is written once an hour.
"""

from collections.abc import Iterable

from django.db import transaction

from cdp.lib import bulk_sql
from cdp.lib.clock import from_us
from consent.regimes import country_of_zone

AGAIN_AFTER_US = 3_600 * 1_000_000
MOST_KEPT = 200_000

STORE = """
INSERT INTO consent_place AS old (identifier_id, time_zone, said_at)
SELECT identifier_id, time_zone, said_at FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[])
  AS new(identifier_id, time_zone, said_at) ORDER BY 1
ON CONFLICT (identifier_id) DO UPDATE SET time_zone = excluded.time_zone, said_at = excluded.said_at
WHERE (old.said_at, old.time_zone) < (excluded.said_at, excluded.time_zone)
"""
# {identifier id: (time of the latest event µs, zone, time as stored µs)}
_stored: dict[int, tuple[int, str, int]] = {}


def note_places(places: Iterable[tuple[int, object, int]]) -> int:
    """Store (identifier id, what an event calls its time zone, event time µs) in the caller's transaction.

    Returns how many rows were handed over. Zones of no territory, and what is no zone, are left out.
    """
    latest: dict[int, tuple[int, str, int]] = {}
    for identifier_id, zone, at_us in places:
        held = latest.get(identifier_id) or _stored.get(identifier_id)
        if held is not None and held[0] >= at_us and (held[0] > at_us or held[1] >= str(zone)):
            continue
        if type(zone) is str and country_of_zone(zone):
            latest[identifier_id] = (at_us, zone, held[2] if held is not None and held[1] == zone else 0)
    rows = sorted((i, zone, at) for i, (at, zone, stored) in latest.items() if at - stored >= AGAIN_AFTER_US)
    if rows:
        columns = [[i for i, *_ in rows], [zone for _, zone, _ in rows], [from_us(at) for *_, at in rows]]
        bulk_sql.execute(STORE, columns)
    if latest:
        written = {i: (at, zone, at) for i, zone, at in rows}
        transaction.on_commit(lambda: _remember(latest | written))
    return len(rows)


def forget_places() -> None:
    """Ask the database again from now on, in this process."""
    _stored.clear()


def _remember(latest: dict[int, tuple[int, str, int]]) -> None:
    if len(_stored) > MOST_KEPT:
        _stored.clear()
    _stored.update(latest)
