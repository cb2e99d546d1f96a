"""Reservations whose time is over give back what they held; and budgets are watched for running low."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from cdp.alarms.services import clear_others
from cdp.lib import bulk_sql
from cdp.lib.clock import utc_now
from offers.redeeming import EXPIRED
from offers.services.counting import BUDGET_LOW, give_back, is_low, warn_low
from offers.services.ledger import tell

SLICE = 500
DUE = """
SELECT id, offer_id FROM offers_redemption WHERE state = 'reserved' AND expires_at <= %s::timestamptz
ORDER BY expires_at LIMIT %s::bigint FOR UPDATE SKIP LOCKED
"""
BUDGETS = """
SELECT o.id, o.key, b.count_used, b.count_limit, b.money_used, b.money_limit
FROM offers_budget AS b JOIN offers_offer AS o ON o.id = b.offer_id
WHERE o.state IN ('live', 'paused') AND (b.count_limit IS NOT NULL OR b.money_limit IS NOT NULL)
"""


def expire_slice(now: datetime | None = None) -> int:
    """Expire what is due; how many. What somebody redeems this very moment is left to them. When nothing is left to
    expire, alarms of budgets follow what is so."""
    moment = now or utc_now()
    with transaction.atomic():
        due: list[tuple[UUID, int]] = [(pk, offer) for pk, offer in bulk_sql.fetch(DUE, [moment, SLICE])]
        gone = give_back([pk for pk, _ in due], [offer for _, offer in due], EXPIRED, "", moment)
        tell("offer.released", gone)
    if not due:
        watch_budgets()
    return len(due)


@transaction.atomic
def watch_budgets() -> None:
    """An alarm for each budget that is low, and none for the others."""
    low = {
        key: pk
        for pk, key, count_used, count_limit, money_used, money_limit in bulk_sql.fetch(BUDGETS)
        if is_low(count_used, count_limit) or is_low(money_used, money_limit)
    }
    for key, pk in low.items():
        warn_low(pk, key)
    clear_others(BUDGET_LOW, low.keys())
