"""Retaining: raw requests are kept INBOX_KEEP_DAYS days, resolved items of the quarantine 90, then deleted in slices.

A request that waits, or of which an item is open in quarantine, stays: the item needs what its request said. Counters,
deduplication and the log need no request.
"""

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction

from cdp.lib.clock import utc_now

RESOLVED_KEPT_DAYS = 90
SLICE = 500
REQUESTS = """
DELETE FROM events_inbox WHERE id IN (
  SELECT id FROM events_inbox AS request
  WHERE received_at < %s AND done_at < %s
    AND NOT EXISTS (SELECT FROM events_rejectedevent WHERE inbox_id = request.id AND resolved_at IS NULL)
  ORDER BY received_at LIMIT %s FOR UPDATE SKIP LOCKED)
"""
RESOLVED = """
DELETE FROM events_rejectedevent WHERE id IN (
  SELECT id FROM events_rejectedevent WHERE rejected_at < %s AND resolved_at < %s
  LIMIT %s FOR UPDATE SKIP LOCKED)
"""


def clean_slice() -> int:
    """Delete up to 500 raw requests and 500 resolved items that are too old. Returns how many; 0 when none are left."""
    now = utc_now()
    kept_since = now - timedelta(days=settings.INBOX_KEEP_DAYS)
    resolved_since = now - timedelta(days=RESOLVED_KEPT_DAYS)
    deleted: int = 0
    with transaction.atomic(), connection.cursor() as cursor:
        if settings.INBOX_KEEP_DAYS:
            cursor.execute(REQUESTS, [kept_since, kept_since, SLICE])
            deleted += cursor.rowcount
        cursor.execute(RESOLVED, [resolved_since, resolved_since, SLICE])
        deleted += cursor.rowcount
    return deleted
