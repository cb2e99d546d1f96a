"""Learning what really comes: counts of every name, and properties of some events, declared or not.

Counts are exact, since a batch is learned in the transaction that marks it as learned. Properties are of samples, so
their shares are near the truth, not it. Names a source are bounded: past 5,000 all new ones are counted as one.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Count

from cdp.lib import bulk_sql
from cdp.lib.clock import utc_now
from plans.contracts import Observation
from plans.inferring import MOST_PATHS, Seen, look_at, merged_samples
from plans.models import LearnedDay, LearnedEvent, ViolationCount

MOST_NAMES = 5000
OTHERS = "(other names)"
KEPT_DAYS = 90
PRUNED_AT_ONCE = 10_000
EVENTS = """
INSERT INTO plans_learnedevent AS old
  (source_id, kind, name, count, refused, sampled, first_seen_at, last_seen_at)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[],
  %s::timestamptz[]) AS new(source_id, kind, name, count, refused, sampled, first_at, last_at)
ORDER BY 1, 2, 3
ON CONFLICT ON CONSTRAINT plans_learned_once DO UPDATE SET
  count = old.count + excluded.count, refused = old.refused + excluded.refused,
  sampled = old.sampled + excluded.sampled,
  first_seen_at = least(old.first_seen_at, excluded.first_seen_at),
  last_seen_at = greatest(old.last_seen_at, excluded.last_seen_at)
RETURNING id, source_id, kind, name
"""
DAYS = """
INSERT INTO plans_learnedday AS old (event_id, day, count)
SELECT * FROM unnest(%s::bigint[], %s::date[], %s::bigint[]) AS new(event_id, day, count) ORDER BY 1, 2
ON CONFLICT (event_id, day) DO UPDATE SET count = old.count + excluded.count
"""
KNOWN = "SELECT event_id, path, samples::text FROM plans_learnedproperty WHERE event_id = ANY(%s::bigint[])"
PROPERTIES = """
INSERT INTO plans_learnedproperty AS old (event_id, path, seen, types, samples)
SELECT event_id, path, seen, types::jsonb, samples::jsonb
FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::text[]) AS new(event_id, path, seen, types, samples)
ORDER BY 1, 2
ON CONFLICT ON CONSTRAINT plans_learned_property_once DO UPDATE SET
  seen = old.seen + excluded.seen, samples = excluded.samples,
  types = (SELECT jsonb_object_agg(key, total) FROM (
    SELECT key, sum(value::bigint) AS total
    FROM (SELECT * FROM jsonb_each_text(old.types) UNION ALL SELECT * FROM jsonb_each_text(excluded.types)) AS each
    GROUP BY key) AS summed)
"""
Key = tuple[int, str, str]


def learn(observations: Sequence[Observation]) -> None:
    """Add what was seen, inside the caller's transaction. Rows are taken in key order."""
    if not observations:
        return
    named = _named(observations)
    ids = _learn_events(named)
    _learn_days(named, ids)
    looked = {ids[key]: look_at(key[1], (each for one in ones for each in one.samples)) for key, ones in named.items()}
    _learn_properties({event_id: found for event_id, found in looked.items() if found})


def ignore(learned_ids: Iterable[int], *, again: bool = False) -> int:
    """Leave these out of what is seen but not declared, or show them `again`; how many that were."""
    found = LearnedEvent.objects.filter(pk__in=list(learned_ids))
    return found.update(ignored_at=None if again else utc_now())


def prune_slice() -> int:
    """Delete days and counted violations that are older than 90 days; how many rows."""
    oldest = utc_now().date() - timedelta(days=KEPT_DAYS)
    days = bulk_sql.execute(_prune(LearnedDay._meta.db_table), [oldest, PRUNED_AT_ONCE])
    return days + bulk_sql.execute(_prune(ViolationCount._meta.db_table), [oldest, PRUNED_AT_ONCE])


def _prune(table: str) -> str:
    old = f"SELECT ctid FROM {table} WHERE day < %s LIMIT %s"  # noqa: S608 - our own table's name
    return f"DELETE FROM {table} WHERE ctid = ANY(ARRAY({old}))"  # noqa: S608


def _named(observations: Sequence[Observation]) -> dict[Key, list[Observation]]:
    """By source, kind and name, sorted; new names of a source that has too many are put together."""
    keys = {(one.source_id, one.kind, one.name) for one in observations}
    fresh = keys - _known_names(keys)
    room = _room({key[0] for key in fresh}) if fresh else {}
    moved: dict[Key, Key] = {}
    for key in sorted(fresh):
        room[key[0]] -= 1
        if room[key[0]] < 0:
            moved[key] = (key[0], "track", OTHERS)
    named: dict[Key, list[Observation]] = {}
    for one in observations:
        key = (one.source_id, one.kind, one.name)
        named.setdefault(moved.get(key, key), []).append(one)
    return dict(sorted(named.items()))


def _known_names(keys: set[Key]) -> set[Key]:
    statement = """SELECT source_id, kind, name FROM plans_learnedevent JOIN
      unnest(%s::bigint[], %s::text[], %s::text[]) AS asked(source_id, kind, name) USING (source_id, kind, name)"""
    return {(row[0], row[1], row[2]) for row in bulk_sql.fetch(statement, _columns(sorted(keys)))}


def _room(source_ids: set[int]) -> dict[int, int]:
    found = LearnedEvent.objects.filter(source_id__in=source_ids).values_list("source_id").annotate(names=Count("id"))
    taken = dict(found)
    return {source_id: MOST_NAMES - taken.get(source_id, 0) for source_id in source_ids}


def _learn_events(named: dict[Key, list[Observation]]) -> dict[Key, int]:
    columns = [
        *_columns(list(named)),
        [sum(one.count for one in ones) for ones in named.values()],
        [sum(one.refused for one in ones) for ones in named.values()],
        [sum(len(one.samples) for one in ones) for ones in named.values()],
        [min(one.first_at for one in ones) for ones in named.values()],
        [max(one.last_at for one in ones) for ones in named.values()],
    ]
    rows = bulk_sql.fetch(EVENTS, columns)
    return {(source_id, kind, name): event_id for event_id, source_id, kind, name in rows}


def _learn_days(named: dict[Key, list[Observation]], ids: dict[Key, int]) -> None:
    days: dict[tuple[int, date], int] = {}
    for key, ones in named.items():
        for one in ones:
            for day, count in one.by_day.items():
                days[ids[key], day] = days.get((ids[key], day), 0) + count
    if days:
        bulk_sql.execute(DAYS, [*_columns(list(days)), list(days.values())])


def _learn_properties(looked: dict[int, dict[str, Seen]]) -> None:
    """The events' rows are locked by now, so nobody else adds to their properties meanwhile."""
    if not looked:
        return
    known: dict[int, dict[str, list[Any]]] = {event_id: {} for event_id in looked}
    for event_id, path, samples in bulk_sql.fetch(KNOWN, [list(looked)]):
        known[event_id][path] = json.loads(samples)
    rows: list[tuple[int, str, int, str, str]] = []
    for event_id, found in looked.items():
        room = MOST_PATHS - len(known[event_id])
        for path, seen in found.items():
            if path not in known[event_id]:
                room -= 1
                if room < 0:
                    continue
            samples = merged_samples(known[event_id].get(path, ()), seen.samples)
            rows.append((event_id, path, seen.seen, json.dumps(seen.types), json.dumps(samples)))
    if rows:
        bulk_sql.execute(PROPERTIES, _columns(rows))


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
