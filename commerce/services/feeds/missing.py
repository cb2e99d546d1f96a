"""Products that their feed tells of no more: left, or taken away; with a safety stop for a feed that shrank.

A feed that would take away more than 30 % of its products is held: a broken export looks just like that.
"""

from datetime import datetime

from django.db import transaction

from cdp.alarms.services import clear_alarm, raise_alarm
from cdp.lib import bulk_sql
from commerce.models import CatalogFeed, FeedRun, FeedSeen
from commerce.services.changes import tell_changes

SHRUNK = "catalog.shrunk"
MOST_SHARE = 0.30
SLICE = 5000
# Products of the feed that are there for customers, by what is done to missing ones.
PRESENT = {"out_of_stock": "p.in_stock AND p.active", "inactive": "p.active"}
GONE = (
    "p.feed_id = %s AND {present} AND NOT EXISTS "
    "(SELECT FROM commerce_feedseen AS s WHERE s.run_id = %s::uuid AND s.product_id = p.product_id)"
)
COUNT = "SELECT count(*), count(*) FILTER (WHERE {gone}) FROM commerce_product AS p WHERE p.feed_id = %s AND {present}"
TAKE = """
WITH chosen AS (
  SELECT p.id FROM commerce_product AS p WHERE {gone} AND (p.stock_at IS NULL OR p.stock_at <= %s::timestamptz)
  ORDER BY p.product_id LIMIT %s FOR UPDATE
)
UPDATE commerce_product AS p SET {change}, taken_away = %s, updated_at = %s::timestamptz
FROM chosen WHERE p.id = chosen.id
"""
CHANGE = {
    "out_of_stock": "in_stock = FALSE, quantity = CASE WHEN p.quantity IS NULL THEN NULL ELSE 0 END",
    "inactive": "active = FALSE",
}


def settle_missing(run: FeedRun, feed: CatalogFeed, now: datetime) -> str:
    """After the whole file was read: take away what is missing, or hold. Returns why it is held, else nothing."""
    if feed.missing == CatalogFeed.Missing.LEAVE:
        return ""
    present, missing = count_missing(run, feed)
    FeedRun.objects.filter(pk=run.pk).update(missing=missing)
    run.missing = missing
    if missing > present * MOST_SHARE:
        why = (
            f"{missing:,} of {present:,} products of “{feed.name}” are not in the file any more. More than "
            f"{MOST_SHARE:.0%} at once looks like a broken export, so none was taken away. Look at the file, then "
            "confirm or leave them."
        )
        raise_alarm(SHRUNK, str(feed.pk), why, link=f"/admin/commerce/feedrun/{run.pk}/change/")
        return why
    take_away(run, feed, now)
    return ""


def count_missing(run: FeedRun, feed: CatalogFeed) -> tuple[int, int]:
    """(products of the feed that are there for customers, those of them that the run has not seen)."""
    present = PRESENT[feed.missing]
    statement = COUNT.format(gone=GONE.format(present=present), present=present)
    found: tuple[int, int] = bulk_sql.fetch(statement, [feed.pk, run.pk, feed.pk])[0]
    return found


def take_away(run: FeedRun, feed: CatalogFeed, now: datetime) -> int:
    """Take away what the run has not seen, piece by piece; how many. Stock told after the run began stays."""
    statement = TAKE.format(gone=GONE.format(present=PRESENT[feed.missing]), change=CHANGE[feed.missing])
    told_at = run.started_at or now
    taken = 0
    while True:
        with transaction.atomic():
            done = bulk_sql.execute(statement, [feed.pk, run.pk, told_at, SLICE, feed.missing, now])
            tell_changes()
        taken += done
        if done < SLICE:
            return taken


def confirm_missing(run: FeedRun, now: datetime) -> int:
    """Staff say the missing products really are gone. Returns how many were taken away; 0 if it was settled before."""
    if run.feed.missing == CatalogFeed.Missing.LEAVE or not _settle(run, now):
        return 0
    taken = take_away(run, run.feed, now)
    _end(run)
    return taken


def leave_missing(run: FeedRun, now: datetime) -> bool:
    """Staff say the file was wrong: the products stay. Whether it was theirs to say."""
    if not _settle(run, now):
        return False
    _end(run)
    return True


def supersede(feed: CatalogFeed, run: FeedRun, now: datetime) -> None:
    """A later run was read whole: earlier ones that are held need no answer any more."""
    for held in feed.runs.filter(state=FeedRun.State.HELD).exclude(pk=run.pk):
        if _settle(held, now):
            _end(held)


def forget_seen(run: FeedRun) -> None:
    """What the run has read is needed no more."""
    FeedSeen.objects.filter(run_id=run.pk).delete()


def _settle(run: FeedRun, now: datetime) -> bool:
    held = FeedRun.objects.filter(pk=run.pk, state=FeedRun.State.HELD)
    return bool(held.update(state=FeedRun.State.DONE, finished_at=now, error=""))


def _end(run: FeedRun) -> None:
    forget_seen(run)
    clear_alarm(SHRUNK, str(run.feed_id))
