"""Telling: what happened becomes one row a recipient that asked for it, whether it may be sent or not.

Nothing is decided here: the gate is asked when a row is sent.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from cdp.lib import bulk_sql
from cdp.outbox.services import wake
from recipients.contracts import JOURNEY, Telling
from recipients.models import Recipient

INSERT = """
INSERT INTO recipients_delivery (recipient_id, key, topic, profile_id, identifier_id, facts, state, reason, attempts,
  next_at, made_at)
SELECT r.id, t.key, t.topic, nullif(t.profile_id, '')::uuid, nullif(t.identifier_id, 0), t.facts::jsonb, 'waiting', '',
  0, %s::timestamptz, %s::timestamptz
FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[])
  AS t(key, topic, profile_id, identifier_id, facts)
JOIN recipients_recipient AS r ON r.enabled
  AND (t.topic = ANY(r.topics) OR (t.topic = %s::text AND r.id = %s::bigint))
  AND r.id = coalesce(nullif(%s::bigint, 0), r.id)
  AND (cardinality(r.segments) = 0 OR NOT t.facts::jsonb ? 'segment_id'
    OR (t.facts::jsonb->>'segment_id')::bigint = ANY(r.segments))
ORDER BY r.id, t.key
ON CONFLICT (recipient_id, key) DO NOTHING
"""


def tell(
    topic: str,
    key: str,
    *,
    now: datetime,
    profile_id: UUID | None = None,
    identifier_id: int | None = None,
    facts: Mapping[str, object] | None = None,
) -> int:
    """Have every enabled recipient of `topic` told of what happened, once a `key`. Returns how many rows that made.

    `facts`: ids and codes as JSON. What is sent of the person is read when it is sent, by what holds then.
    """
    return tell_all([Telling(topic, key, profile_id, identifier_id, facts)], now=now)


def tell_all(tellings: Sequence[Telling], *, now: datetime, recipient_id: int | None = None) -> int:
    """`tell` for many, with one statement. Of a segment only those hear who chose it, or chose none.

    `recipient_id`: that one alone, where it is told of the topic at all; a journey's step is told whatever it chose.
    """
    if not tellings:
        return 0
    columns = [
        [one.key for one in tellings],
        [one.topic for one in tellings],
        ["" if one.profile_id is None else str(one.profile_id) for one in tellings],
        [one.identifier_id or 0 for one in tellings],
        [msgspec.json.encode(one.facts or {}).decode() for one in tellings],
    ]
    made = bulk_sql.execute(INSERT, [now, now, *columns, JOURNEY, recipient_id or 0, recipient_id or 0])
    if made:
        wake("recipients.deliver")
    return made


def wanted_topics() -> frozenset[str]:
    """What any enabled recipient is told of; empty where there is none: then nothing has to be read."""
    found = Recipient.objects.filter(enabled=True).values_list("topics", flat=True)
    return frozenset(topic for topics in found for topic in topics)
