"""Whom a segment may be used for: its members, less those who do not allow the purpose it is activated for.

Membership stays the truth of the rule; the gate is asked when a segment is acted upon. Counting a whole segment asks
the gate itself only of those of whom the ledger says anything. All others differ by nothing but where they live and
whether an address is known: they are counted by that, and the gate's own rules are asked once a group.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
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
KNOWN_ADDRESS = b"\0" * 16  # of a group with an address: nothing was said of any of theirs
KIND_OF_CHANNEL = {"email": "email", "sms": "phone"}

NOW_IN_IT = "SELECT profile_id FROM segments_membership WHERE segment_id = %s::bigint AND left_at IS NULL"
SPOKEN = f"""
SELECT DISTINCT i.profile_id FROM profiles_identifier AS i
WHERE i.profile_id IN ({NOW_IN_IT}) AND i.id IN
  (SELECT identifier_id FROM consent_entry WHERE purpose_id = ANY(%s::text[]) AND identifier_id IS NOT NULL)
"""  # noqa: S608 - parts of this file
SPOKEN_ADDRESSES = """
SELECT DISTINCT address_hash FROM consent_entry WHERE purpose_id = ANY(%s::text[]) AND address_hash IS NOT NULL
"""
ADDRESSES = f"""
SELECT profile_id, value FROM profiles_identifier
WHERE kind IN ('email', 'phone') AND profile_id IN ({NOW_IN_IT})
"""  # noqa: S608 - parts of this file
# Who is left, by all that may tell their law apart.
QUIET = f"""
SELECT (p.traits->'country'->0)::text, (p.traits->'address'->0)::text, (p.traits->'state'->0)::text, z.time_zone,
  a.is_known, count(*)
FROM ({NOW_IN_IT}) AS m
  LEFT JOIN unnest(%s::uuid[]) AS spoken(profile_id) ON spoken.profile_id = m.profile_id
  LEFT JOIN profiles_profile AS p ON p.id = m.profile_id
  LEFT JOIN LATERAL (SELECT z.time_zone FROM profiles_identifier AS i JOIN consent_place AS z ON z.identifier_id = i.id
    WHERE i.profile_id = m.profile_id ORDER BY z.said_at DESC, z.time_zone DESC LIMIT 1) AS z ON TRUE
  CROSS JOIN LATERAL (SELECT %s::text <> '' AND EXISTS (SELECT FROM profiles_identifier AS i
    WHERE i.profile_id = m.profile_id AND i.kind = %s::text AND NOT i.is_shared) AS is_known) AS a
WHERE spoken.profile_id IS NULL GROUP BY 1, 2, 3, 4, 5
"""  # noqa: S608 - parts of this file


def activation(segment: Segment, now: datetime) -> Activation:
    """How many are in it, and how many of them may not be addressed for its purpose, by the gate's reason."""
    purpose = segment.purpose_id or ""
    chain = purposes_now().chain(purpose)
    if not chain:
        count = sum(row[-1] for row in bulk_sql.fetch(f"SELECT count(*) FROM ({NOW_IN_IT}) AS m", [segment.pk]))  # noqa: S608
        return Activation(purpose, count, {"unknown_purpose": count} if purpose and count else {})
    spoken = _spoken(segment.pk, [one.code for one in chain])
    refused: Counter[str] = Counter()
    for decision in (one for _, one in _asked(spoken, purpose, now)):
        refused[decision.reason] += not decision.allowed
    quiet = _quiet(segment.pk, spoken, chain, now)
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


def activated_members(segment: Segment, now: datetime) -> Iterator[list[UUID]]:
    """The members who may be addressed, in chunks by profile id: for exports and campaigns."""
    after = UUID(int=0)
    page = f"{NOW_IN_IT} AND profile_id > %s::uuid ORDER BY profile_id LIMIT {PEOPLE}"
    while rows := bulk_sql.fetch(page, [segment.pk, after]):
        found = [row[0] for row in rows]
        after = found[-1]
        decisions = activated(segment, found, now)
        yield [profile_id for profile_id in found if decisions[profile_id].allowed]


def _asked(profile_ids: Sequence[UUID], purpose: str, now: datetime) -> Iterator[tuple[UUID, Decision]]:
    """The gate itself, some thousand people a statement."""
    for start in range(0, len(profile_ids), PEOPLE):
        part = profile_ids[start : start + PEOPLE]
        subjects = consent.subjects_of(part)
        known = [one for one in part if one in subjects]
        decisions = consent.allows_each([subjects[one] for one in known], purpose, now)
        yield from zip(known, decisions, strict=True)
        yield from ((one, Decision(False, "nobody")) for one in part if one not in subjects)


def _spoken(segment_id: int, codes: list[str]) -> list[UUID]:
    """The members of whose identifiers or addresses the ledger says anything about these purposes."""
    found = {row[0] for row in bulk_sql.fetch(SPOKEN, [segment_id, codes])}
    hashes = {bytes(row[0]) for row in bulk_sql.fetch(SPOKEN_ADDRESSES, [codes])}
    if hashes:
        rows = bulk_sql.fetch(ADDRESSES, [segment_id])
        found |= {profile_id for profile_id, value in rows if address_hash(value) in hashes}
    return sorted(found)


def _quiet(
    segment_id: int, spoken: list[UUID], chain: Sequence[PurposeFacts], now: datetime
) -> list[tuple[Decision, int]]:
    """What holds for groups of those of whom nothing was said, each with how many they are."""
    channel = next((one.channel for one in chain if one.channel), "")
    rows = bulk_sql.fetch(QUIET, [segment_id, spoken, channel, KIND_OF_CHANNEL.get(channel, "")])
    return [(_of_group(chain, row, now), row[-1]) for row in rows]


def _of_group(chain: Sequence[PurposeFacts], row: tuple[object, ...], now: datetime) -> Decision:
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
