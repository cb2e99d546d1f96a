"""Claiming: a worker takes inbox rows under a token, committed before any work, so that a killed worker loses nothing.

Live rows go before bulk ones, but every fifth claim looks at bulk first, so that neither starves. A claim is a lease:
past it the rows may be taken again, and whoever still works them fails at the fence.
"""

import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from django.db import connection, transaction

from events.contracts import RequestFacts
from events.models import Inbox

LEASE_S = 60
MOST_EVENTS = 10_000  # twice as many rewrite a tenth fewer profiles, carts and products an event
MOST_BULK_EVENTS = 5000  # live events wait for the one slice in hand
MOST_BYTES = 8 * 1024 * 1024
BULK_FIRST_EVERY = 5
CAREFUL_AFTER = 2  # failed claims after which fewer requests are taken at once
CAREFUL_SIZES = (16, 4, 1)
CHUNKS = (64, 512, 4424, 5000)
CANDIDATES = """
SELECT id, items, octet_length(body), attempts FROM events_inbox
WHERE done_at IS NULL AND lane = %s AND id > %s AND (claimed_until IS NULL OR claimed_until < statement_timestamp())
ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
"""
CLAIM = """
UPDATE events_inbox SET token = %s, attempts = attempts + 1,
  claimed_until = statement_timestamp() + make_interval(secs => %s)
WHERE id = ANY(%s)
RETURNING id, source_id, received_at, path_type, body, facts::text, attempts, lane
"""
RELEASE = """
UPDATE events_inbox SET token = NULL, claimed_until = NULL, attempts = attempts - %s::boolean::int,
  facts = CASE WHEN %s THEN facts - 'trying' - 'tries' ELSE facts END
WHERE id = ANY(%s) AND token = %s AND done_at IS NULL
"""
_turns = itertools.count(1)
_facts = msgspec.json.Decoder(RequestFacts)
_progress = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A claimed request. `attempts` counts this claim; `next_index` and `trying` tell how far it is item by item, and
    `tries` how many workers began on `trying` and were not heard of again."""

    id: int
    source_id: int
    received_at: datetime
    path_type: str
    body: bytes
    facts: RequestFacts
    attempts: int
    lane: int
    next_index: int = 0
    trying: int | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """Rows in id order, and the token they are held under."""

    token: uuid.UUID
    rows: tuple[InboxRow, ...]


def claim() -> Claim | None:
    """Take up to 10,000 live events, 5,000 bulk ones, or 8 MB; None when nothing is due. Commits."""
    lanes = [Inbox.Lane.LIVE, Inbox.Lane.BULK]
    if next(_turns) % BULK_FIRST_EVERY == 0:
        lanes.reverse()
    for lane in lanes:
        if (found := _claim_lane(lane)) is not None:
            return found
    return None


def release(rows: tuple[InboxRow, ...], token: uuid.UUID, *, is_blameless: bool = False) -> None:
    """Give rows back. `is_blameless`: neither the attempt counts nor the mark, since the surroundings failed."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(RELEASE, [is_blameless, is_blameless, [row.id for row in rows], token])


@transaction.atomic
def _claim_lane(lane: int) -> Claim | None:
    ids = _choose(_candidates(lane), MOST_EVENTS if lane == Inbox.Lane.LIVE else min(MOST_EVENTS, MOST_BULK_EVENTS))
    if not ids:
        return None
    token = uuid.uuid4()
    with psycopg.Cursor(connection.connection) as cursor:
        rows = cursor.execute(CLAIM, (token, LEASE_S, ids), binary=True).fetchall()
    return Claim(token, tuple(sorted((_row(row) for row in rows), key=lambda row: row.id)))


def _candidates(lane: int) -> Iterator[tuple[int, int, int, int]]:
    """(id, items, bytes, attempts) in id order, locked in growing chunks: few large requests or many small ones."""
    after = 0
    with connection.cursor() as cursor:
        for size in CHUNKS:
            cursor.execute(CANDIDATES, [lane, after, size])
            rows = cursor.fetchall()
            yield from rows
            if len(rows) < size:
                return
            after = rows[-1][0]


def _choose(candidates: Iterator[tuple[int, int, int, int]], most_events: int) -> list[int]:
    """A prefix within the limits. Requests that failed before are never taken together with others."""
    ids: list[int] = []
    events = size = 0
    careful = False
    most = most_events
    for row_id, items, length, attempts in candidates:
        if not ids:
            careful = attempts >= CAREFUL_AFTER
            most = CAREFUL_SIZES[min(attempts - CAREFUL_AFTER, 2)] if careful else most_events
        elif (attempts >= CAREFUL_AFTER) != careful:
            continue
        elif len(ids) >= most or events + items > most_events or size + length > MOST_BYTES:
            break
        ids.append(row_id)
        events += items
        size += length
    return ids


def _row(row: tuple[Any, ...]) -> InboxRow:
    text = row[5]
    facts = RequestFacts() if text == "{}" else _facts.decode(text)
    progress = _progress.decode(text) if "next_index" in text or "trying" in text else {}
    return InboxRow(
        row[0],
        row[1],
        row[2],
        row[3],
        bytes(row[4]),
        facts,
        row[6],
        row[7],
        progress.get("next_index", 0),
        progress.get("trying"),
        progress.get("tries", 0),
    )
