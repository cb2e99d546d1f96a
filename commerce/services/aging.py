"""Aging: what becomes of carts that nobody touches: left behind, and at last expired. And what others tell of them.

Both are states, not losses: the next touch opens the cart again, and an order closes it whatever it was.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest

from cdp.lib import bulk_sql
from cdp.lib.clock import utc_now
from cdp.outbox.contracts import BULK
from cdp.outbox.services import publish
from commerce.models import Cart

SLICE = 1_000
ABANDON = """
UPDATE commerce_cart SET abandoned_at = last_activity_at + %s::interval WHERE id = ANY(ARRAY(
  SELECT id FROM commerce_cart
  WHERE state = 'open' AND abandoned_at IS NULL AND last_activity_at <= %s::timestamptz
    AND last_activity_at > %s::timestamptz
  ORDER BY last_activity_at LIMIT %s::bigint FOR UPDATE SKIP LOCKED))
"""
EXPIRE = """
UPDATE commerce_cart SET state = 'expired', abandoned_at = coalesce(abandoned_at, last_activity_at + %s::interval),
  updated_at = %s::timestamptz
WHERE id = ANY(ARRAY(
  SELECT id FROM commerce_cart WHERE state = 'open' AND last_activity_at <= %s::timestamptz
  ORDER BY last_activity_at LIMIT %s::bigint FOR UPDATE SKIP LOCKED))
RETURNING key
"""


@transaction.atomic
def age_slice(*, now: datetime | None = None, limit: int = SLICE) -> int:
    """Let up to `limit` open carts count as left behind, and as many expire. Returns how many; each once.

    Left behind: without activity for CART_ABANDONED_MINUTES. Expired: for CART_EXPIRES_DAYS.
    """
    now = now or utc_now()
    idle = timedelta(minutes=settings.CART_ABANDONED_MINUTES)
    oldest = now - timedelta(days=settings.CART_EXPIRES_DAYS)
    left = bulk_sql.execute(ABANDON, [idle, now - idle, oldest, limit])
    gone = sorted(key for (key,) in bulk_sql.fetch(EXPIRE, [idle, now, oldest, limit]))
    if gone:
        publish("cart.changed", {"keys": gone}, lane=BULK)
    return left + len(gone)


def note_mailed(keys: Collection[str], at: datetime) -> int:
    """A mail about these carts went out at `at`. In the caller's transaction; again changes nothing."""
    rows = Cart.objects.filter(key__in=list(keys)).filter(Q(mailed_at=None) | Q(mailed_at__lt=at))
    return rows.update(mailed_at=Greatest("mailed_at", at), unmailed_reason="")


def note_unmailed(keys: Collection[str], reason: str) -> int:
    """Nobody was written to about these carts since they were left behind, for this reason."""
    rows = Cart.objects.filter(key__in=list(keys), abandoned_at__isnull=False).exclude(unmailed_reason=reason)
    rows = rows.exclude(mailed_at__gte=F("abandoned_at"))
    return rows.update(unmailed_reason=reason)
