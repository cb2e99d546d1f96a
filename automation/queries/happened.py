"""Whether certain events of people happened since an instant: goals, exits and waits, asked for many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from automation.graph import Happening
from cdp.lib import bulk_sql
from cdp.lib.clock import to_us
from cdp.lib.values import read_number
from segments.queries.live import company_zone

EVENTS = """
SELECT e.identifier_id, e.name, e.occurred_at, CASE WHEN e.name = ANY(%s::text[]) THEN e.properties::text ELSE '' END
FROM events_event AS e
WHERE e.identifier_id = ANY(%s::bigint[]) AND e.name = ANY(%s::text[]) AND e.occurred_at > %s::timestamptz
ORDER BY e.occurred_at, e.id
"""

_objects = msgspec.json.Decoder(dict[str, Any], float_hook=read_number).decode


@dataclass(frozen=True, slots=True)
class Asked:
    """Whether `what` happened to whoever these identifiers belong to, after `since` and not after `until`."""

    identifier_ids: tuple[int, ...]
    what: Happening
    since: datetime
    until: datetime


def happened(asked: Sequence[Asked], now: datetime) -> list[datetime | None]:
    """When each first did, in their order; None where it has not."""
    if not asked:
        return []
    names = sorted({one.what.event for one in asked})
    looked_at = sorted({one.what.event for one in asked if one.what.where})
    ids = sorted({pk for one in asked for pk in one.identifier_ids})
    found: dict[tuple[int, str], list[tuple[datetime, str]]] = {}
    for identifier_id, name, at, text in bulk_sql.fetch(
        EVENTS, [looked_at, ids, names, min(one.since for one in asked)]
    ):
        found.setdefault((identifier_id, name), []).append((at, text))
    return [_first(one, found, now) for one in asked]


def _first(one: Asked, found: dict[tuple[int, str], list[tuple[datetime, str]]], now: datetime) -> datetime | None:
    until, zone = min(one.until, now), company_zone()
    times = [
        at
        for pk in one.identifier_ids
        for at, text in found.get((pk, one.what.event), ())
        if one.since < at <= until
        and (not one.what.where or one.what.matches(one.what.event, _objects(text), to_us(now), zone))
    ]
    return min(times, default=None)
