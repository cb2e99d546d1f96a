"""Runs begun and stopped. The database lets a feed have one open run at a time."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from cdp.jobs import services as jobs
from commerce.models import CatalogFeed, FeedRun
from commerce.services.feeds import files, missing

KIND = "catalog.feed"
State = FeedRun.State


class AlreadyRunning(Exception):
    """The feed is being read right now: wait for its end, or stop it."""

    def __init__(self) -> None:
        super().__init__("The feed is being read right now: wait for its end, or stop that run.")


def start_pull(feed: CatalogFeed, now: datetime, *, by: AbstractBaseUser | None = None) -> FeedRun:
    """Queue a pull. Raises AlreadyRunning, or UnreadableFeed for a feed without an address."""
    if not feed.url:
        raise files.NotFetched("The feed has no address: upload a file.")
    return _start(feed, now, by)


def start_upload(
    feed: CatalogFeed, pieces: Iterable[bytes], now: datetime, *, by: AbstractBaseUser | None = None
) -> FeedRun:
    """Keep an uploaded file and queue its reading. Raises AlreadyRunning, FileTooLarge."""
    if feed.runs.filter(state__in=FeedRun.OPEN).exists():
        raise AlreadyRunning
    draft = FeedRun(feed=feed)
    kept = files.keep(draft.pk, pieces)
    try:
        return _start(feed, now, by, pk=draft.pk, is_upload=True, path=kept.path, size=kept.size, digest=kept.sha256)
    except BaseException:
        files.forget(draft.pk)
        raise


def cancel_run(run: FeedRun, now: datetime) -> bool:
    """Stop a run; what was taken stays. Whether there was anything to stop."""
    stopped = FeedRun.objects.filter(pk=run.pk, state__in=FeedRun.OPEN).update(state=State.CANCELLED, finished_at=now)
    if stopped and run.job_id:
        jobs.cancel([run.job_id])
    if stopped:
        missing.forget_seen(run)
    return bool(stopped)


def _start(feed: CatalogFeed, now: datetime, by: AbstractBaseUser | None, **more: Any) -> FeedRun:
    try:
        with transaction.atomic():
            run = FeedRun.objects.create(feed=feed, queued_at=now, created_by_id=getattr(by, "pk", None), **more)
            run.job_id = jobs.enqueue(KIND, {"run": str(run.pk)}, by).pk
            run.save(update_fields=["job_id"])
    except IntegrityError as error:
        if "commerce_feed_one_open_run" in str(error):
            raise AlreadyRunning from None
        raise
    return run
