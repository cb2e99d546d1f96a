"""People as they stand, and as they stood at an instant: present rows, and the journal of moves read backwards.

An identifier was, at T, where its earliest move after T took it from; one that never moved since is where it is now;
one made after T was not there. The journal begins with the release that brought it: before, where it is now is assumed.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from cdp.lib import bulk_sql
from profiles.contracts import Counter, IdentifierFacts, Trait
from profiles.identifiers import Blocked, canonicalize

PRESENT = """SELECT traits::text, counters::text, event_count, first_seen_at, last_seen_at, updated_at, is_shared
FROM profiles_profile WHERE id = %s::uuid"""
_THEN = """coalesce((SELECT m.from_profile FROM profiles_identitymove m
    WHERE m.identifier_id = i.id AND m.at > asked.at ORDER BY m.at, m.id LIMIT 1), i.profile_id)"""
# Becoming nobody's parts it from whoever was there, one of them moves: one that has not moved since, and whom nobody
# has left since who was there then, was it already, as far as is known.
_SHARED = """i.is_shared AND NOT EXISTS (SELECT 1 FROM profiles_identitymove m
    WHERE m.identifier_id = i.id AND m.at > asked.at)
  AND NOT EXISTS (SELECT 1 FROM profiles_identitymove m JOIN profiles_identifier beside ON beside.id = m.identifier_id
    WHERE m.from_profile = i.profile_id AND m.at > asked.at AND beside.created_at <= asked.at
      AND NOT EXISTS (SELECT 1 FROM profiles_identitymove sooner WHERE sooner.identifier_id = m.identifier_id
        AND sooner.at > asked.at AND (sooner.at, sooner.id) < (m.at, m.id)))"""
_COLUMNS = f"i.id, i.kind, i.value, {_THEN}, {_SHARED}, i.first_seen_at"
FIND_THEN = f"""SELECT {_COLUMNS} FROM profiles_identifier i, (SELECT %s::timestamptz AS at) asked
WHERE i.kind = %s::text AND i.value = %s::text AND i.created_at <= asked.at"""  # noqa: S608 - parts of this file
RESOLVE_THEN = f"""SELECT {_THEN} FROM profiles_identifier i, (SELECT %s::timestamptz AS at) asked
WHERE i.minted_id = %s::uuid AND i.created_at <= asked.at"""  # noqa: S608 - parts of this file
MEMBERS_THEN = f"""SELECT {_COLUMNS} FROM (SELECT %s::timestamptz AS at, %s::uuid AS profile) asked,
  LATERAL (SELECT id FROM profiles_identifier WHERE profile_id = asked.profile
           UNION SELECT identifier_id FROM profiles_identitymove WHERE from_profile = asked.profile AND at > asked.at
  ) AS candidate JOIN profiles_identifier i ON i.id = candidate.id
WHERE i.created_at <= asked.at AND {_THEN} = asked.profile
ORDER BY i.first_seen_at, i.id"""  # noqa: S608 - parts of this file
FIRST_EVIDENCE = """SELECT i.id, l.source_id, l.message_hash FROM unnest(%s::bigint[]) AS i(id) CROSS JOIN LATERAL (
  SELECT first_seen_at, source_id, message_hash FROM profiles_link WHERE a_id = i.id
  UNION ALL SELECT first_seen_at, source_id, message_hash FROM profiles_link WHERE b_id = i.id
  ORDER BY first_seen_at LIMIT 1) AS l"""
_traits = msgspec.json.Decoder(dict[str, Trait]).decode
_counters = msgspec.json.Decoder(dict[str, Counter]).decode


@dataclass(frozen=True, slots=True)
class Standing:
    """A profile's row. `traits` with their times, those set to null too."""

    traits: dict[str, Trait]
    counters: dict[str, Counter]
    event_count: int
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    updated_at: datetime | None
    is_shared: bool


def standing(profile_id: UUID) -> Standing | None:
    """The profile as it stands, by one statement; None where there is none."""
    rows = bulk_sql.fetch(PRESENT, [profile_id])
    if not rows:
        return None
    traits, counters, *rest = rows[0]
    return Standing(_traits(traits), _counters(counters), *rest)


def found_then(kind: str, value: object, at: datetime) -> IdentifierFacts | None:
    """The identifier of this kind and (raw or canonical) value with the profile it belonged to then."""
    key = canonicalize(kind, value)
    if isinstance(key, Blocked):
        return None
    rows = bulk_sql.fetch(FIND_THEN, [at, key.kind, key.value])
    return IdentifierFacts(*rows[0]) if rows else None


def resolved_then(profile_id: UUID, at: datetime) -> UUID | None:
    """What any id minted by then stood for at that time."""
    rows = bulk_sql.fetch(RESOLVE_THEN, [at, profile_id])
    return rows[0][0] if rows else None


def members_then(profile_id: UUID, at: datetime) -> list[IdentifierFacts]:
    """The identifiers that made up this profile then, oldest first."""
    return [IdentifierFacts(*row) for row in bulk_sql.fetch(MEMBERS_THEN, [at, profile_id])]


def first_evidence(identifier_ids: list[int]) -> dict[int, tuple[int | None, str]]:
    """{identifier id: (source id, message hash hex)} of the earliest link of those that were seen with another."""
    rows = bulk_sql.fetch(FIRST_EVIDENCE, [identifier_ids]) if identifier_ids else []
    return {found: (source_id, bytes(message or b"").hex()) for found, source_id, message in rows}
