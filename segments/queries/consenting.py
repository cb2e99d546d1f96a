"""What the consent gate says of people and purposes, as rules are given it: with until when it holds.

Of a few people the gate itself is asked. Of many it is asked about those of whom the ledger says anything; all others
are judged in groups, as when a segment is acted upon (`segments.queries.activating`).
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from uuid import UUID

import pyarrow as pa

from cdp.lib.clock import to_us
from consent import queries as consent
from consent.purposes_in_force import purposes_now
from segments.halves import columns
from segments.queries.activating import MembersAsked, quiet_of, spoken_of
from segments.rules.facts import NEVER, Consented
from segments.rules.scope import CONSENTS, GIVEN, HI, LO

PEOPLE = 2_000
FEW = 2_000
"""Up to so many people the gate is asked about each: grouping them would cost more statements."""
THESE = "SELECT profile_id FROM unnest(%s::uuid[]) AS these(profile_id)"
DENIED = Consented(False)


def consents_of(
    profile_ids: Collection[UUID], purposes: Collection[str], now: datetime
) -> dict[str, dict[UUID, Consented]]:
    """By purpose, what holds for each of these people; of those who are absent it is denied for ever."""
    return {purpose: dict(_of_purpose(sorted(profile_ids), purpose, now)) for purpose in sorted(purposes)}


def consents_table(profile_ids: Collection[UUID], purposes: Collection[str], now: datetime) -> pa.Table:
    """The same as the table `consents` that rules are given."""
    tables = []
    for purpose, found in consents_of(profile_ids, purposes, now).items():
        hi, lo = columns(found)
        told = list(found.values())
        tables.append(
            pa.table(
                {
                    "purpose": pa.array([purpose] * len(told), pa.string()),
                    HI: hi,
                    LO: lo,
                    "allowed": pa.array([one.allowed for one in told], pa.bool_()),
                    "until_us": pa.array([one.until_us for one in told], pa.int64()),
                }
            )
        )
    return pa.concat_tables(tables).select(list(GIVEN[CONSENTS]))


def _of_purpose(profile_ids: list[UUID], purpose: str, now: datetime) -> Iterator[tuple[UUID, Consented]]:
    chain = purposes_now().chain(purpose)
    if not chain:
        return
    spoken = profile_ids
    if len(profile_ids) > FEW:
        members = MembersAsked(THESE, (profile_ids,))
        spoken = spoken_of(members, chain)
        always = Consented(True)
        for decision, ids in quiet_of(members, spoken, chain, now, result="string_agg(uuid_send(m.profile_id), '')"):
            if decision.allowed:
                yield from ((UUID(bytes=ids[start : start + 16]), always) for start in range(0, len(ids), 16))
    yield from ((who, said) for who, said in _asked(spoken, purpose, now) if said != DENIED)


def _asked(profile_ids: Sequence[UUID], purpose: str, now: datetime) -> Iterator[tuple[UUID, Consented]]:
    """The gate itself, some thousand people a statement."""
    for start in range(0, len(profile_ids), PEOPLE):
        subjects = consent.subjects_of(profile_ids[start : start + PEOPLE])
        lasting = consent.lasting_each(list(subjects.values()), purpose, now)
        for profile_id, one in zip(subjects, lasting, strict=True):
            until = NEVER if one.until is None else to_us(one.until)
            yield profile_id, Consented(one.decision.allowed, until)
