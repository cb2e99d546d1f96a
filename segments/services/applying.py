"""The lake's answers written as they are, many people at once, where they still hold: a first fill, an edited rule.

Why that is exact: an answer follows from the rule, the person's rows and the clock, and nothing else. The lake gave it
with the instant before which it holds (d0), from a snapshot that shows every transaction below its xmin. It is written
under the locks of an ordinary evaluation, and only where all three are found unchanged once these are held: the rule's
version; the person's rows (none written at or after xmin, none deleted, the same memberships in the segments the rule
asks about; `queries.untouched`); the clock (d0 is to come). So an evaluation at this instant would say the same. What
commits after that look is marked dirty by its own topic, which waits for these locks, and is evaluated afterwards.
Everybody else is answered the ordinary way; so is whoever inherits memberships by a merge.

Segments that use this one are not asked in the same transaction, but in jobs that it queues: they too may be many.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import pyarrow as pa
from django.db import transaction

from cdp.jobs.models import Job
from cdp.jobs.services import enqueue
from cdp.lib.clock import to_us, utc_now
from segments.contracts import Written
from segments.diff import OpenInterval, Pair, changes
from segments.halves import ids_of
from segments.models import Membership
from segments.queries import LiveSegment, live_segments, with_their_users
from segments.queries.everybody import Differences
from segments.queries.untouched import APPLICABLE, untouched
from segments.rules import NEVER
from segments.services import locks
from segments.services.writing import publish_changes, write_changes, write_dues

KIND = "segments.recompute"
TOLD = 1_000
"""People a topic row: who consumes it acts on all of them at once."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What was written, and who is to be evaluated the ordinary way."""

    written: Written
    rest: list[UUID]


def is_applicable(found: Differences) -> bool:
    """Whether the rule looks only at what can be found unchanged."""
    return found.given.keys() <= APPLICABLE


@transaction.atomic
def apply(segment: LiveSegment, rows: pa.Table, found: Differences) -> Applied:
    """Write these rows of what was found of a segment, where they still hold."""
    locks.share_rules()
    profile_ids = ids_of(rows)
    if live_segments([segment.id]) != [segment]:
        return Applied(Written(), profile_ids)
    held = locks.hold(profile_ids)
    same, now = untouched(segment.id, profile_ids, found), utc_now()
    now_us = to_us(now)
    answers: dict[Pair, bool] = {}
    dues: dict[Pair, int] = {}
    rest: list[UUID] = []
    for profile_id, is_member, due_us in zip(profile_ids, rows["m0"].to_pylist(), rows["d0"].to_pylist(), strict=True):
        if profile_id not in same or due_us <= now_us:
            rest.append(profile_id)
            continue
        pair = Pair(segment.id, profile_id)
        answers[pair] = is_member
        if due_us < NEVER:
            dues[pair] = due_us
    written = [pair.profile_id for pair in answers]
    made = changes(answers, _open_intervals(segment.id, written), {segment.id: segment.version})
    opened = write_changes(made, {segment.id: segment.version}, now)
    write_dues(dues, written, [segment.id])
    for start in range(0, len(opened), TOLD):
        publish_changes(opened[start : start + TOLD], [], now)
    for start in range(0, len(made.closings), TOLD):
        publish_changes([], made.closings[start : start + TOLD], now)
    locks.release(held)
    if opened or made.closings:
        _ask_users(segment.id)
    return Applied(Written(len(written), len(opened), len(made.closings)), rest)


def _open_intervals(segment_id: int, profile_ids: Collection[UUID]) -> dict[Pair, OpenInterval]:
    rows = Membership.objects.filter(segment_id=segment_id, profile_id__in=profile_ids, left_at__isnull=True)
    return {
        Pair(segment_id, profile_id): OpenInterval(pk, version)
        for profile_id, pk, version in rows.values_list("profile_id", "id", "version")
    }


def _ask_users(segment_id: int) -> None:
    """Have the segments that use this one asked of everybody, after this transaction.

    A job that waits already is locked until then: whoever takes it would not see what was written here.
    """
    users = [one.id for one in with_their_users([segment_id]) if one.id != segment_id]
    if not users:
        return
    waiting = Job.objects.select_for_update().filter(kind=KIND, state=Job.State.QUEUED, params__segment_id__in=users)
    coming = {params["segment_id"] for params in waiting.order_by("pk").values_list("params", flat=True)}
    for user in users:
        if user not in coming:
            enqueue(KIND, {"segment_id": user})
