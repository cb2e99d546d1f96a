"""What is due: pulls by each feed's schedule, queued once however many workers look; and runs nobody works, ended."""

from datetime import datetime

import structlog
from django.conf import settings
from django.db.models import Max

from cdp.jobs.queries import find
from cdp.lib.clock import utc_now
from commerce.feeds.schedule import is_due
from commerce.models import CatalogFeed, FeedRun
from commerce.services.feeds import files
from commerce.services.feeds.running import fail
from commerce.services.feeds.starting import AlreadyRunning, start_pull

log = structlog.get_logger(__name__)


def pull_due_slice(*, now: datetime | None = None) -> int:
    """Queue the pulls that are due; how many."""
    present = now or utc_now()
    end_abandoned()
    feeds = CatalogFeed.objects.filter(enabled=True).exclude(url="").annotate(last=Max("runs__queued_at"))
    due = [feed for feed in feeds.order_by("pk") if _is_due(feed, present)]
    files.forget_strays(
        {run.hex for run in FeedRun.objects.filter(state__in=FeedRun.OPEN).values_list("pk", flat=True)}
    )
    return sum(_start(feed, present) for feed in due)


def end_abandoned() -> int:
    """End runs that nobody works any more, whose job was given up or cancelled beside them; how many. An open run
    would keep its feed from ever being read again."""
    ended = 0
    for run in FeedRun.objects.filter(state__in=FeedRun.OPEN).exclude(job_id=None):
        job = find(run.job_id) if run.job_id else None
        if job is None or job.finished_at is not None:
            ended += fail(run, f"Its job ended without it: {(job and job.error) or 'it was stopped'}. Pull it again.")
    return ended


def _is_due(feed: CatalogFeed, now: datetime) -> bool:
    return is_due(
        every_minutes=feed.every_minutes,
        at_time=feed.at_time,
        zone=settings.COMPANY_TIME_ZONE,
        last=getattr(feed, "last", None),
        now=now,
        failures=feed.failures,
    )


def _start(feed: CatalogFeed, now: datetime) -> int:
    try:
        start_pull(feed, now)
    except AlreadyRunning:
        return 0
    return 1
