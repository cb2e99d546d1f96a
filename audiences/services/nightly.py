"""What is due: scores and computed traits of everybody once a day; traits also when a rule begins to ask one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Max

from audiences.models import TraitRefresh
from audiences.queries.rfm import latest_run
from audiences.services import rfm, traits
from audiences.services.traits import as_kept
from cdp.jobs.models import Job
from cdp.lib.clock import utc_now
from commerce.models import Order
from people.figures import Definition
from people.queries.figures import definitions
from profiles.models import Profile

HOUR = 1
"""From this hour of the company's night on: windows of days have moved, and nobody is at work yet."""
AGAIN_AFTER = timedelta(hours=1)


def nightly_slice(*, now: datetime | None = None) -> int:
    """Queue what the company's day has not had yet; how many jobs."""
    present = now or utc_now()
    return _rfm(present) + _traits(present)


def is_due(last: datetime | None, now: datetime) -> bool:
    """Whether the last one was before the newest HOUR o'clock of the company's zone."""
    local = now.astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE))
    edge = local.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return last is None or last < (edge if local >= edge else edge - timedelta(days=1))


def _rfm(now: datetime) -> int:
    run = latest_run()
    if not is_due(run.at if run else None, now) or _was_tried(rfm.KIND, now):
        return 0
    if run is None and not Order.objects.filter(placed_at__isnull=False).exists():
        return 0
    rfm.refresh_later()
    return 1


def _traits(now: datetime) -> int:
    """A definition that a rule began to ask is watched from here on, and computed of everybody once from now."""
    asked = definitions()
    if not asked or not Profile.objects.exists():
        return 0
    is_new = bool(traits.watch(asked))
    last = TraitRefresh.objects.aggregate(last=Max("refreshed_at"))["last"]
    if not (is_new or _differ(asked) or is_due(last, now)) or _was_tried(traits.KIND, now):
        return 0
    traits.refresh_later()
    return 1


def _differ(asked: Sequence[Definition]) -> bool:
    """Whether a definition that rules ask is not what it was computed by."""
    watched = TraitRefresh.objects.filter(is_watched=True, problem="")
    known = dict(watched.values_list("name", "definition"))
    return any(one.name in known and known[one.name] != as_kept(one) for one in asked)


def _was_tried(kind: str, now: datetime) -> bool:
    """One waits or runs, or was begun lately and failed: it is tried again, but not every minute."""
    jobs = Job.objects.filter(kind=kind)
    if jobs.filter(state__in=(Job.State.QUEUED, Job.State.RUNNING)).exists():
        return True
    return jobs.filter(created_at__gt=now - AGAIN_AFTER, state=Job.State.FAILED).exists()
