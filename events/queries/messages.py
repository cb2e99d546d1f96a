"""What became of messages and requests: which are stored already, how many wait, how the items of requests ended."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cdp.lib import bulk_sql
from cdp.lib.hashing import message_hash

# A probe a message, whatever the planner believes of the table's size.
STORED = """
SELECT hash FROM (
  SELECT hash, EXISTS (SELECT FROM events_storedmessage AS s WHERE s.source_id = %s::bigint AND s.message_hash = hash)
    AS there FROM unnest(%s::bytea[]) AS asked(hash) OFFSET 0) AS looked_up
WHERE there
"""
WAITING_BULK = "SELECT count(*) FROM (SELECT FROM events_inbox WHERE done_at IS NULL AND lane = 1 LIMIT %s::int) AS q"
UNDONE = "SELECT count(*) FROM events_inbox WHERE id = ANY(%s::bigint[]) AND done_at IS NULL"
ENDED = """
SELECT (SELECT count(*) FROM events_event WHERE inbox_id BETWEEN %s::bigint AND %s::bigint
          AND inbox_id = ANY(%s::bigint[])),
       (SELECT count(*) FROM events_rejectedevent WHERE inbox_id = ANY(%s::bigint[])),
       (SELECT coalesce(sum(regexp_count(encode(body, 'escape'), '[\\[,]\\{"blanked":true\\}')), 0) FROM events_inbox
        WHERE id = ANY(%s::bigint[]) AND position('{"blanked":true}'::bytea IN body) > 0)
"""
REQUESTS_A_READ = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the items of requests ended: stored, in quarantine (replayed since or not), refused for erased people.

    What is none of these was a duplicate.
    """

    stored: int
    quarantined: int
    refused: int


def stored_messages(source_id: int, message_ids: Collection[str]) -> set[str]:
    """Those of the messages that this source has stored already."""
    hashes = {message_hash(message_id): message_id for message_id in message_ids}
    rows = bulk_sql.fetch(STORED, [source_id, sorted(hashes)]) if hashes else []
    return {hashes[bytes(found)] for (found,) in rows}


def waiting_bulk(most: int) -> int:
    """Requests of the bulk lane that wait for processing, counted up to `most`."""
    return int(bulk_sql.fetch(WAITING_BULK, [most])[0][0])


def undone(inbox_ids: Sequence[int]) -> int:
    """How many of the requests are not processed yet."""
    return int(bulk_sql.fetch(UNDONE, [list(inbox_ids)])[0][0]) if inbox_ids else 0


def outcome(inbox_ids: Sequence[int]) -> Outcome:
    """How the items of processed requests ended."""
    ordered = sorted(inbox_ids)
    stored = quarantined = refused = 0
    for start in range(0, len(ordered), REQUESTS_A_READ):
        ids = ordered[start : start + REQUESTS_A_READ]
        one = bulk_sql.fetch(ENDED, [ids[0], ids[-1], ids, ids, ids])[0]
        stored, quarantined, refused = stored + one[0], quarantined + one[1], refused + int(one[2])
    return Outcome(stored, quarantined, refused)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One item in quarantine: its row there, why it was set aside, and whether that is settled."""

    id: int
    stage: str
    reason: str
    is_resolved: bool


def quarantined(inbox_ids: Sequence[int], *, limit: int) -> list[Quarantined]:
    """The newest items of these requests that were set aside."""
    statement = """SELECT id, stage, reason, resolved_at IS NOT NULL FROM events_rejectedevent
    WHERE inbox_id = ANY(%s::bigint[]) ORDER BY id DESC LIMIT %s::int"""
    return [Quarantined(*row) for row in bulk_sql.fetch(statement, [list(inbox_ids), limit])]
