"""The newest events of a name, for previews of a changed plan: read backward from the end of the log, bounded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from cdp.lib import bulk_sql
from cdp.lib.values import read_number

AMONG = 100_000  # rows of the log looked through: there is no index by name
# The inner OFFSET 0 keeps the planner from reading the whole log for a rare name.
LATEST = """
SELECT id, properties::text FROM (
  SELECT id, type, name, properties FROM events_event ORDER BY id DESC LIMIT %s OFFSET 0) AS newest
WHERE type = %s AND name = %s ORDER BY id DESC LIMIT %s
"""
_objects = msgspec.json.Decoder(dict[str, Any], float_hook=read_number)


@dataclass(frozen=True, slots=True)
class LatestEvent:
    """An event's id and its properties."""

    id: int
    properties: Mapping[str, Any]


def latest_events(kind: str, name: str, limit: int) -> list[LatestEvent]:
    """The newest events of a type and name among the newest 100,000 of the log, newest first."""
    rows = bulk_sql.fetch(LATEST, [AMONG, kind, name, limit])
    return [LatestEvent(event_id, _objects.decode(properties)) for event_id, properties in rows]
