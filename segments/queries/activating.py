"""Whom a segment may be used for: its members, less those who do not allow the purpose it is activated for.

Membership stays the truth of the rule; the gate is asked when a segment is acted upon. Of a whole segment the gate
itself is asked only about those of whom the ledger says anything. All others differ by nothing but where they live and
whether an address is known: the database groups them by that, and the gate's own rules are asked once a group.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings

from cdp.lib import bulk_sql
from cdp.lib.decision import Decision
from cdp.lib.hashing import address_hash
from consent import queries as consent
from consent import regimes
from consent.contracts import PurposeFacts
from consent.effect import Told, effect
from consent.purposes_in_force import purposes_now
from segments.contracts import Activation
from segments.models import Segment

PEOPLE = 2_000
PAGE = 20_000
KNOWN_ADDRESS = b"\0" * 16  # of a group with an address: nothing was said of any of theirs
KIND_OF_CHANNEL = {"email": "email", "sms": "phone"}

NOW_IN_IT = "SELECT profile_id FROM segments_membership WHERE segment_id = %s::bigint AND left_at IS NULL"
PART = f"{NOW_IN_IT} AND profile_id > %s::uuid AND profile_id <= %s::uuid"
THESE = "SELECT profile_id FROM unnest(%s::uuid[]) AS these(profile_id)"
LAST = f"""
SELECT profile_id FROM ({NOW_IN_IT} AND profile_id > %s::uuid ORDER BY profile_id LIMIT %s::bigint) AS page
ORDER BY profile_id DESC LIMIT 1
"""  # noqa: S608 - parts of this file
SPOKEN = """
SELECT DISTINCT i.profile_id FROM profiles_identifier AS i
WHERE i.profile_id IN ({members}) AND i.id IN
  (SELECT identifier_id FROM consent_entry WHERE purpose_id = ANY(%s::text[]) AND identifier_id IS NOT NULL)
"""
# One value each, not a row: a row costs the reader ten times what is in it.
ADDRESSES = """
SELECT json_agg(value)::text FROM profiles_identifier
WHERE kind IN ('email', 'phone') AND profile_id IN ({members})
"""
SPOKEN_ADDRESSES = """
SELECT DISTINCT address_hash FROM consent_entry
WHERE purpose_id = ANY(%s::text[]) AND address_hash = ANY(%s::bytea[])
"""
OWNERS = """
SELECT DISTINCT profile_id FROM profiles_identifier
WHERE kind IN ('email', 'phone') AND value = ANY(%s::text[]) AND profile_id IN ({members})
"""
# All that may tell the law of people apart of whom nothing was said, and whether they can be written to.
QUIET = """
SELECT (p.traits->'country'->0)::text, (p.traits->'address'->0)::text, (p.traits->'state'->0)::text, own.time_zone,
  own.is_known, own.is_somebody, {result}
FROM ({members}) AS m
  LEFT JOIN unnest(%s::uuid[]) AS spoken(profile_id) ON spoken.profile_id = m.profile_id
  LEFT JOIN profiles_profile AS p ON p.id = m.profile_id
  CROSS JOIN LATERAL (
    SELECT (array_agg(z.time_zone ORDER BY z.said_at DESC, z.time_zone DESC)
        FILTER (WHERE z.time_zone IS NOT NULL))[1] AS time_zone,
      coalesce(bool_or(i.kind = %s::text AND NOT i.is_shared), FALSE) AS is_known, count(i.id) > 0 AS is_somebody
    FROM profiles_identifier AS i LEFT JOIN consent_place AS z ON z.identifier_id = i.id
    WHERE i.profile_id = m.profile_id) AS own
WHERE spoken.profile_id IS NULL GROUP BY 1, 2, 3, 4, 5, 6
"""
NOBODY = Decision(False, "nobody")


def activation(segment: Segment, now: datetime) -> Activation:
    """How many are in it, and how many of them may not be addressed for its purpose, by the gate's reason."""
    purpose = segment.purpose_id or ""
    chain = purposes_now().chain(purpose)
    if not chain:
        count = sum(row[-1] for row in bulk_sql.fetch(f"SELECT count(*) FROM ({NOW_IN_IT}) AS m", [segment.pk]))  # noqa: S608
        return Activation(purpose, count, {"unknown_purpose": count} if purpose and count else {})
    members = MembersAsked(NOW_IN_IT, (segment.pk,))
    spoken = spoken_of(members, chain)
    refused: Counter[str] = Counter()
    for decision in (one for _, one in _asked(spoken, purpose, now)):
        refused[decision.reason] += not decision.allowed
    quiet = quiet_of(members, spoken, chain, now, result="count(*)")
    for decision, count in quiet:
        refused[decision.reason] += 0 if decision.allowed else count
    people = len(spoken) + sum(count for _, count in quiet)
    return Activation(purpose, people, {reason: count for reason, count in sorted(refused.items()) if count})


def activated(segment: Segment, profile_ids: Collection[UUID], now: datetime) -> dict[UUID, Decision]:
    """The gate's answer for each of these members; for whatever acts upon a segment. Without a purpose all are allowed.

    Reasons are those of `consent.queries.allows`; `no_purpose` where the segment has none. A profile without
    identifiers (erased) is not allowed: `nobody`.
    """
    if not segment.purpose_id:
        return dict.fromkeys(profile_ids, Decision(True, "no_purpose"))
    return dict(_asked(list(profile_ids), segment.purpose_id, now))


def purposes_of(segment_ids: Collection[int]) -> dict[int, str]:
    """{segment id: the code of the purpose it is used for}, of those that have one."""
    found = Segment.objects.filter(pk__in=list(segment_ids), purpose__isnull=False)
    return {pk: str(purpose) for pk, purpose in found.values_list("pk", "purpose_id")}


def activated_members(segment: Segment, now: datetime) -> Iterator[list[UUID]]:
    """The members who may be addressed, in chunks by profile id: for exports and campaigns.

    Each chunk is read when it is asked for, so that it holds by what was said until then.
    """
    purpose, after = segment.purpose_id or "", UUID(int=0)
    chain = purposes_now().chain(purpose)
    while last := bulk_sql.fetch(LAST, [segment.pk, after, PAGE]):
        members = MembersAsked(PART, (segment.pk, after, last[0][0]))
        after = last[0][0]
        if not purpose:
            yield [row[0] for row in bulk_sql.fetch(f"{PART} ORDER BY profile_id", members.params)]
        else:
            yield _judged(members, chain, now).allowed if chain else []


@dataclass(frozen=True, slots=True)
class Judged:
    """Some members by profile id: who of them may be addressed, and how many of the others by the gate's reason."""

    allowed: list[UUID]
    refused: Mapping[str, int]


def judged_members(segment_id: int, purpose: str, now: datetime) -> Iterator[Judged]:
    """All members in chunks by profile id, judged for any purpose; each chunk is read when it is asked for."""
    chain, after = purposes_now().chain(purpose), UUID(int=0)
    while last := bulk_sql.fetch(LAST, [segment_id, after, PAGE]):
        members = MembersAsked(PART, (segment_id, after, last[0][0]))
        after = last[0][0]
        if chain:
            yield _judged(members, chain, now)
        else:
            yield Judged([], {"unknown_purpose": len(bulk_sql.fetch(PART, members.params))})


def judged_people(profile_ids: Sequence[UUID], purpose: str, now: datetime) -> Judged:
    """These people judged for any purpose, whatever put them together; for audiences of several segments."""
    chain = purposes_now().chain(purpose)
    if not chain:
        return Judged([], {"unknown_purpose": len(profile_ids)} if profile_ids else {})
    return _judged(MembersAsked(THESE, (list(profile_ids),)), chain, now)


@dataclass(frozen=True, slots=True)
class MembersAsked:
    """A statement that selects profile ids, and its parameters."""

    statement: str
    params: tuple[object, ...]


def _judged(members: MembersAsked, chain: Sequence[PurposeFacts], now: datetime) -> Judged:
    """Who of these may be addressed: the gate's word on those who said something, their group's on the others."""
    spoken = spoken_of(members, chain)
    refused: Counter[str] = Counter()
    allowed = []
    for one, decision in _asked(spoken, chain[0].code, now):
        if decision.allowed:
            allowed.append(one.bytes)
        else:
            refused[decision.reason] += 1
    for decision, ids in quiet_of(members, spoken, chain, now, result="string_agg(uuid_send(m.profile_id), '')"):
        if decision.allowed:
            allowed += [ids[start : start + 16] for start in range(0, len(ids), 16)]
        else:
            refused[decision.reason] += len(ids) // 16
    return Judged([UUID(bytes=one) for one in sorted(allowed)], refused)


def _asked(profile_ids: Sequence[UUID], purpose: str, now: datetime) -> Iterator[tuple[UUID, Decision]]:
    """The gate itself, some thousand people a statement."""
    for start in range(0, len(profile_ids), PEOPLE):
        part = profile_ids[start : start + PEOPLE]
        subjects = consent.subjects_of(part)
        known = [one for one in part if one in subjects]
        decisions = consent.allows_each([subjects[one] for one in known], purpose, now)
        yield from zip(known, decisions, strict=True)
        yield from ((one, NOBODY) for one in part if one not in subjects)


def spoken_of(members: MembersAsked, chain: Sequence[PurposeFacts]) -> list[UUID]:
    """Those of whose identifiers or addresses the ledger says anything about these purposes."""
    codes = [one.code for one in chain]
    found = {row[0] for row in bulk_sql.fetch(SPOKEN.format(members=members.statement), [*members.params, codes])}
    ((addresses,),) = bulk_sql.fetch(ADDRESSES.format(members=members.statement), members.params)
    hashed = {address_hash(value): value for value in msgspec.json.decode(addresses or "[]")}
    said = [hashed[bytes(row[0])] for row in bulk_sql.fetch(SPOKEN_ADDRESSES, [codes, list(hashed)])]
    if said:
        rows = bulk_sql.fetch(OWNERS.format(members=members.statement), [said, *members.params])
        found.update(row[0] for row in rows)
    return sorted(found)


def quiet_of(
    members: MembersAsked, spoken: list[UUID], chain: Sequence[PurposeFacts], now: datetime, *, result: str
) -> list[tuple[Decision, Any]]:
    """What holds for groups of those of whom nothing was said, each with an aggregate of them."""
    statement = QUIET.format(members=members.statement, result=result)
    rows = bulk_sql.fetch(statement, [*members.params, spoken, _goes_to(chain)])
    return [(_of_group(chain, row, now), row[-1]) for row in rows]


def _goes_to(chain: Sequence[PurposeFacts]) -> str:
    """The kind of identifier that is an address of a purpose; empty where it has no channel."""
    return next((KIND_OF_CHANNEL.get(one.channel, "") for one in chain if one.channel), "")


def _of_group(chain: Sequence[PurposeFacts], row: tuple[object, ...], now: datetime) -> Decision:
    if not row[5]:
        return NOBODY
    country, address, state = (msgspec.json.decode(one) if isinstance(one, str) else None for one in row[:3])
    law = regimes.derive(
        country=country,
        address=address,
        state=state,
        time_zone=str(row[3] or ""),
        default=settings.CONSENT_DEFAULT_REGIME,
    )
    goes_to = KNOWN_ADDRESS if row[4] else None
    told = [Told(one, (), goes_to if one.channel else None) for one in chain]
    return effect(told, at=now, regime=law.regime).decision
