"""Locks of segments, in this order: the rules (shared by evaluators, exclusive to a save), then dirty rows by id.

The dirty row of a profile is the lock on its memberships: whoever evaluates a profile holds it.
"""

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import connection

RULES_LOCK, EXPIRY_LOCK = 0x5E6_0001, 0x5E6_0004
CLAIM = """
SELECT profile_id, generation, segment_ids FROM segments_dirtyprofile
ORDER BY marked_at LIMIT %s FOR UPDATE SKIP LOCKED
"""
# What is null is for every segment, and stays so.
MARK = """
INSERT INTO segments_dirtyprofile AS dirty (profile_id, segment_ids)
SELECT m.profile_id, string_to_array(m.ids, ',')::bigint[] FROM unnest(%s::uuid[], %s::text[]) AS m(profile_id, ids)
ON CONFLICT (profile_id) DO UPDATE SET generation = dirty.generation + 1, segment_ids =
  CASE WHEN dirty.segment_ids IS NULL OR excluded.segment_ids IS NULL THEN NULL
  ELSE ARRAY(SELECT unnest(dirty.segment_ids) UNION SELECT unnest(excluded.segment_ids)) END
"""
# xmax is 0 for a row this statement inserted: only those are ours to delete afterwards.
HOLD = """
INSERT INTO segments_dirtyprofile AS dirty (profile_id) SELECT unnest(%s::uuid[])
ON CONFLICT (profile_id) DO UPDATE SET generation = dirty.generation
RETURNING profile_id, generation, xmax = 0
"""
RELEASE = """
DELETE FROM segments_dirtyprofile AS dirty USING unnest(%s::uuid[], %s::bigint[]) AS done(profile_id, generation)
WHERE dirty.profile_id = done.profile_id AND dirty.generation = done.generation
"""


def share_rules() -> None:
    """No rule changes until this transaction ends."""
    _execute("SELECT pg_advisory_xact_lock_shared(%s)", [RULES_LOCK])


def own_rules() -> None:
    """Nobody evaluates until this transaction ends."""
    _execute("SELECT pg_advisory_xact_lock(%s)", [RULES_LOCK])


@dataclass(frozen=True, slots=True)
class Claimed:
    """Dirty profiles that are ours: to `release` with their generations, and for which segments; None = every one."""

    generations: dict[UUID, int]
    wanted: dict[UUID, frozenset[int] | None]


def expires_alone() -> bool:
    """Whether nobody else works on due answers; until this transaction ends nobody else will."""
    return bool(_execute("SELECT pg_try_advisory_xact_lock(%s)", [EXPIRY_LOCK])[0][0])


def claim_dirty(limit: int) -> Claimed:
    """Up to `limit` dirty profiles nobody else works on; longest waiting first."""
    rows = _execute(CLAIM, [limit])
    wanted = {profile_id: None if ids is None else frozenset(ids) for profile_id, _, ids in rows}
    return Claimed({profile_id: generation for profile_id, generation, _ in rows}, wanted)


def mark_dirty(profile_ids: Collection[UUID], segment_ids: Collection[int] | None = None) -> None:
    """Have these profiles evaluated, for some segments or for every one; waits for whoever evaluates one of them."""
    mark_each(dict.fromkeys(profile_ids, None if segment_ids is None else frozenset(segment_ids)))


def mark_each(wanted: Mapping[UUID, Set[int] | None]) -> None:
    """The same with the segments of each profile; whom no segment looks at is left out."""
    told = sorted(((one, ids) for one, ids in wanted.items() if ids is None or ids), key=itemgetter(0))
    if told:
        texts = [None if ids is None else ",".join(map(str, sorted(ids))) for _, ids in told]
        _execute(MARK, [[one for one, _ in told], texts])


def hold(profile_ids: Collection[UUID]) -> dict[UUID, int]:
    """Lock these profiles for an evaluation of some segments. Returns those to `release`: the ones not dirty before."""
    rows = _execute(HOLD, [sorted(set(profile_ids))])
    return {profile_id: generation for profile_id, generation, is_new in rows if is_new}


def release(held: dict[UUID, int]) -> None:
    """Delete the dirty rows whose generation is still the one that was evaluated."""
    if held:
        _execute(RELEASE, [list(held), list(held.values())])


def _execute(statement: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else []
