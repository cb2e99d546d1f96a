"""The journal: every merge and split of existing profiles is written in the transaction that makes it true.

One statement a table, however many people a batch joins.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from profiles.services import rows
from profiles.services.arrays import plain, texts


class Cause(NamedTuple):
    """Why profiles change: `name` of IdentityChange.Cause, and the separation where staff decided."""

    name: str
    separation_id: int | None = None


EVENTS, RULES, REPAIR = Cause("events"), Cause("rules"), Cause("repair")


class Move(NamedTuple):
    """One identifier's way."""

    identifier_id: int
    before: UUID
    after: UUID


class Change(NamedTuple):
    """`merged`: `others` went into `profile_id`; `split`: the identifiers of `profile_id` are now those of `others`."""

    kind: str
    profile_id: UUID
    others: tuple[UUID, ...]
    moves: tuple[Move, ...]


def write(changes: Sequence[Change], *, cause: Cause, rules_number: int) -> None:
    """Note the changes, at this statement's time."""
    if not changes:
        return
    ids = rows.fetch(
        """INSERT INTO profiles_identitychange (at, kind, cause, separation_id, rules_number, profile_id, others)
        SELECT clock_timestamp(), n.kind, %s, %s, %s, n.profile_id, n.others::uuid[]
        FROM unnest(%s::text[], %s::uuid[], %s::text[]) WITH ORDINALITY AS n(kind, profile_id, others, place)
        ORDER BY n.place RETURNING id""",
        [
            cause.name,
            cause.separation_id,
            rules_number,
            texts(change.kind for change in changes),
            plain(change.profile_id for change in changes),
            texts(plain(change.others) for change in changes),
        ],
    )
    moves = [(row[0], move) for row, change in zip(ids, changes, strict=True) for move in change.moves]
    if moves:
        rows.execute(
            """INSERT INTO profiles_identitymove (change_id, identifier_id, from_profile, to_profile, at)
            SELECT n.change_id, n.identifier_id, n.before, n.after, c.at
            FROM unnest(%s::bigint[], %s::bigint[], %s::uuid[], %s::uuid[])
                AS n(change_id, identifier_id, before, after)
            JOIN profiles_identitychange c ON c.id = n.change_id""",
            [
                plain(change_id for change_id, _ in moves),
                plain(move.identifier_id for _, move in moves),
                plain(move.before for _, move in moves),
                plain(move.after for _, move in moves),
            ],
        )
