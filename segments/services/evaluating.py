"""Evaluation: the answers of profiles to segments, written as membership intervals and due answers, set at a time.

Every function that evaluates holds the profiles' dirty rows and reads rules, facts and the clock only after that.
"""

from collections.abc import Collection, Mapping, Sequence, Set
from datetime import datetime
from uuid import UUID

from django.db import transaction

from cdp.lib.clock import utc_now
from cdp.lib.conflicts import retrying
from profiles.models import Identifier
from segments.contracts import Written
from segments.diff import Changes, Closing, OpenInterval, Pair, changes
from segments.models import DueAnswer, Membership, Segment
from segments.queries import Answers, LiveSegment, answers, live_segments, with_their_users
from segments.queries.asking import TOGETHER
from segments.queries.concerned import to_ask
from segments.services import locks
from segments.services.writing import publish_changes, write_changes, write_dues

SLICE = 500
DUE_SLICE = 2_000
"""More at once than of dirty ones: at midnight many are due for the same segments, and a statement costs the same."""


def evaluate_slice(*, now: datetime | None = None, limit: int = SLICE) -> int:
    """Evaluate up to `limit` dirty profiles against the live segments they are dirty for. Returns how many it took."""
    return retrying(lambda: _evaluate_claimed(now, limit))


def expire_slice(*, now: datetime | None = None, limit: int = DUE_SLICE) -> int:
    """Evaluate the answers that time alone may have changed by now. Returns how many were due; nothing else is read.

    One worker at a time, since all would take the same rows: 0 where another is at it, who looks again.
    """
    return retrying(lambda: _evaluate_due(now, limit))


def evaluate_held(
    profile_ids: Collection[UUID],
    segments: Sequence[LiveSegment],
    now: datetime,
    *,
    split_from: Mapping[UUID, UUID] | None = None,
    apart: bool = False,
    counted: Set[int] | None = None,
) -> Written:
    """Make the memberships of these profiles true for these segments. The caller holds rules lock and dirty rows.

    `split_from` names the profile each piece was split from: a piece goes on silently where that one was a member.
    `apart`: these are some segments, not all (see `answers`). What is answered counts the changes of `counted`, or all.
    """
    if not segments or not profile_ids:
        return Written()
    splits = split_from or {}
    asked = answers(profile_ids, segments, now, apart=apart)
    living = asked.living
    forgotten = _forget(set(profile_ids) - set(living), segments)
    former = {old: profile_id for profile_id, person in living.items() for old in person.once_were}
    present = _open_intervals([*living, *former, *splits.values()], segments)
    found = _changes(asked, segments, present, former, splits)
    found.closings += forgotten
    opened = write_changes(found, {segment.id: segment.version for segment in segments}, now)
    write_dues(asked.dues, list(profile_ids), [segment.id for segment in segments])
    publish_changes(opened, found.closings, now)
    entered, left = ([one.pair.segment_id for one in ones] for ones in (opened, found.closings))
    if counted is not None:
        entered, left = ([pk for pk in ones if pk in counted] for ones in (entered, left))
    return Written(len(living), len(entered), len(left))


@transaction.atomic
def _evaluate_claimed(now: datetime | None, limit: int) -> int:
    locks.share_rules()
    claimed = locks.claim_dirty(limit)
    if not claimed.generations:
        return 0
    segments, at = live_segments(), now or utc_now()
    evaluate_held([one for one, ids in claimed.wanted.items() if ids is None], segments, at)
    some = {one: ids for one, ids in claimed.wanted.items() if ids is not None}
    evaluate_held(list(some), to_ask(segments, frozenset[int]().union(*some.values()), TOGETHER), at)
    locks.release(claimed.generations)
    return len(claimed.generations)


@transaction.atomic
def _evaluate_due(now: datetime | None, limit: int) -> int:
    locks.share_rules()
    if not locks.expires_alone():
        return 0
    due = DueAnswer.objects.filter(due_at__lte=now or utc_now(), segment__state=Segment.State.LIVE).order_by("due_at")
    rows = list(due.values_list("segment_id", "profile_id")[:limit])
    if rows:
        evaluate_some({profile for _, profile in rows}, {segment for segment, _ in rows}, now=now)
    return len(rows)


def evaluate_some(
    profile_ids: Collection[UUID], segment_ids: Collection[int], *, now: datetime | None, users_count: bool = False
) -> Written:
    """Evaluate some segments, and those that use them; what is answered counts the latter with `users_count` only.

    The caller's transaction has the rules lock; what was dirty stays dirty.
    """
    held = locks.hold(profile_ids)
    segments = with_their_users(segment_ids)
    counted = None if users_count else set(segment_ids)
    written = evaluate_held(profile_ids, segments, now or utc_now(), apart=True, counted=counted)
    locks.release(held)
    return written


def _changes(
    asked: Answers,
    segments: Sequence[LiveSegment],
    present: Mapping[Pair, OpenInterval],
    former: Mapping[UUID, UUID],
    splits: Mapping[UUID, UUID],
) -> Changes:
    # Whoever is in it neither now nor by the rule is not looked at: that is most of all pairs.
    concerned = {*asked.members, *(pair for pair in present if pair.profile_id in asked.living)}
    all_answers = {pair: pair in asked.members for pair in concerned}
    absorbed = {pair: former[pair.profile_id] for pair in present if pair.profile_id in former}
    inherited = {Pair(pair.segment_id, winner) for pair, winner in absorbed.items()}
    for piece, origin in splits.items():
        inherited |= {Pair(pair.segment_id, piece) for pair in present if pair.profile_id == origin}
    versions = {segment.id: segment.version for segment in segments}
    found = changes(all_answers, present, versions, inherited=inherited, split_from=set(splits.values()))
    found.closings += [Closing(present[pair].membership_id, pair, "merged", told=False) for pair in absorbed]
    return found


def _open_intervals(profile_ids: Collection[UUID], segments: Sequence[LiveSegment]) -> dict[Pair, OpenInterval]:
    rows = Membership.objects.filter(
        profile_id__in=set(profile_ids), segment_id__in=[segment.id for segment in segments], left_at__isnull=True
    ).values_list("segment_id", "profile_id", "id", "version")
    return {Pair(segment_id, profile_id): OpenInterval(pk, version) for segment_id, profile_id, pk, version in rows}


def _forget(gone: Collection[UUID], segments: Sequence[LiveSegment]) -> list[Closing]:
    """Ids that are no profile any more: the one they were merged into takes over; without one they were erased."""
    present = _open_intervals(gone, segments) if gone else {}
    if not present:
        return []
    heirs = dict(Identifier.objects.filter(minted_id__in=gone).values_list("minted_id", "profile_id"))
    locks.mark_dirty({heirs[pair.profile_id] for pair in present if pair.profile_id in heirs})
    return [
        Closing(interval.membership_id, pair, "erased", told=False)
        for pair, interval in present.items()
        if pair.profile_id not in heirs
    ]
