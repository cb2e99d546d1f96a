"""What a person's events told up to an instant of receipt: counters, traits, and each trait's history."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from cdp.lib.values import read_number
from profiles import folds
from profiles.contracts import Counter, Trait

COUNTED = """
SELECT CASE WHEN type = 'track' THEN name ELSE '$' || type END, count(*), profiles_us(min(occurred_at)),
  profiles_us(max(occurred_at)), max(received_at)
FROM events_event WHERE identifier_id = ANY(%s::bigint[]) AND received_at <= %s GROUP BY 1
"""
# Where the traits were said: identify events alone. By identifier, so that each is read by its index.
SAID = """
SELECT e.* FROM unnest(%s::bigint[]) AS i(id) CROSS JOIN LATERAL (
  SELECT id, source_id, profiles_us(occurred_at), occurred_at, encode(message_hash, 'hex'), properties::text
  FROM events_event WHERE identifier_id = i.id AND type = 'identify' AND received_at <= %s
  ORDER BY occurred_at DESC, id DESC LIMIT %s) AS e(id, source_id, us, occurred_at, hash, properties)
ORDER BY us DESC, hash DESC
"""
MOST_SAYINGS = 100_000
_objects = msgspec.json.Decoder(dict[str, Any], float_hook=read_number).decode
_plain_objects = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, slots=True)
class Told:
    """What the events received by an instant told. `received_at`: of the last of them."""

    traits: dict[str, Trait]
    counters: dict[str, Counter]
    received_at: datetime | None


@dataclass(frozen=True, slots=True)
class Saying:
    """One identify event: what it said, newest first where there are several."""

    event_id: int
    source_id: int
    occurred_at: datetime
    traits: dict[str, Any]


def told(identifier_ids: Collection[int], received_until: datetime) -> Told:
    """Traits and counters of these identifiers, folded from the events received by then, as `profiles` folds them."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, [sorted(identifier_ids), received_until])
        rows = cursor.fetchall()
    counters = folds.join_counters({}, {name: (count, first, last) for name, count, first, last, _ in rows})
    traits: dict[str, Trait] = {}
    for _, _, us, _, hash_hex, properties in _said(identifier_ids, received_until, MOST_SAYINGS):
        said = {name: value for name, value in _plain_objects(properties).items() if folds.is_foldable(name, value)}
        traits = folds.join_traits(traits, {name: (value, us, hash_hex) for name, value in said.items()})
    return Told(traits, counters, max((row[4] for row in rows), default=None))


def sayings(identifier_ids: Collection[int], received_until: datetime, *, limit: int) -> list[Saying]:
    """The newest identify events, `limit` an identifier at most."""
    rows = _said(identifier_ids, received_until, limit)
    return [Saying(row[0], row[1], row[3], _objects(row[5])) for row in rows][:limit]


def _said(identifier_ids: Collection[int], received_until: datetime, limit: int) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(SAID, [sorted(identifier_ids), received_until, limit])
        yield from cursor.fetchall()
