"""What goes through processing again is not counted twice: received = accepted + duplicates + rejected + refused.

A request, and each item of it, was counted when it was first processed. Sent again (`RequestFacts.replay`) it counts
nothing, but for an item that leaves quarantine by it: that one moves from rejected to what it has become, on the day
it was first received. Live requests are never replays, so of them nothing is asked.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connection

from cdp.lib import bulk_sql
from cdp.lib.clock import from_us
from events.contracts import ITEM, RANGE
from events.models import Inbox
from events.services.claiming import InboxRow
from events.services.planning import Fresh, Plan, Reject

VERDICTS = ("accepted", "duplicates", "refused")
QUARTER_US = 15 * 60 * 1_000_000
STORED = """
SELECT inbox_id, index FROM events_event
WHERE inbox_id BETWEEN %s AND %s AND (inbox_id, index) IN (SELECT * FROM unnest(%s::bigint[], %s::int[]))
"""
# Rows whose only item came out of quarantine: they are single, and known by the row.
CAME_OUT = "SELECT replayed_as_id FROM events_rejectedevent WHERE replayed_as_id = ANY(%s::bigint[])"
RESOLVE = """
UPDATE events_rejectedevent SET resolved_at = now(), resolution = 'replayed'
FROM unnest(%s::bigint[], %s::int[]) AS stored(inbox_id, index)
WHERE events_rejectedevent.inbox_id = stored.inbox_id AND events_rejectedevent.index = stored.index
  AND resolved_at IS NULL
RETURNING events_rejectedevent.inbox_id, events_rejectedevent.index
"""
RETELL = """
UPDATE events_rejectedevent SET stage = told.stage, reason = told.reason, detail = told.detail,
  resolved_at = NULL, resolution = '', resolved_by_id = NULL
FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[], %s::text[]) AS told(inbox_id, index, stage, reason, detail)
WHERE events_rejectedevent.inbox_id = told.inbox_id AND events_rejectedevent.index = told.index
  AND (resolved_at IS NULL OR (resolution = 'replayed' AND replayed_as_id IS NULL))
"""
MOVE = """
UPDATE events_sourceday SET rejected = rejected - moved.a - moved.du - moved.rf, accepted = accepted + moved.a,
  duplicates = duplicates + moved.du, refused = refused + moved.rf
FROM (SELECT * FROM unnest(%s::bigint[], %s::date[], %s::bigint[], %s::bigint[], %s::bigint[])
  AS new(source_id, day, a, du, rf) ORDER BY 1, 2) AS moved
WHERE events_sourceday.source_id = moved.source_id AND events_sourceday.day = moved.day
"""
QUARTERS = """
INSERT INTO events_quarterhour AS old (starts_at, source_id, events)
SELECT * FROM unnest(%s::timestamptz[], %s::bigint[], %s::bigint[]) ORDER BY 1, 2
ON CONFLICT (starts_at, source_id) DO UPDATE SET events = old.events + excluded.events
"""


@dataclass(frozen=True, slots=True)
class Moved:
    """An item that left quarantine: `verdict` is one of VERDICTS; `at_us` the event's time where it was stored."""

    source_id: int
    day: date
    verdict: str
    at_us: int | None = None


def leave_what_is_stored(planned: Plan) -> None:
    """An item whose event is in the log is no reject, whatever today's rules say of it: the log is never rewritten."""
    if not _has_replays(planned):
        return
    asked = [one for one in planned.rejects if one.row.facts.replay]
    if not asked:
        return
    ids = [one.row.id for one in asked]
    stored = set(bulk_sql.fetch(STORED, [min(ids), max(ids), ids, [one.index for one in asked]]))
    planned.rejects = [one for one in planned.rejects if (one.row.id, one.index) not in stored]


def settle(new: list[Fresh], planned: Plan) -> tuple[list[Fresh], Plan]:
    """Move what left quarantine, and answer what is counted for the first time: all of it where nothing is a replay."""
    if not _has_replays(planned):
        return new, planned
    _retell([one for one in planned.rejects if one.row.facts.replay])
    move([*_out_of_quarantine(new, planned), *_resolved([one for one in new if one.row.facts.replay == RANGE])])
    return [one for one in new if not one.row.facts.replay], _first_time(planned)


def move(items: Iterable[Moved]) -> None:
    """Count items where they have come to be instead of among the rejected, and stored ones by their own time."""
    moves: Counter[tuple[int, date, str]] = Counter()
    quarters: Counter[tuple[int, int]] = Counter()
    for one in items:
        moves[one.source_id, one.day, one.verdict] += 1
        if one.at_us is not None:
            quarters[one.at_us // QUARTER_US, one.source_id] += 1
    if not moves:
        return
    keys = sorted({(source_id, day) for source_id, day, _ in moves})
    columns = [[moves[(*key, verdict)] for key in keys] for verdict in VERDICTS]
    with connection.cursor() as cursor:
        cursor.execute(MOVE, [[key[0] for key in keys], [key[1] for key in keys], *columns])
        if quarters:
            starts = [from_us(quarter * QUARTER_US) for quarter, _ in quarters]
            cursor.execute(QUARTERS, [starts, [source_id for _, source_id in quarters], list(quarters.values())])


def _has_replays(planned: Plan) -> bool:
    """A claim is of one lane, and replays are of the bulk lane: live slices answer at once."""
    row = _any_row(planned)
    return row is not None and row.lane == Inbox.Lane.BULK and any(one.facts.replay for one in _rows(planned))


def _any_row(planned: Plan) -> InboxRow | None:
    return next(iter(_rows(planned)), None)


def _rows(planned: Plan) -> Iterable[InboxRow]:
    yield from (one.row for one in planned.fresh)
    yield from (one.row for one in planned.rejects)
    yield from planned.duplicates
    yield from (row for row, _ in planned.refused)


def _out_of_quarantine(new: list[Fresh], planned: Plan) -> list[Moved]:
    rows = {row.id: row for row in _rows(planned) if row.facts.replay == ITEM}
    if not rows:
        return []
    stored = {one.row.id: one.item.at_us for one in new}
    refused = {row.id for row, _ in planned.refused}
    again = {one.row.id for one in planned.rejects}
    moved = []
    for (row_id,) in bulk_sql.fetch(CAME_OUT, [sorted(rows.keys() - again)]):
        verdict = "accepted" if row_id in stored else "refused" if row_id in refused else "duplicates"
        row = rows[row_id]
        moved.append(Moved(row.source_id, row.received_at.date(), verdict, stored.get(row_id)))
    return moved


def _resolved(stored: list[Fresh]) -> list[Moved]:
    """Of the items stored by a replay of their request: those that were in quarantine, now resolved."""
    if not stored:
        return []
    by_place = {(one.row.id, one.item.index): one for one in stored}
    found = bulk_sql.fetch(RESOLVE, [[place[0] for place in by_place], [place[1] for place in by_place]])
    taken = [by_place[row_id, index] for row_id, index in found]
    return [Moved(one.source.id, one.row.received_at.date(), "accepted", one.item.at_us) for one in taken]


def _retell(rejects: list[Reject]) -> None:
    """What is still refused may be so for another reason now; what a request had stored meanwhile is open again."""
    if rejects:
        columns = [[getattr(one, name) for one in rejects] for name in ("index", "stage", "reason", "detail")]
        bulk_sql.execute(RETELL, [[one.row.id for one in rejects], *columns])


def _first_time(planned: Plan) -> Plan:
    return Plan(
        fresh=[one for one in planned.fresh if not one.row.facts.replay],
        rejects=[one for one in planned.rejects if not one.row.facts.replay],
        duplicates=[row for row in planned.duplicates if not row.facts.replay],
        refused=[(row, index) for row, index in planned.refused if not row.facts.replay],
        conflicts=[one for one in planned.conflicts if not one.row.facts.replay],
    )
