"""Rows of profiles as the writers hold them, and the set-at-a-time SQL that reads and writes them.

Everything here but `known_ids` and `unsatisfied` is called under the identity lock (see `sightings`). The SQL functions
profiles_at(µs) and profiles_us(timestamptz) are exact for every instant, where to_timestamp(double) is not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import uuid_utils.compat
from django.db import connection

from profiles.contracts import IdentifierKey
from profiles.identity import Edge, Node, Side
from profiles.services.arrays import blobs, plain, texts

IDENTITY_LOCK = 0x70726F66696C6501
"""Key of the advisory lock that whoever changes identifiers, links or components holds until its commit."""


@dataclass(slots=True)
class IdentifierRow:
    """One identifier as stored, or about to be."""

    id: int
    kind: str
    value: str
    first_seen_us: int
    minted_id: UUID
    profile_id: UUID
    degree: int = 0
    is_shared: bool = False

    def node(self) -> Node:
        """The part identity looks at."""
        return Node(self.id, self.kind, self.value, self.first_seen_us, self.is_shared)


class SeenLink(NamedTuple):
    """Two identifiers (by id, a < b) as one batch saw them together: earliest time, who was the person, evidence."""

    a: int
    b: int
    first_seen_us: int
    a_is_person: bool
    b_is_person: bool
    source_id: int
    message_hash: bytes


class LinkBefore(NamedTuple):
    """A link that needs writing, and what the database holds of it (False, False where there is none)."""

    link: SeenLink
    a_was_person: bool
    b_was_person: bool
    moves: bool  # new, or earlier than stored: components may change


def fetch(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of one query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def execute(sql: str, params: Sequence[Any]) -> None:
    """One statement without rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def known_ids(first_seen: Mapping[IdentifierKey, int]) -> tuple[dict[IdentifierKey, int], dict[int, int]]:
    """({key: id} of those that exist, {id: µs} of those seen earlier here than stored)."""
    keys = list(first_seen)
    if not keys:
        return {}, {}
    rows = fetch(
        """SELECT seen.place, i.id, i.first_seen_at > profiles_at(seen.us)
        FROM unnest(%s::text[], %s::text[], %s::bigint[]) WITH ORDINALITY AS seen(kind, value, us, place)
        JOIN profiles_identifier i ON i.kind = seen.kind AND i.value = seen.value""",
        [texts(key.kind for key in keys), texts(key.value for key in keys), plain(first_seen.values())],
    )
    ids = {keys[place - 1]: found for place, found, _ in rows}
    return ids, {found: first_seen[keys[place - 1]] for place, found, earlier in rows if earlier}


def unsatisfied(links: Sequence[SeenLink]) -> list[LinkBefore]:
    """Those of `links` that say something the database does not: new, earlier, or with a new person flag."""
    if not links:
        return []
    rows = fetch(
        """SELECT seen.place, coalesce(l.a_is_person, FALSE), coalesce(l.b_is_person, FALSE),
            l.id IS NULL OR l.first_seen_at > profiles_at(seen.us)
        FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::boolean[], %s::boolean[])
            WITH ORDINALITY AS seen(a, b, us, a_is_person, b_is_person, place)
        LEFT JOIN profiles_link l ON l.a_id = seen.a AND l.b_id = seen.b
        WHERE l.id IS NULL OR l.first_seen_at > profiles_at(seen.us)
            OR (seen.a_is_person AND NOT l.a_is_person) OR (seen.b_is_person AND NOT l.b_is_person)""",
        [plain(column) for column in list(zip(*links, strict=True))[:5]],
    )
    return [LinkBefore(links[place - 1], a, b, moves) for place, a, b, moves in rows]


def mint(keys: Iterable[IdentifierKey], first_seen: Mapping[IdentifierKey, int]) -> list[IdentifierRow]:
    """Rows for new identifiers, each its own profile so far; ids are taken from the sequence, nothing is written."""
    ordered = sorted(keys)
    ids = fetch(
        "SELECT nextval(pg_get_serial_sequence('profiles_identifier', 'id')) FROM generate_series(1, %s)",
        [len(ordered)],
    )
    minted = [uuid_utils.compat.uuid7() for _ in ordered]
    return [
        IdentifierRow(found, key.kind, key.value, first_seen[key], own, own)
        for (found,), key, own in zip(ids, ordered, minted, strict=True)
    ]


def load(ids: Iterable[int]) -> list[IdentifierRow]:
    """Identifier rows in id order."""
    return [
        IdentifierRow(*row)
        for row in fetch(
            """SELECT i.id, i.kind, i.value, profiles_us(i.first_seen_at), i.minted_id, i.profile_id, i.degree,
            i.is_shared FROM profiles_identifier i WHERE i.id = ANY(%s::bigint[]) ORDER BY i.id""",
            [plain(ids)],
        )
    ]


def edges_of(ids: Sequence[int]) -> list[Edge]:
    """The links that touch any of `ids`, from both sides; one between two of them comes twice."""
    return [
        Edge(*row)
        for row in fetch(
            """SELECT a_id, b_id, profiles_us(first_seen_at) FROM profiles_link WHERE a_id = ANY(%s::bigint[])
            UNION ALL
            SELECT a_id, b_id, profiles_us(first_seen_at) FROM profiles_link WHERE b_id = ANY(%s::bigint[])""",
            [plain(ids), plain(ids)],
        )
    ]


def reach(seeds: Iterable[int], *, shared: Iterable[int], limit: int) -> list[int]:
    """The unshared ones among `seeds` and all that links lead to from them past unshared ones; at most `limit` ids.

    One statement, however many hops: it runs under the identity lock. Each step is a lookup by index, whatever the
    planner thinks of the sizes. `shared` are those the database does not know as such.
    """
    found = fetch(
        """WITH RECURSIVE shared_now(ids) AS (SELECT %s::bigint[]), walk(id) AS (
            SELECT seed.id FROM unnest(%s::bigint[]) AS seed(id), shared_now
            WHERE NOT seed.id = ANY(ids)
                AND NOT coalesce((SELECT i.is_shared FROM profiles_identifier i WHERE i.id = seed.id), FALSE)
            UNION
            SELECT far.id FROM walk, shared_now, LATERAL unnest(ARRAY(
                SELECT l.b_id FROM profiles_link l WHERE l.a_id = walk.id
                UNION ALL
                SELECT l.a_id FROM profiles_link l WHERE l.b_id = walk.id)) AS far(id)
            WHERE NOT far.id = ANY(ids)
                AND NOT coalesce((SELECT i.is_shared FROM profiles_identifier i WHERE i.id = far.id), FALSE)
        ) SELECT id FROM walk LIMIT %s""",
        [plain(shared), plain(seeds), limit],
    )
    return [i for (i,) in found]


def sides_of(ids: Iterable[int]) -> dict[int, list[Side]]:
    """{identifier id: its places in separations in force} of those that have any."""
    found: dict[int, list[Side]] = {}
    for identifier_id, separation, side in fetch(
        """SELECT x.identifier_id, x.separation_id, x.side FROM profiles_separatedidentifier x
        JOIN profiles_separation s ON s.id = x.separation_id AND s.lifted_at IS NULL
        WHERE x.identifier_id = ANY(%s::bigint[])""",
        [plain(ids)],
    ):
        found.setdefault(identifier_id, []).append(Side(separation, side))
    return found


def insert_identifiers(rows: Sequence[IdentifierRow]) -> None:
    """Write new identifiers with their empty states."""
    if not rows:
        return
    execute(
        """INSERT INTO profiles_identifier (id, kind, value, first_seen_at, minted_id, profile_id, degree, is_shared)
        SELECT n.id, n.kind, n.value, profiles_at(n.us), n.minted_id, n.profile_id, n.degree, n.is_shared
        FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::uuid[], %s::uuid[], %s::int[],
            %s::boolean[]) AS n(id, kind, value, us, minted_id, profile_id, degree, is_shared)""",
        [
            plain(r.id for r in rows),
            texts(r.kind for r in rows),
            texts(r.value for r in rows),
            plain(r.first_seen_us for r in rows),
            plain(r.minted_id for r in rows),
            plain(r.profile_id for r in rows),
            plain(r.degree for r in rows),
            plain(r.is_shared for r in rows),
        ],
    )
    execute(
        """INSERT INTO profiles_identifierstate (identifier_id, traits, counters, event_count)
        SELECT id, '{}', '{}', 0 FROM unnest(%s::bigint[]) AS n(id)""",
        [plain(r.id for r in rows)],
    )


def update_identifiers(rows: Sequence[IdentifierRow]) -> None:
    """Write times, degrees and shared flags of identifiers that exist (not their profile)."""
    if not rows:
        return
    execute(
        """UPDATE profiles_identifier i
            SET first_seen_at = profiles_at(n.us), degree = n.degree, is_shared = n.is_shared
        FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::boolean[]) AS n(id, us, degree, is_shared)
        WHERE i.id = n.id""",
        [
            plain(r.id for r in rows),
            plain(r.first_seen_us for r in rows),
            plain(r.degree for r in rows),
            plain(r.is_shared for r in rows),
        ],
    )


def upsert_links(links: Sequence[SeenLink]) -> None:
    """Write links: the earliest time wins with its evidence, person flags only ever grow."""
    if not links:
        return
    columns = list(zip(*links, strict=True))
    execute(
        """INSERT INTO profiles_link AS l
            (a_id, b_id, first_seen_at, a_is_person, b_is_person, source_id, message_hash)
        SELECT n.a, n.b, profiles_at(n.us), n.a_is_person, n.b_is_person, n.source_id, n.message_hash
        FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::boolean[], %s::boolean[], %s::bigint[], %s::bytea[])
            AS n(a, b, us, a_is_person, b_is_person, source_id, message_hash)
        ORDER BY n.a, n.b
        ON CONFLICT (a_id, b_id) DO UPDATE SET
            source_id = CASE WHEN excluded.first_seen_at < l.first_seen_at THEN excluded.source_id ELSE l.source_id END,
            message_hash =
                CASE WHEN excluded.first_seen_at < l.first_seen_at THEN excluded.message_hash ELSE l.message_hash END,
            first_seen_at = least(l.first_seen_at, excluded.first_seen_at),
            a_is_person = l.a_is_person OR excluded.a_is_person,
            b_is_person = l.b_is_person OR excluded.b_is_person""",
        [*map(plain, columns[:-1]), blobs(columns[-1])],
    )
