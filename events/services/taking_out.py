"""Taking out: what a slice of requests had stored leaves the log, within the transaction that stores it anew.

A message's deduplication row leaves with its event, and where the event is nowhere in the log although this very
request first stored it: a row lost by hand heals. Every other one stays, with its first stored time: a message that
another request stored, and one of the erased.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from cdp.lib import bulk_sql
from cdp.lib.clock import from_us, to_us
from cdp.outbox.contracts import BULK
from cdp.outbox.services import publish
from events.services.claiming import InboxRow
from events.services.planning import Fresh, known_messages
from events.services.refolding import refold

TOPIC_KEYS = 500
TAKE_OUT = """
DELETE FROM events_event WHERE inbox_id BETWEEN %s AND %s AND inbox_id + 0 = ANY(%s::bigint[])
RETURNING inbox_id, index, source_id, message_hash, identifier_id, occurred_at, cart_id, order_id
"""
# An equal time is found by the index on times; the loop keeps it from reading the whole log for a few messages.
LOST = """
SELECT asked.source_id, asked.message_hash
FROM unnest(%s::bigint[], %s::bytea[], %s::timestamptz[]) AS asked(source_id, message_hash, at)
CROSS JOIN LATERAL (
  SELECT EXISTS (SELECT 1 FROM events_event WHERE occurred_at = asked.at AND message_hash = asked.message_hash
    AND source_id = asked.source_id) AS is_there OFFSET 0) AS looked_up
WHERE NOT is_there
"""
FORGET = """
DELETE FROM events_storedmessage WHERE (source_id, message_hash) IN (
  SELECT source_id, message_hash FROM unnest(%s::bigint[], %s::bytea[]) AS gone(source_id, message_hash)
  ORDER BY 1, 2)
"""
THERE = """
SELECT inbox_id, index FROM events_event
WHERE inbox_id BETWEEN %s AND %s AND inbox_id + 0 = ANY(%s::bigint[])
"""
REJECTED = "SELECT inbox_id, index FROM events_rejectedevent WHERE inbox_id = ANY(%s::bigint[]) AND resolved_at IS NULL"
MOVE = """
UPDATE events_sourceday SET accepted = accepted - moved.rj - moved.rf, rejected = rejected + moved.rj,
  refused = refused + moved.rf
FROM (SELECT * FROM unnest(%s::bigint[], %s::date[], %s::bigint[], %s::bigint[])
  AS new(source_id, day, rj, rf) ORDER BY 1, 2) AS moved
WHERE events_sourceday.source_id = moved.source_id AND events_sourceday.day = moved.day
"""
UNCOUNT = """
UPDATE events_quarterhour SET events = quarter.events - gone.events FROM (
  SELECT source_id, date_bin('15 minutes', at, 'epoch'::timestamptz) AS starts_at, count(*) AS events
  FROM unnest(%s::bigint[], %s::timestamptz[]) AS lost(source_id, at) GROUP BY 1, 2 ORDER BY 2, 1) AS gone
WHERE quarter.source_id = gone.source_id AND quarter.starts_at = gone.starts_at
""".replace("UPDATE events_quarterhour", "UPDATE events_quarterhour AS quarter")


@dataclass(frozen=True, slots=True)
class TakenEvent:
    """One event that left the log."""

    inbox_id: int
    index: int
    source_id: int
    message_hash: bytes
    identifier_id: int
    occurred_at: datetime
    cart_id: str | None
    order_id: str | None


@dataclass(frozen=True, slots=True)
class Taken:
    """What a slice had stored, and the day each of its requests was received on."""

    events: tuple[TakenEvent, ...]
    received_on: dict[int, date]


def take_out(rows: Sequence[InboxRow], named: Sequence[Fresh], hung_on: Collection[int]) -> Taken:
    """Delete the events of these requests and what would keep them from being stored again; refold whom they concern.

    `named`: their items as they are identified now, and the identifiers these hang on, whose states may be gone. In
    the caller's transaction, which holds the requests.
    """
    ids = [row.id for row in rows]
    events = tuple(
        TakenEvent(row[0], row[1], row[2], bytes(row[3]), *row[4:])
        for row in bulk_sql.fetch(TAKE_OUT, [min(ids), max(ids), ids])
    )
    gone = {(one.source_id, one.message_hash) for one in events}
    ordered = sorted(gone | _lost([one for one in named if one.key not in gone]))
    bulk_sql.execute(FORGET, [[key[0] for key in ordered], [key[1] for key in ordered]])
    refold({one.identifier_id for one in events} | set(hung_on), lane=BULK)
    return Taken(events, {row.id: row.received_at.date() for row in rows})


def put_back(taken: Taken) -> None:
    """After the requests were stored anew: count and tell of what did not come back."""
    ids = sorted(taken.received_on)
    if not taken.events:
        return
    there = set(bulk_sql.fetch(THERE, [ids[0], ids[-1], ids]))
    gone = [one for one in taken.events if (one.inbox_id, one.index) not in there]
    if not gone:
        return
    _recount(gone, taken.received_on)
    _tell("identifier_ids", sorted({one.identifier_id for one in gone}))
    _tell("cart_ids", sorted({one.cart_id for one in gone if one.cart_id}))
    _tell("order_ids", sorted({one.order_id for one in gone if one.order_id}))


def _lost(named: Sequence[Fresh]) -> set[tuple[int, bytes]]:
    """Messages these requests first stored, by the time they were stored under, whose event is not in the log."""
    known = known_messages({one.key for one in named})
    asked = sorted({(*one.key, one.item.at_us) for one in named if one.key in known
                    and to_us(known[one.key][0]) == one.item.at_us})  # fmt: skip
    if not asked:
        return set()
    columns: list[Any] = [[one[0] for one in asked], [one[1] for one in asked], [from_us(one[2]) for one in asked]]
    return {(source_id, bytes(message)) for source_id, message in bulk_sql.fetch(LOST, columns)}


def _recount(gone: Sequence[TakenEvent], received_on: dict[int, date]) -> None:
    rejected = set(bulk_sql.fetch(REJECTED, [sorted({one.inbox_id for one in gone})]))
    moves: dict[tuple[int, date], list[int]] = {}
    for one in gone:
        counts = moves.setdefault((one.source_id, received_on[one.inbox_id]), [0, 0])
        counts[(one.inbox_id, one.index) not in rejected] += 1
    keys = sorted(moves)
    columns: list[Any] = [
        [key[0] for key in keys],
        [key[1] for key in keys],
        *([moves[k][n] for k in keys] for n in (0, 1)),
    ]
    with connection.cursor() as cursor:
        cursor.execute(MOVE, columns)
        cursor.execute(UNCOUNT, [[one.source_id for one in gone], [one.occurred_at for one in gone]])


def _tell(name: str, keys: Sequence[Any]) -> None:
    for start in range(0, len(keys), TOPIC_KEYS):
        publish("events.removed", {name: list(keys[start : start + TOPIC_KEYS])}, lane=BULK)
