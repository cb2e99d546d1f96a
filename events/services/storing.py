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
from consent import signals
from consent.contracts import SignalEvent
from events.blanking import blank
from events.contracts import RANGE
from events.identifying import emails_of
from events.models import MessageConflict, RejectedEvent
from events.rejects import event_name
from events.services import again, conforming
from events.services.claiming import InboxRow
from events.services.planning import Fresh, Plan, Reject, differs, known_messages, sightings
from events.services.writing import Place, write_log
from profiles import services as profiles
from profiles.contracts import IdentifierKey, StateDelta
from profiles.folds import fold_event

DEDUPLICATE = """
INSERT INTO events_storedmessage (source_id, message_hash, occurred_at, digest)
SELECT source_id, message_hash, at, digest
FROM unnest(%s::bigint[], %s::bytea[], %s::timestamptz[], %s::bigint[]) AS new(source_id, message_hash, at, digest)
ORDER BY source_id, message_hash ON CONFLICT DO NOTHING RETURNING source_id, message_hash
"""
BLANK = "UPDATE events_inbox SET body = %s WHERE id = %s"
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
    identifiers = profiles.register_sightings(sightings(planned.fresh)) if planned.fresh else {}
    with transaction.atomic():
        fence()
        again.leave_what_is_stored(planned)
        new = _deduplicated(planned)
        _hear_consent(new, identifiers)
        consent.note_places(
            (identifiers[one.keys[0]], zone, one.item.at_us)
            for one in new
            if (zone := one.item.context.get("timezone")) is not None
        )
        write_log(new, identifiers, taken)
        _fold(new, identifiers)
        _quarantine(planned.rejects)
        _note_conflicts(planned.conflicts)
        _blank(planned.refused)
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
        SignalEvent(
            source_id=one.source.id,
            server_side=one.source.server_side,
            message_hash=one.hash,
            type=one.item.type,
            name=one.item.name,
            occurred_at=from_us(one.item.at_us),
            identifier_id=identifiers[one.keys[0]],
            properties=one.item.properties,
            context=one.item.context,
            traits=one.item.traits,
            emails=emails_of(one.item.properties, one.item.traits, one.item.context),
            gpc=one.row.facts.gpc,
        )
        for one in new
        if signals.may_speak(name=one.item.name, context=one.item.context, gpc=one.row.facts.gpc)
    ]
    if spoken:
        consent.record_signals(spoken)


def _fold(new: Sequence[Fresh], identifiers: dict[IdentifierKey, int]) -> None:
    deltas: dict[int, StateDelta] = {}
    for one in new:
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


def _blank(refused: Sequence[tuple[InboxRow, int]]) -> None:
    """Erase refused items from the raw requests; an item that already is blank stays so."""
    by_row: dict[int, tuple[InboxRow, set[int]]] = {}
    for row, index in refused:
        by_row.setdefault(row.id, (row, set()))[1].add(index)
    with connection.cursor() as cursor:
        for row_id in sorted(by_row):
            row, indexes = by_row[row_id]
            cursor.execute(BLANK, [blank(row.body, path_type=row.path_type, indexes=indexes), row_id])


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
