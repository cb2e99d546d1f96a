"""The newest events: of a person, as computed traits read them; and of everybody, to suggest names and properties."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from cdp.lib import bulk_sql
from cdp.lib.values import read_number

# Each identifier by its own index to the limit: a long history costs no more than a bounded one.
NEWEST = """
SELECT e.occurred_at, e.name, CASE WHEN e.name = ANY(%s::text[]) THEN e.properties::text END
FROM unnest(%s::bigint[]) AS i(id) CROSS JOIN LATERAL (
  SELECT occurred_at, name, id, properties FROM events_event WHERE identifier_id = i.id
  ORDER BY occurred_at DESC, id DESC LIMIT %s::bigint) AS e
ORDER BY e.occurred_at DESC, e.id DESC LIMIT %s::bigint
"""
LATELY = """
WITH newest AS (SELECT type, name, properties FROM events_event ORDER BY id DESC LIMIT %s::bigint)
SELECT name, count(*), (SELECT array_agg(DISTINCT key) FROM newest AS same, jsonb_object_keys(same.properties) AS key
  WHERE same.name = newest.name AND jsonb_typeof(same.properties) = 'object')
FROM newest WHERE type IN ('track', 'page', 'screen') GROUP BY name ORDER BY count(*) DESC, name LIMIT 200
"""
_objects = msgspec.json.Decoder(dict[str, Any], float_hook=read_number).decode


@dataclass(frozen=True, slots=True)
class PastEvent:
    """One event. `properties` are None where its name was not asked for."""

    occurred_at: datetime
    name: str
    properties: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class SeenName:
    """An event name lately seen, how often among the newest events, and the properties that came with it."""

    name: str
    count: int
    properties: tuple[str, ...]


def newest_events(identifier_ids: Collection[int], names: Collection[str], *, limit: int) -> list[PastEvent]:
    """The newest `limit` events of any name, newest first, with the properties of those of `names`."""
    rows = bulk_sql.fetch(NEWEST, [sorted(names), sorted(identifier_ids), limit, limit])
    return [PastEvent(at, name, None if text is None else _objects(text)) for at, name, text in rows]


def seen_lately(*, among: int = 5_000) -> list[SeenName]:
    """What the newest events of everybody are called, most frequent first."""
    return [SeenName(name, count, tuple(sorted(keys or ()))) for name, count, keys in bulk_sql.fetch(LATELY, [among])]
