"""Storing: the one fenced transaction in which a slice of events becomes true, all of it or nothing.

Lock order: inbox rows (the fence), message hashes in order, consent addresses, identifier states and profiles in
order, the day's counters last, since every worker wants the same few of those.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction

from cdp.lib import bulk_sql
from cdp.lib.clock import from_us, utc_now
from consent import services as consent
from events.blanking import BLANK as BLANKED
from events.blanking import rewrite
from events.contracts import RANGE
from events.models import MessageConflict, RejectedEvent
from events.rejects import event_name
from events.services import again, conforming
from events.services.claiming import InboxRow
from events.services.denying import signal_of
from events.services.planning import (
    Fresh,
    Plan,
    Reject,
    differs,
    known_messages,
    sightings,
    sightings_of_heard,
)
from events.services.writing import Place, write_log
from profiles import services as profiles
from profiles.contracts import IdentifierKey, StateDelta
from profiles.folds import fold_event
from profiles.identifiers import NOBODY

DEDUPLICATE = """
INSERT INTO events_storedmessage (source_id, message_hash, occurred_at, digest)
SELECT source_id, message_hash, at, digest
FROM unnest(%s::bigint[], %s::bytea[], %s::timestamptz[], %s::bigint[]) AS new(source_id, message_hash, at, digest)
ORDER BY source_id, message_hash ON CONFLICT DO NOTHING RETURNING source_id, message_hash
"""
BODIES = "SELECT id, body FROM events_inbox WHERE id = ANY(%s::bigint[]) ORDER BY id FOR UPDATE"
BLANK = "UPDATE events_inbox SET body = %s WHERE id = %s"
FORGET_HEAD = """
UPDATE events_inbox SET facts = facts - '{ip,user_agent,anonymous_id,user_token}'::text[] WHERE id = ANY(%s::bigint[])
"""
COUNT = """
WITH quarters AS (
  INSERT INTO events_quarterhour AS old (starts_at, source_id, events)
  SELECT starts_at, source_id, events FROM unnest(%s::timestamptz[], %s::bigint[], %s::bigint[])
    AS new(starts_at, source_id, events) ORDER BY 1, 2
  ON CONFLICT (starts_at, source_id) DO UPDATE SET events = old.events + excluded.events)
INSERT INTO events_sourceday AS old
  (source_id, day, received, accepted, duplicates, rejected, refused, conflicts, violations, bots)
SELECT source_id, day, a + du + rj + rf, a, du, rj, rf, cf, vi, bo
FROM unnest(%s::bigint[], %s::date[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
  %s::bigint[], %s::bigint[]) AS new(source_id, day, a, du, rj, rf, cf, vi, bo) ORDER BY 1, 2
ON CONFLICT (source_id, day) DO UPDATE SET
  received = old.received + excluded.received, accepted = old.accepted + excluded.accepted,
  duplicates = old.duplicates + excluded.duplicates, rejected = old.rejected + excluded.rejected,
  refused = old.refused + excluded.refused, conflicts = old.conflicts + excluded.conflicts,
  violations = old.violations + excluded.violations, bots = old.bots + excluded.bots
"""
QUARTER_US = 15 * 60 * 1_000_000
Fence = Callable[[], None]


class FenceLost(Exception):
    """Another worker took these rows over, since the lease ran out: nothing was written, and nothing is to be done."""


def store(planned: Plan, *, fence: Fence, taken: Collection[Place] = ()) -> int:
    """Make a plan true; returns how many events were new. `fence` marks the rows done, or raises FenceLost. `taken`:
    where events stood that the caller took out of the log, to be stored anew.

    Identifiers and links are registered in a short transaction of their own first: two workers that meet there wait
    milliseconds, not a whole slice. Registering twice changes nothing.
    """
    seen = sightings(planned.fresh) if planned.fresh else []
    if planned.heard:
        seen += sightings_of_heard(planned.heard)
    identifiers = profiles.register_sightings(seen) if seen else {}
    with transaction.atomic():
        fence()
        again.leave_what_is_stored(planned)
        new = _deduplicated(planned)
        _hear_consent([*new, *planned.heard] if planned.heard else new, identifiers)
        consent.note_places(
            (identifiers[one.keys[0]], zone, one.item.at_us)
            for one in new
            if (zone := one.item.context.get("timezone")) is not None
        )
        write_log(new, identifiers, taken)
        _fold(new, identifiers)
        _quarantine(planned.rejects)
        _note_conflicts(planned.conflicts)
        _rewrite(planned)
        counted, first = again.settle(new, planned)
        _count(counted, first)
        conforming.count([*(one.breach for one in counted), *(one.breach for one in first.rejects)])
    return len(new)


def _deduplicated(planned: Plan) -> list[Fresh]:
    """The fresh ones that are still new; those another worker stored meanwhile become duplicates."""
    if not planned.fresh:
        return []
    columns = [
        [one.source.id for one in planned.fresh],
        [one.hash for one in planned.fresh],
        [from_us(one.item.at_us) for one in planned.fresh],
        [one.digest for one in planned.fresh],
    ]
    won = set(bulk_sql.fetch(DEDUPLICATE, columns))
    if len(won) == len(planned.fresh):
        return planned.fresh
    lost = [one for one in planned.fresh if one.key not in won]
    stored = known_messages({one.key for one in lost})
    planned.conflicts += [one for one in lost if one.key in stored and differs(one.digest, stored[one.key][1])]
    return [one for one in planned.fresh if one.key in won]


def _hear_consent(new: Sequence[Fresh], identifiers: dict[IdentifierKey, int]) -> None:
    spoken = [
        signal_of(
            one.item,
            source_id=one.source.id,
            server_side=one.source.server_side,
            message_hash=one.hash,
            gpc=one.row.facts.gpc,
            identifier_id=identifiers[one.keys[0]],
        )
        for one in new
        if one.speaks
    ]
    if spoken:
        consent.record_signals(spoken)


def _fold(new: Sequence[Fresh], identifiers: dict[IdentifierKey, int]) -> None:
    deltas: dict[int, StateDelta] = {}
    for one in new:
        if one.keys[0].kind == NOBODY:
            continue  # nobody has a state, and all workers would wait for its row
        identifier_id = identifiers[one.keys[0]]
        delta = deltas.get(identifier_id)
        if delta is None:
            delta = deltas[identifier_id] = StateDelta()
        item = one.item
        traits = item.traits if item.type == "identify" else None
        fold_event(delta, name=item.name, type=item.type, traits=traits, at_us=item.at_us, hash_hex=one.hash.hex())
    if deltas:
        profiles.fold_deltas(deltas)


def _quarantine(rejects: Sequence[Reject]) -> None:
    if rejects:
        RejectedEvent.objects.bulk_create(
            [
                RejectedEvent(
                    source_id=one.row.source_id,
                    inbox_id=one.row.id,
                    index=one.index,
                    stage=one.stage,
                    reason=one.reason,
                    detail=one.detail,
                    raw=one.raw,
                    received_at=one.row.received_at,
                    name=event_name(one.raw),
                )
                for one in rejects
            ],
            ignore_conflicts=True,
        )


def _note_conflicts(conflicts: Sequence[Fresh]) -> None:
    """Each other body of a message once, however often it is sent; where its bytes are. The counters count them all.

    What goes through again was compared when it first came: by now it may read otherwise, since cleaning and rules
    have changed."""
    conflicts = [one for one in conflicts if one.row.facts.replay != RANGE]
    if conflicts:
        MessageConflict.objects.bulk_create(
            [
                MessageConflict(
                    source_id=one.source.id,
                    message_hash=one.hash,
                    digest=one.digest,
                    inbox_id=one.row.id,
                    index=one.item.index,
                )
                for one in sorted(conflicts, key=lambda one: (one.key, one.digest))
            ],
            ignore_conflicts=True,
        )


def _rewrite(planned: Plan) -> None:
    """Erase refused items from the raw requests, and leave of others what names nobody; what already is so stays so.

    The bytes are read again: a request that goes item by item was rewritten since it was claimed. Where nothing else is
    left in a request, what its head told of the sender goes too.
    """
    if not planned.refused and not planned.stripped:
        return
    anew: dict[int, dict[int, bytes]] = {}
    rows: dict[int, InboxRow] = {}
    for row, index in planned.refused:
        rows[row.id] = row
        anew.setdefault(row.id, {})[index] = bytes(BLANKED)
    for row, index, raw in planned.stripped:
        rows[row.id] = row
        anew.setdefault(row.id, {})[index] = raw
    with connection.cursor() as cursor:
        cursor.execute(BODIES, [list(anew)])
        for row_id, body in cursor.fetchall():
            path_type = rows[row_id].path_type
            cursor.execute(BLANK, [rewrite(bytes(body), path_type=path_type, items=anew[row_id]), row_id])
        if gone := [row_id for row_id, items in anew.items() if len(items) == planned.sizes.get(row_id)]:
            cursor.execute(FORGET_HEAD, [sorted(gone)])


def _count(new: Sequence[Fresh], planned: Plan) -> None:
    """received = accepted + duplicates + rejected + refused, a source and day of receipt; events by their own time."""
    accepted = _by_day(one.row for one in new)
    lost = _by_day(one.row for one in planned.fresh)
    lost.subtract(accepted)
    duplicates = _by_day(planned.duplicates) + lost
    rejected = _by_day(one.row for one in planned.rejects)
    refused = _by_day(row for row, _ in planned.refused)
    conflicts = _by_day(one.row for one in planned.conflicts)
    violations = _by_day(one.row for one in new if one.breach is not None)
    bots = _by_day(one.row for one in new if "bot" in one.item.flags)
    counters = (accepted, duplicates, rejected, refused, conflicts, violations, bots)
    keys = [key for key in {*accepted, *duplicates, *rejected, *refused} if any(one[key] for one in counters)]
    if not keys:
        return
    quarters = Counter((one.item.at_us // QUARTER_US, one.source.id) for one in new)
    columns: list[Any] = [
        [from_us(quarter * QUARTER_US) for quarter, _ in quarters],
        [source_id for _, source_id in quarters],
        list(quarters.values()),
        [source_id for source_id, _ in keys],
        [day for _, day in keys],
        *([one[key] for key in keys] for one in counters),
    ]
    with connection.cursor() as cursor:
        cursor.execute(COUNT, columns)


def _by_day(rows: Iterable[InboxRow]) -> Counter[tuple[int, date]]:
    """How many items of each (source, day of receipt): one row given an item."""
    found: dict[int, InboxRow] = {}
    items: Counter[int] = Counter()
    for row in rows:
        found[row.id] = row
        items[row.id] += 1
    days: Counter[tuple[int, date]] = Counter()
    for row_id, count in items.items():
        days[found[row_id].source_id, found[row_id].received_at.date()] += count
    return days


def poison(row: InboxRow, index: int, raw: bytes, reason: str) -> Plan:
    """The plan that quarantines one item as poison."""
    return Plan(rejects=[Reject(row, index, "poison", reason, f"noted at {utc_now():%Y-%m-%d %H:%M:%S} UTC", raw)])
