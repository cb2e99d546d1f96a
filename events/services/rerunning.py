"""Running raw requests again: a range of the inbox by source and time of receipt, in slices, as a job.

Plain: every item goes through processing once more in the bulk lane. What is stored is a duplicate, what is missing is
stored; nothing else changes, so it is safe at any time. Rebuilding: one transaction takes out what a slice of requests
had stored and stores them anew, so nobody ever sees the log without them. Nothing counts twice (`again`).

Identifiers and links stay: they are facts of their own. Items of the erased are blank and stay so. Requests that are
still waiting are left to ordinary processing; one that cannot be run here is put back to it, item by item.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog
from django.db import connection, transaction

from cdp.jobs.contracts import JobRun, JobUnfinished
from cdp.lib import garbage
from cdp.lib.conflicts import is_blameless, retrying
from cdp.lib.failures import describe
from consent.services.tombstones import tombstones_stand
from events.contracts import RANGE, RequestFacts
from events.models import Inbox
from events.queries.requests import Range, preview
from events.services import planning, storing
from events.services.claiming import InboxRow
from events.services.storing import FenceLost
from events.services.taking_out import put_back, take_out
from profiles import services as profiles

log = structlog.get_logger(__name__)

MOST_REQUESTS = 500
MOST_EVENTS = 2_000
MOST_BYTES = 8 * 1024 * 1024
NEXT = """
SELECT id, items, octet_length(body) FROM events_inbox
WHERE id > %s AND done_at IS NOT NULL AND (%s::bigint IS NULL OR source_id = %s)
  AND (%s::timestamptz IS NULL OR received_at >= %s) AND (%s::timestamptz IS NULL OR received_at < %s)
ORDER BY id LIMIT %s
"""
READ = """
SELECT id, source_id, received_at, path_type, body, facts::text FROM events_inbox
WHERE id = ANY(%s) AND done_at IS NOT NULL ORDER BY id
"""
HOLD = "SELECT 1 FROM events_inbox WHERE id = ANY(%s) AND done_at IS NOT NULL ORDER BY id FOR UPDATE"
REOPEN = """
UPDATE events_inbox SET done_at = NULL, token = NULL, claimed_until = NULL, attempts = 0, lane = 1,
  facts = facts - 'trying' - 'tries' - 'next_index'
    || jsonb_build_object('replay', 'range', 'queued_at', statement_timestamp())
    || CASE WHEN facts->>'replay' = 'item' THEN '{"sent_again": true}'::jsonb ELSE '{}' END
WHERE id = ANY(%s) AND done_at IS NOT NULL
"""
_facts = msgspec.json.Decoder(RequestFacts).decode


@dataclass(slots=True)
class Tally:
    """What a run did: requests and items gone through, events stored, taken out, and requests put back one by one."""

    requests: int = 0
    items: int = 0
    stored: int = 0
    taken_out: int = 0
    put_back: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.requests + other.requests,
            self.items + other.items,
            self.stored + other.stored,
            self.taken_out + other.taken_out,
            self.put_back + other.put_back,
        )


def replay_job(job: JobRun) -> dict[str, Any]:
    """Job kind events.replay: params `source`, `since`, `until` (ISO or absent) and `rebuild`. Resumes after a kill."""
    asked = Range.read(job.params)
    rebuild = bool(job.params.get("rebuild"))
    done = Tally(**job.checkpoint["tally"]) if job.checkpoint else Tally()
    after = job.checkpoint.get("after", 0)
    total = job.checkpoint.get("total") or preview(asked).requests
    while ids := next_requests(asked, after):
        done = done + run_again(ids, rebuild=rebuild)
        after = ids[-1]
        job.progress(done.requests, total, f"{done.items:,} events gone through, {done.stored:,} stored")
        if job.out_of_time:
            raise JobUnfinished({"after": after, "total": total, "tally": msgspec.to_builtins(done)})
    return {**msgspec.to_builtins(done), "rebuild": rebuild}


def next_requests(asked: Range, after: int) -> list[int]:
    """The next requests of the range that are done: at most 500 of them, 2,000 events or 8 MB."""
    bounds = (asked.source_id, asked.source_id, asked.since, asked.since, asked.until, asked.until)
    ids: list[int] = []
    events = size = 0
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [after, *bounds, MOST_REQUESTS])
        for row_id, items, length in cursor.fetchall():
            events, size = events + items, size + length
            if ids and (events > MOST_EVENTS or size > MOST_BYTES):
                break
            ids.append(row_id)
    return ids


def run_again(ids: Sequence[int], *, rebuild: bool) -> Tally:
    """Put these requests through processing once more. What fails is tried in halves, then put back alone."""
    try:
        with garbage.paused():
            return retrying(lambda: _run(ids, rebuild=rebuild))
    except FenceLost:
        return Tally(requests=len(ids))  # somebody else opened one of them: it is worked where it waits
    except Exception as error:
        if is_blameless(error):
            raise
        log.error("replay_slice_failed", requests=len(ids), error=describe(error))
        if len(ids) > 1:
            half = len(ids) // 2
            return run_again(ids[:half], rebuild=rebuild) + run_again(ids[half:], rebuild=rebuild)
        _reopen(ids)
        return Tally(requests=1, put_back=1)


def _run(ids: Sequence[int], *, rebuild: bool) -> Tally:
    with tombstones_stand():
        return _rebuild(ids) if rebuild else _plain(ids)


def _plain(ids: Sequence[int]) -> Tally:
    rows = read_requests(ids)
    entries = planning.read_rows(rows)
    stored = storing.store(planning.plan(entries), fence=lambda: _hold(rows))
    return Tally(requests=len(ids), items=len(entries), stored=stored)


def _rebuild(ids: Sequence[int]) -> Tally:
    """Take out and store anew in one transaction. Everybody named is registered before it, so that it can join in."""
    rows = read_requests(ids)
    entries = planning.read_rows(rows)
    named = planning.plan(entries, as_new=True).fresh
    identifiers = profiles.register_sightings(planning.sightings(named))
    with transaction.atomic():
        _hold(rows)
        taken = take_out(rows, named, {identifiers[one.keys[0]] for one in named})
        places = {(one.inbox_id, one.index) for one in taken.events}
        stored = storing.store(planning.plan(entries), fence=lambda: None, taken=places)
        put_back(taken)
    return Tally(requests=len(ids), items=len(entries), stored=stored, taken_out=len(taken.events))


def read_requests(ids: Collection[int]) -> list[InboxRow]:
    """Done requests as rows of the bulk lane, marked as replays."""
    with connection.cursor() as cursor:
        cursor.execute(READ, [list(ids)])
        return [
            InboxRow(
                row[0],
                row[1],
                row[2],
                row[3],
                bytes(row[4]),
                msgspec.structs.replace(_facts(row[5]), replay=RANGE),
                0,
                int(Inbox.Lane.BULK),
            )
            for row in cursor.fetchall()
        ]


def _hold(rows: Sequence[InboxRow]) -> None:
    """The fence: these requests are still done, and nobody else runs them again meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [[row.id for row in rows]])
        if cursor.rowcount != len(rows):
            raise FenceLost("requests were opened meanwhile")


def _reopen(ids: Sequence[int]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(REOPEN, [list(ids)])
