"""Locks of segments, in this order: the rules (shared by evaluators, exclusive to a save), then dirty rows by id.

The dirty row of a profile is the lock on its memberships: whoever evaluates a profile holds it.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection

RULES_LOCK = 0x5E6_0001
CLAIM = """
SELECT profile_id, generation FROM segments_dirtyprofile
ORDER BY marked_at LIMIT %s FOR UPDATE SKIP LOCKED
"""
MARK = """
INSERT INTO segments_dirtyprofile AS dirty (profile_id) SELECT unnest(%s::uuid[])
ON CONFLICT (profile_id) DO UPDATE SET generation = dirty.generation + 1
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


def claim_dirty(limit: int) -> dict[UUID, int]:
    """Up to `limit` dirty profiles nobody else works on, with their generations; longest waiting first."""
    return dict(_execute(CLAIM, [limit]))


def mark_dirty(profile_ids: Collection[UUID]) -> None:
    """Have these profiles evaluated; waits for whoever evaluates one of them now."""
    if profile_ids:
        _execute(MARK, [sorted(set(profile_ids))])


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
