"""A run at work: the file is fetched, read in pieces and settled. Each piece commits with the place it ends at.

A process killed anywhere leaves all of a piece or nothing of it; one believed dead writes nothing more.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F

from cdp.alarms.services import clear_alarm, raise_alarm
from cdp.jobs.contracts import JobCancelled, JobRun, JobUnfinished
from cdp.lib import bulk_sql
from cdp.lib.clock import utc_now
from cdp.lib.conflicts import retrying
from cdp.lib.failures import describe
from commerce.contracts import ProductRow, UpsertCount
from commerce.feeds import reading
from commerce.feeds.items import Item, UnreadableFeed
from commerce.feeds.mapping import Mapper, Options, Rejected
from commerce.models import CatalogFeed, FeedRun
from commerce.services.catalog import upsert_within
from commerce.services.feeds import files, missing

log = structlog.get_logger(__name__)
State = FeedRun.State
FAILING = "catalog.feed"
ALARM_AFTER = 2
BATCH = 2000
READ_AGAIN_AFTER = timedelta(days=1)
SAMPLES = 50
SEEN = """
INSERT INTO commerce_feedseen (run_id, product_id) SELECT %s::uuid, id FROM unnest(%s::text[]) AS id
ON CONFLICT DO NOTHING
"""
FAULT = "A fault on our side: {}. The next run reads the file again."


class TakenOver(Exception):
    """Another process works this run, or it was stopped: nothing of this piece was written."""


def run_job(job: JobRun) -> dict[str, Any]:
    """The handler of catalog.feed: one run from its beginning to its end."""
    run = FeedRun.objects.select_related("feed").filter(pk=UUID(job.params["run"]), state__in=FeedRun.OPEN).first()
    if run is None:
        return {"note": "the run was stopped or deleted before its job began"}
    now = utc_now()
    try:
        return _work(run, job, now)
    except JobUnfinished:
        raise
    except JobCancelled:
        _end(run, State.CANCELLED)
        raise
    except TakenOver:
        raise JobCancelled from None
    except UnreadableFeed as problem:
        fail(run, str(problem), getattr(problem, "status", None))
        return {"problem": str(problem)}
    except Exception as error:
        log.error("feed_failed", run=str(run.pk), error=describe(error))
        fail(run, FAULT.format(describe(error)))
        raise


def _work(run: FeedRun, job: JobRun, now: datetime) -> dict[str, Any]:
    feed = run.feed
    if run.state == State.QUEUED:
        FeedRun.objects.filter(pk=run.pk, state=State.QUEUED).update(state=State.RUNNING, started_at=now)
        run.refresh_from_db()
    path = files.path_of(run.pk)
    if run.path and not path.exists():  # another one would not go on at this one's place
        raise UnreadableFeed("The file is gone: is VAR_DIR the same for all workers? Pull or upload it again.")
    if not run.path and not _fetch(run, feed, path, job, is_new=_is_old(feed, now)):
        _end(run, State.UNCHANGED)
        _went_well(feed)
        return {"note": "not changed since the last run"}
    _Reading(run, feed, job, now).read(path)
    run.refresh_from_db()
    missing.supersede(feed, run, utc_now())
    why = missing.settle_missing(run, feed, utc_now())
    _note_file(feed, run)
    _end(run, State.HELD if why else State.DONE, why)
    _went_well(feed)
    return {name: getattr(run, name) for name in ("created", "changed", "same", "rejected", "missing")}


def _is_old(feed: CatalogFeed, now: datetime) -> bool:
    """Whether the last whole reading is a day ago: then even the same file is read, since reductions begin and end by
    the clock, and others may have changed what the feed told."""
    return not feed.runs.filter(state__in=(State.DONE, State.HELD), finished_at__gt=now - READ_AGAIN_AFTER).exists()


def _fetch(run: FeedRun, feed: CatalogFeed, path: Path, job: JobRun, *, is_new: bool) -> bool:
    """Whether a file came that is to be read: any if `is_new`, else one that differs from the last. Raises
    UnreadableFeed, JobCancelled."""

    def on_progress(done: int, total: int | None) -> None:
        job.progress(done, total, "fetching the file")

    found = files.fetch(feed, path, only_changed=not is_new, on_progress=on_progress)
    run.status = found.status
    changes: dict[str, Any] = {"status": found.status}
    if found.status == 200:
        changes |= {
            "path": "file",
            "size": found.size,
            "etag": found.etag,
            "last_modified": found.last_modified,
            "digest": found.sha256,
        }
    _update(run, **changes)
    return found.status == 200 and (is_new or _read_as(feed, found.sha256) != feed.digest)


class _Reading:
    """From a run's place to the end of its file."""

    def __init__(self, run: FeedRun, feed: CatalogFeed, job: JobRun, now: datetime) -> None:
        self.run, self.feed, self.job = run, feed, job
        self.now = now
        self.told_at = run.started_at or now
        self.mapper = Mapper(Options(mapping=feed.mapping, currency=feed.currency, now=now))

    def read(self, path: Path) -> None:
        """Raises UnreadableFeed, JobCancelled, JobUnfinished, TakenOver."""
        path = reading.unpacked(path, settings.FEED_MAX_BYTES)
        kind = reading.sniff(path, self.feed.format)
        items = reading.items(path, kind, after=self.run.place)
        failure: UnreadableFeed | None = None
        while not failure:
            piece, failure = _piece(items)
            if piece:
                self._put(piece)
            elif not failure:
                break
            self.job.progress(self.run.place, None, f"reading {reading.NAMES[kind]}")
            if not failure and self.job.out_of_time:
                raise JobUnfinished({"place": self.run.place})
        if failure:
            raise failure
        if not self.run.place:
            raise UnreadableFeed("The file holds no product. An empty feed takes nothing away: mend the export.")

    def _put(self, piece: Sequence[Item]) -> None:
        made = [self.mapper.row_or_reason(item) for item in piece]
        rows = {row.product_id: row for row in made if isinstance(row, ProductRow)}
        bad = [one for one in made if isinstance(one, Rejected)]
        good = len(made) - len(bad)
        count, fresh = retrying(lambda: self._write(list(rows.values()), bad, piece[-1].place, good))
        run = self.run
        run.place = piece[-1].place
        run.created += count.created
        run.changed += count.updated
        run.same += count.unchanged - (len(rows) - fresh)
        run.repeated += good - fresh
        run.rejected += len(bad)

    @transaction.atomic
    def _write(
        self, rows: Sequence[ProductRow], bad: Sequence[Rejected], place: int, good: int
    ) -> tuple[UpsertCount, int]:
        """(what was written, how many products this run had not seen before)."""
        count = upsert_within(rows, self.now, feed_id=self.feed.pk, told_at=self.told_at)
        fresh = bulk_sql.execute(SEEN, [self.run.pk, sorted(row.product_id for row in rows)]) if rows else 0
        again = len(rows) - fresh
        if faulty := sorted({one.product_id for one in bad if one.product_id}):
            bulk_sql.execute(SEEN, [self.run.pk, faulty])  # it is there, if only badly told: it is not missing
        reasons, samples = _told(self.run, bad)
        mine = FeedRun.objects.filter(pk=self.run.pk, state=State.RUNNING, place=self.run.place).update(
            place=place,
            created=F("created") + count.created,
            changed=F("changed") + count.updated,
            same=F("same") + count.unchanged - again,
            repeated=F("repeated") + good - fresh,
            rejected=F("rejected") + len(bad),
            reasons=reasons,
            samples=samples,
        )
        if not mine:
            raise TakenOver
        self.run.reasons, self.run.samples = reasons, samples
        return count, fresh


def _piece(items: Any) -> tuple[list[Item], UnreadableFeed | None]:
    """The next items, and why there can be no more; what stood before that is taken."""
    piece: list[Item] = []
    try:
        for item in islice(items, BATCH):
            piece.append(item)  # noqa: PERF402 - what stood before a failure stays
    except UnreadableFeed as failure:
        return piece, failure
    return piece, None


def _told(run: FeedRun, bad: Sequence[Rejected]) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """The run's reasons and samples with these."""
    reasons: dict[str, int] = dict(run.reasons)
    for one in bad:
        reasons[one.reason] = reasons.get(one.reason, 0) + 1
    room = SAMPLES - len(run.samples)
    fresh = [msgspec.to_builtins(one) for one in bad[: max(room, 0)]]
    return reasons, [*run.samples, *fresh]


def _read_as(feed: CatalogFeed, digest: str) -> str:
    """Of a file and of how it is read: the same again tells nothing new."""
    how = msgspec.json.encode([digest, feed.mapping, feed.currency, feed.format, feed.missing], order="deterministic")
    return hashlib.sha256(how).hexdigest()


def _note_file(feed: CatalogFeed, run: FeedRun) -> None:
    """So that the same file is not read again."""
    CatalogFeed.objects.filter(pk=feed.pk).update(
        etag=run.etag, last_modified=run.last_modified, digest=_read_as(feed, run.digest)
    )


def _went_well(feed: CatalogFeed) -> None:
    CatalogFeed.objects.filter(pk=feed.pk).update(failures=0)
    clear_alarm(FAILING, str(feed.pk))


def fail(run: FeedRun, why: str, status: int | None = None) -> bool:
    """End the run with the reason; staff hear of the second failure in a row. Whether it was open still."""
    if not _end(run, State.FAILED, why, status=status or run.status):
        return False
    CatalogFeed.objects.filter(pk=run.feed_id).update(failures=F("failures") + 1)
    feed = CatalogFeed.objects.get(pk=run.feed_id)
    if feed.failures >= ALARM_AFTER:
        raise_alarm(
            FAILING,
            str(feed.pk),
            f"The feed “{feed.name}” failed {feed.failures} times in a row. {why}",
            level="error" if feed.failures > ALARM_AFTER * 2 else "warning",
            link=f"/admin/commerce/catalogfeed/{feed.pk}/change/",
        )
    return True


def _end(run: FeedRun, state: str, why: str = "", **more: Any) -> bool:
    """Close the run unless somebody did; its file goes, and what it has seen unless staff are asked about it."""
    ended = FeedRun.objects.filter(pk=run.pk, state__in=FeedRun.OPEN).update(
        state=state, error=why, finished_at=utc_now(), path="", **more
    )
    files.forget(run.pk)
    if state != State.HELD:
        missing.forget_seen(run)
    return bool(ended)


def _update(run: FeedRun, **changes: Any) -> None:
    if not FeedRun.objects.filter(pk=run.pk, state=State.RUNNING).update(**changes):
        raise TakenOver
    for name, value in changes.items():
        setattr(run, name, value)
