"""The consumer `plans.learn`: what came of each event name is counted, and properties of some events are looked at.

The database counts whole batches; only the sampled events are read. A batch is learned in the transaction that marks
it as done, so counts are exact.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import msgspec

from cdp.lib import bulk_sql
from cdp.lib.values import read_number
from cdp.outbox.contracts import TopicMessage
from plans import queries as plans
from plans import services as plan_services
from plans.contracts import Observation

COUNTS = """
SELECT source_id, type, name, (received_at AT TIME ZONE 'UTC')::date, count(*), min(received_at), max(received_at)
FROM unnest(%s::bigint[], %s::bigint[]) AS batch(first_id, last_id)
JOIN events_event ON id BETWEEN first_id AND last_id
WHERE type <> 'alias' GROUP BY 1, 2, 3, 4
"""
SAMPLES = """
SELECT source_id, type, name, properties::text FROM (
  SELECT source_id, type, name, properties,
    row_number() OVER (PARTITION BY source_id, type, name ORDER BY id DESC) AS place
  FROM unnest(%s::bigint[], %s::bigint[]) AS batch(first_id, last_id)
  JOIN events_event ON id BETWEEN first_id AND last_id) AS numbered
JOIN unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[]) AS wanted(source_id, type, name, most)
  USING (source_id, type, name)
WHERE place <= most
"""
Key = tuple[int, str, str]
_objects = msgspec.json.Decoder(dict[str, Any], float_hook=read_number)


@dataclass(slots=True)
class _Seen:
    first_at: datetime
    last_at: datetime
    by_day: Counter[date] = field(default_factory=Counter)
    samples: list[Mapping[str, Any]] = field(default_factory=list)


def consume_events_stored(messages: Sequence[TopicMessage]) -> None:
    """Learn from these stored batches, but for what a rebuild stored anew: that was learned when it first came."""
    messages = [message for message in messages if not message.payload.get("again")]
    ranges = [
        [int(message.payload["first_id"]) for message in messages],
        [int(message.payload["last_id"]) for message in messages],
    ]
    seen: dict[Key, _Seen] = {}
    for source_id, kind, name, day, count, first_at, last_at in bulk_sql.fetch(COUNTS, ranges):
        one = seen.setdefault((source_id, kind, name), _Seen(first_at, last_at))
        one.by_day[day] += count
        one.first_at, one.last_at = min(one.first_at, first_at), max(one.last_at, last_at)
    if not seen:
        return
    wanted = plans.samples_wanted(list(seen))
    columns = [[key[place] for key in wanted] for place in range(3)]
    for source_id, kind, name, properties in bulk_sql.fetch(SAMPLES, [*ranges, *columns, list(wanted.values())]):
        seen[source_id, kind, name].samples.append(_objects.decode(properties))
    plan_services.learn(
        [Observation(*key, one.first_at, one.last_at, one.by_day, samples=one.samples) for key, one in seen.items()]
    )
