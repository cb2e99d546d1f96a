"""What of a difference between stored and computed answers is really wrong, and what is only on its way.

All of it is read in one instant of PostgreSQL: the rows rules look at, what is stored, whom a change still waits for.
Since a change and its topic commit together, whoever differs and is waited for by nothing is wrong.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from cdp.lib import bulk_sql
from cdp.lib.clock import to_us
from segments.diff import Pair
from segments.models import DirtyProfile, DueAnswer, Membership
from segments.queries.asking import answers
from segments.queries.live import LiveSegment, with_what_they_use
from segments.rules import NEVER

MARKER = "segments.mark"
LATE = timedelta(minutes=5)
LAST_DUE_US = 221_845_392_000_000_000  # the year 9000, as `services.writing` keeps it
WAITING = """SELECT t.topic, t.payload::text
FROM outbox_delivery AS d JOIN outbox_topicrow AS t ON t.id = d.topic_row_id
WHERE d.consumer = %s AND d.done_at IS NULL AND d.parked_at IS NULL"""
PEOPLE_OF_RANGES = """SELECT DISTINCT i.profile_id FROM unnest(%s::bigint[], %s::bigint[]) AS r(first_id, last_id)
JOIN events_event AS e ON e.id BETWEEN r.first_id AND r.last_id
JOIN profiles_identifier AS i ON i.id = e.identifier_id WHERE i.profile_id = ANY(%s::uuid[])"""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is stored of somebody in a segment is not what the rule answers. `is_member` as stored, `due_us` as well."""

    profile_id: UUID
    is_member: bool
    should_be_member: bool
    due_us: int
    should_be_due_us: int


@dataclass(frozen=True, slots=True)
class Settled:
    """Of some people: whose differences are wrong, and whose may be mended by what is under way already."""

    wrong: tuple[Difference, ...]
    on_their_way: tuple[Difference, ...]


def settle(segment: LiveSegment, profile_ids: Collection[UUID], now: datetime) -> Settled:
    """Ask these people again, in one instant of PostgreSQL."""
    with _one_instant():
        found = _differences(segment, profile_ids, now)
        if not found:
            return Settled((), ())
        excused = _waited_for([one.profile_id for one in found])
    late_us = to_us(now - LATE)
    wrong: list[Difference] = []
    way: list[Difference] = []
    for one in found:
        is_due = late_us < one.due_us <= to_us(now)  # time told, and the expiry is about to look
        (way if one.profile_id in excused or is_due else wrong).append(one)
    return Settled(tuple(wrong), tuple(way))


def _differences(segment: LiveSegment, profile_ids: Collection[UUID], now: datetime) -> list[Difference]:
    asked = answers(profile_ids, with_what_they_use([segment.id]), now, apart=True)
    inside = Membership.objects.filter(segment_id=segment.id, profile_id__in=profile_ids, left_at__isnull=True)
    members = set(inside.values_list("profile_id", flat=True))
    dues = dict(
        DueAnswer.objects.filter(segment_id=segment.id, profile_id__in=profile_ids).values_list("profile_id", "due_at")
    )
    found = []
    for profile_id in sorted(profile_ids):
        pair = Pair(segment.id, profile_id)
        due = dues.get(profile_id)
        one = Difference(
            profile_id,
            profile_id in members,
            pair in asked.members,
            NEVER if due is None else to_us(due),
            _kept(asked.dues.get(pair, NEVER)),
        )
        if one.is_member != one.should_be_member or one.due_us > one.should_be_due_us:
            found.append(one)  # asked again too early does no harm: what was due then may have been put off since
    return found


def _kept(due_us: int) -> int:
    return due_us if due_us < LAST_DUE_US else NEVER


def _waited_for(profile_ids: Collection[UUID]) -> set[UUID]:
    """Those of these people who are to be evaluated, or named by a change that is yet to be marked.

    A change whose topic does not say whom it concerns may concern anybody.
    """
    found = set(DirtyProfile.objects.filter(pk__in=profile_ids).values_list("pk", flat=True))
    ranges: list[tuple[int, int]] = []
    for topic, payload in bulk_sql.fetch(WAITING, [MARKER]):
        told: Mapping[str, Any] = json.loads(payload)
        if topic == "events.stored":
            ranges.append((told["first_id"], told["last_id"]))
        elif topic.startswith("profile."):
            found |= set(_uuids(told))
        else:
            return set(profile_ids)
    if ranges:
        first, last = zip(*ranges, strict=True)
        found |= {row[0] for row in bulk_sql.fetch(PEOPLE_OF_RANGES, [list(first), list(last), list(profile_ids)])}
    return found


def _uuids(value: Any) -> Iterator[UUID]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _uuids(each)
    elif isinstance(value, str):
        try:
            yield UUID(value)
        except ValueError:
            return


@contextmanager
def _one_instant() -> Iterator[None]:
    """One snapshot for every statement inside; in a transaction of the caller's, whatever that one sees."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
