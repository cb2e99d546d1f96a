"""What is due: pulls by each feed's schedule, queued once however many workers look."""

from datetime import datetime

import structlog
from django.conf import settings
from django.db.models import Max

from cdp.lib.clock import utc_now
from commerce.feeds.schedule import is_due
from commerce.models import CatalogFeed, FeedRun
from commerce.services.feeds import files
from commerce.services.feeds.starting import AlreadyRunning, start_pull

log = structlog.get_logger(__name__)


def pull_due_slice(*, now: datetime | None = None) -> int:
    """Queue the pulls that are due; how many."""
    present = now or utc_now()
    feeds = CatalogFeed.objects.filter(enabled=True).exclude(url="").annotate(last=Max("runs__queued_at"))
    due = [feed for feed in feeds.order_by("pk") if _is_due(feed, present)]
    files.forget_strays(
        {run.hex for run in FeedRun.objects.filter(state__in=FeedRun.OPEN).values_list("pk", flat=True)}
    )
    return sum(_start(feed, present) for feed in due)


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
