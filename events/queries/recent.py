"""The newest events: of a person, as computed traits read them; and of everybody, to suggest names and properties."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from cdp.lib import bulk_sql
from cdp.lib.values import read_number

# Each identifier by its own index to the limit: a long history costs no more than a bounded one.
NEWEST = """
SELECT e.occurred_at, e.name{columns}
FROM unnest(%s::bigint[]) AS i(id) CROSS JOIN LATERAL (
  SELECT occurred_at, name, id, properties FROM events_event WHERE identifier_id = i.id
  ORDER BY occurred_at DESC, id DESC LIMIT %s::bigint) AS e
ORDER BY e.occurred_at DESC, e.id DESC LIMIT %s::bigint
"""
# As text: equal values come again and again, and only different ones are decoded.
COLUMN = ", CASE WHEN e.name = ANY(%s::text[]) THEN (e.properties->%s::text)::text END"
LATELY = """
WITH newest AS (SELECT type, name, properties FROM events_event ORDER BY id DESC LIMIT %s::bigint)
SELECT name, count(*), (SELECT array_agg(DISTINCT key) FROM newest AS same, jsonb_object_keys(same.properties) AS key
  WHERE same.name = newest.name AND jsonb_typeof(same.properties) = 'object')
FROM newest WHERE type IN ('track', 'page', 'screen') GROUP BY name ORDER BY count(*) DESC, name LIMIT 200
"""
_value = msgspec.json.Decoder(float_hook=read_number).decode


class PastEvent(msgspec.Struct, frozen=True, gc=False):
    """One event with the properties that were asked for and are there: equal ones are one and the same object."""

    occurred_at: datetime
    name: str
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SeenName:
    """An event name lately seen, how often among the newest events, and the properties that came with it."""

    name: str
    count: int
    properties: tuple[str, ...]


def newest_events(
    identifier_ids: Collection[int], names: Collection[str], properties: Collection[str], *, limit: int
) -> list[PastEvent]:
    """The newest `limit` events of any name, newest first; those of `names` with these top-level properties."""
    keys = sorted(properties)
    statement = NEWEST.format(columns=COLUMN * len(keys))
    wanted = [part for key in keys for part in (sorted(names), key)]
    rows = bulk_sql.fetch(statement, [*wanted, sorted(identifier_ids), limit, limit])
    told = [row[2:] for row in rows]
    known = {one: _properties(keys, one) for one in set(told)}
    return [PastEvent(row[0], row[1], known[one]) for row, one in zip(rows, told, strict=True)]


def _properties(keys: Sequence[str], told: Sequence[str | None]) -> dict[str, Any]:
    return {key: _value(text) for key, text in zip(keys, told, strict=True) if text is not None}


def seen_lately(*, among: int = 5_000) -> list[SeenName]:
    """What the newest events of everybody are called, most frequent first."""
    return [SeenName(name, count, tuple(sorted(keys or ()))) for name, count, keys in bulk_sql.fetch(LATELY, [among])]
