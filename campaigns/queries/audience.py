"""Who an audience is: members of the included less those of the excluded, who of them may be mailed, and where.

One address is mailed once, whoever has it. The same reading makes the count that is shown and the rows that are frozen.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from campaigns.contracts import Audience, Reach, Reached
from campaigns.models import Campaign
from campaigns.reasons import left_out_of_gate
from cdp.lib import bulk_sql, garbage
from cdp.lib.hashing import address_hash
from consent import queries as consent
from consent.queries.suppressions import suppressions_of
from mailing.queries.counts import policy
from mailing.queries.people import zones_of
from profiles import queries as profiles
from segments.queries.activating import judged_people

PAGE = 20_000
MEMBERS = "SELECT profile_id FROM segments_membership WHERE segment_id = ANY(%s::bigint[]) AND left_at IS NULL"
EVERYBODY = "SELECT id AS profile_id FROM profiles_profile"
MEANT = f"""
SELECT profile_id FROM ({{include}} EXCEPT {MEMBERS}) AS meant WHERE profile_id > %s::uuid
ORDER BY profile_id LIMIT {PAGE}
"""  # noqa: S608 - parts of this file
EMAILS = """
SELECT profile_id, id, value, is_shared FROM profiles_identifier
WHERE profile_id = ANY(%s::uuid[]) AND (kind = 'email' OR is_shared) ORDER BY first_seen_at, id
"""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the audience: `people` of them, whoever may be mailed, and how many of the others by reason."""

    people: int
    reached: Sequence[Reached]
    left_out: Counter[str]


def audience_of(campaign: Campaign) -> Audience:
    """Whom it is for, as stored."""
    parts = list(campaign.parts.order_by("segment_id").values_list("segment_id", "is_excluded"))
    return Audience(
        tuple(pk for pk, out in parts if not out), tuple(pk for pk, out in parts if out), campaign.is_everybody
    )


def reach(audience: Audience, purpose: str, now: datetime) -> Reach:
    """How many people are in it, how many addresses may be mailed now, and why the others may not."""
    found = Counter[str]()
    count = mailable = 0
    for page in pages(audience, purpose, now):
        count, mailable = count + page.people, mailable + len(page.reached)
        found += page.left_out
    return Reach(count, mailable, dict(found))


def pages(audience: Audience, purpose: str, now: datetime, *, with_zones: bool = False) -> Iterator[Page]:
    """The audience, 20,000 people at a time. `with_zones`: the zone of each, which costs more; else it is empty."""
    seen: set[bytes] = set()
    for ids in _meant(audience):
        with garbage.paused():
            page = _page(ids, purpose, now, seen, with_zones=with_zones)
        yield page


def _page(ids: Sequence[UUID], purpose: str, now: datetime, seen: set[bytes], *, with_zones: bool) -> Page:
    judged = judged_people(ids, purpose, now)
    left_out: Counter[str] = Counter()
    for reason, count in judged.refused.items():
        left_out[left_out_of_gate(reason)] += count
    free = _unsuppressed(_addressed(judged.allowed, left_out), purpose, now, left_out)
    reached = list(_first_of_each(free, seen, left_out))
    return Page(len(ids), _zoned(reached) if with_zones else reached, +left_out)


def _meant(audience: Audience) -> Iterator[list[UUID]]:
    after = UUID(int=0)
    include = EVERYBODY if audience.is_everybody else MEMBERS
    given = [] if audience.is_everybody else [list(audience.include)]
    statement = MEANT.format(include=include)
    while rows := bulk_sql.fetch(statement, [*given, list(audience.exclude), after]):
        yield [row[0] for row in rows]
        after = rows[-1][0]


@dataclass(frozen=True, slots=True)
class _Found:
    profile_id: UUID
    identifier_id: int
    hashed: bytes


def _addressed(profile_ids: Sequence[UUID], left_out: Counter[str]) -> list[_Found]:
    """Where each would be written to; nobody writes to a profile that is shared."""
    shared: set[UUID] = set()
    emails: dict[UUID, dict[str, int]] = {}
    for profile_id, pk, value, is_shared in bulk_sql.fetch(EMAILS, [list(profile_ids)]):
        if is_shared:
            shared.add(profile_id)
        else:
            emails.setdefault(profile_id, {})[value] = pk
    chosen = profiles.emails_of([one for one, theirs in emails.items() if len(theirs) > 1 and one not in shared])
    found = []
    for profile_id in profile_ids:
        theirs = emails.get(profile_id)
        if profile_id in shared or not theirs:
            left_out["shared" if profile_id in shared else "no_address"] += 1
            continue
        value = chosen.get(profile_id) or next(iter(theirs))
        found.append(_Found(profile_id, theirs[value], address_hash(value)))
    return found


def _unsuppressed(found: list[_Found], purpose: str, now: datetime, left_out: Counter[str]) -> list[_Found]:
    held = suppressions_of([one.hashed for one in found])
    against = {address for address, rows in held.items() if any(row.scope in ("all", "marketing") for row in rows)}
    asked = [one for one in found if one.hashed in against]
    stopped = _still_suppressed(asked, purpose, now)
    left_out["suppressed"] += len(stopped)
    return [one for one in found if one.hashed not in stopped]


def _still_suppressed(asked: Sequence[_Found], purpose: str, now: datetime) -> Collection[bytes]:
    """Of those against whom something stands, whom the gate refuses: a later grant ends an unsubscribe."""
    if not asked:
        return ()
    subjects = consent.subjects_of([one.profile_id for one in asked])
    known = [one for one in asked if one.profile_id in subjects]
    told = consent.mail_gate([subjects[one.profile_id] for one in known], purpose, now)
    free = {one.hashed for one, (decision, why) in zip(known, told, strict=True) if decision.allowed and not why}
    return {one.hashed for one in asked} - free


def _first_of_each(found: Sequence[_Found], seen: set[bytes], left_out: Counter[str]) -> Iterator[Reached]:
    for one in found:
        if one.hashed in seen:
            left_out["same_address"] += 1
            continue
        seen.add(one.hashed)
        yield Reached(one.identifier_id, one.hashed, "")


def _zoned(reached: Sequence[Reached]) -> list[Reached]:
    """The same, each with the zone of its person's clock."""
    zones = zones_of([one.identifier_id for one in reached], time_zone=policy().time_zone)
    return [Reached(one.identifier_id, one.address_hash, zones[one.identifier_id]) for one in reached]
