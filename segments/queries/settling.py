"""What of a difference between stored and computed answers is really wrong, and what is only on its way.

All of it is read in one instant of PostgreSQL: the rows rules look at, what is stored, whom a change still waits for.
Since a change and its topic commit together, whoever differs and is waited for by nothing is wrong.
"""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from cdp.jobs.models import Job
from cdp.lib import bulk_sql
from cdp.lib.clock import to_us
from segments.diff import Pair
from segments.models import DirtyProfile, DueAnswer, Membership
from segments.queries.addressed import identifiers_addressed
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
PEOPLE_OF_ORDERS = """SELECT DISTINCT i.profile_id FROM (
  SELECT identifier_id FROM commerce_order WHERE order_id = ANY(%s::text[])
  UNION SELECT identifier_id FROM events_event WHERE order_id = ANY(%s::text[])) AS o
JOIN profiles_identifier AS i ON i.id = o.identifier_id WHERE i.profile_id = ANY(%s::uuid[])"""
ENTRIES = "SELECT identifier_id, address_hash FROM consent_entry WHERE id = ANY(%s::bigint[])"
PEOPLE_OF_IDENTIFIERS = """SELECT DISTINCT profile_id FROM profiles_identifier
WHERE id = ANY(%s::bigint[]) AND profile_id = ANY(%s::uuid[])"""
PEOPLE = {"profile.changed", "profile.merged", "profile.split"}
NAMING = {"events.stored", "order.changed", "consent.changed", *PEOPLE}


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
        excused = _waited_for(segment, [one.profile_id for one in found])
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


def _waited_for(segment: LiveSegment, profile_ids: Collection[UUID]) -> set[UUID]:
    """Those of these people who are to be evaluated, or named by a change that is yet to be marked.

    A change whose topic does not say whom it concerns may concern anybody, and so may a recomputation to come.
    """
    if _is_to_be_recomputed(segment):
        return set(profile_ids)
    found = set(DirtyProfile.objects.filter(pk__in=profile_ids).values_list("pk", flat=True))
    told: dict[str, list[Any]] = {}
    for topic, payload in bulk_sql.fetch(WAITING, [MARKER]):
        told.setdefault(topic, []).append(json.loads(payload))
    if told.keys() - NAMING:
        return set(profile_ids)
    for topic in told.keys() & PEOPLE:
        found |= set(_uuids(told[topic]))
    ids = list(profile_ids)
    if stored := told.get("events.stored"):
        first, last = ([one[key] for one in stored] for key in ("first_id", "last_id"))
        found |= {row[0] for row in bulk_sql.fetch(PEOPLE_OF_RANGES, [first, last, ids])}
    if orders := [one for payload in told.get("order.changed", ()) for one in payload["order_ids"]]:
        found |= {row[0] for row in bulk_sql.fetch(PEOPLE_OF_ORDERS, [orders, orders, ids])}
    if entries := [one for payload in told.get("consent.changed", ()) for one in payload["entry_ids"]]:
        rows = bulk_sql.fetch(ENTRIES, [entries])
        hashes = {bytes(hashed) for _, hashed in rows if hashed is not None}
        named = [pk for pk, _ in rows if pk is not None] + identifiers_addressed(hashes)
        found |= {row[0] for row in bulk_sql.fetch(PEOPLE_OF_IDENTIFIERS, [named, ids])}
    return found


def _is_to_be_recomputed(segment: LiveSegment) -> bool:
    waiting = Job.objects.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING])
    one = Q(kind="segments.recompute", params__segment_id=segment.id)
    return waiting.filter(one | Q(kind="segments.recompute_all")).exists()


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
