"""Recomputation: one segment asked of every profile, in slices that each commit; streaming goes on meanwhile."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.db import transaction

from cdp.jobs.contracts import JobRun
from cdp.lib.conflicts import retrying
from profiles.models import Profile
from segments.contracts import Written
from segments.queries import size
from segments.services import locks
from segments.services.evaluating import evaluate_some

SLICE = 500
SMALL = 20_000


def recompute_job(job: JobRun) -> dict[str, Any]:
    """Job of kind segments.recompute, params {"segment_id"}. The result: profiles asked, members now, entered, left."""
    segment_id = int(job.params["segment_id"])
    total = Profile.objects.count()
    written = recompute(segment_id, lambda done: job.progress(done, total, "asking every profile"))
    return {
        "profiles": written.evaluated,
        "members": size(segment_id),
        "entered": written.entered,
        "left": written.left,
    }


def recompute(segment_id: int, progress: Callable[[int], None] | None = None) -> Written:
    """Make one live segment's memberships equal to its rule for all profiles. `progress` is told the profiles done."""
    written, done = Written(), 0
    for profile_ids in _all_profiles():
        written += retrying(lambda ids=profile_ids: _recompute_some(segment_id, ids))  # type: ignore[misc]
        done += len(profile_ids)
        if progress:
            progress(done)
    return written


def recompute_if_small(segment_id: int, *, most: int = SMALL) -> Written | None:
    """Recompute now where that takes seconds; None where there are more profiles than `most`."""
    if Profile.objects.values("pk")[: most + 1].count() > most:
        return None
    return recompute(segment_id)


@transaction.atomic
def _recompute_some(segment_id: int, profile_ids: list[UUID]) -> Written:
    locks.share_rules()
    return evaluate_some(profile_ids, [segment_id], now=None)


def _all_profiles() -> Iterator[list[UUID]]:
    last: UUID | None = None
    while True:
        rest = Profile.objects.order_by("pk")
        found = list((rest.filter(pk__gt=last) if last else rest).values_list("pk", flat=True)[:SLICE])
        if not found:
            return
        yield found
        last = found[-1]
