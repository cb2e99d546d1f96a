"""What a recipient was sent lately, counted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from cdp.lib import bulk_sql

DAYS = 30
COUNTS = """
SELECT recipient_id, count(*) FILTER (WHERE state = 'sent'), count(*) FILTER (WHERE state = 'suppressed'),
  count(*) FILTER (WHERE state = 'failed'), count(*) FILTER (WHERE state = 'waiting'),
  max(finished_at) FILTER (WHERE state = 'sent')
FROM recipients_delivery WHERE recipient_id = ANY(%s::bigint[]) AND made_at >= %s::timestamptz GROUP BY recipient_id
"""
REASONS = """
SELECT reason, count(*) FROM recipients_delivery
WHERE recipient_id = %s::bigint AND made_at >= %s::timestamptz AND state = 'suppressed'
GROUP BY reason ORDER BY 2 DESC, 1
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """Deliveries of the last 30 days by what became of them."""

    sent: int = 0
    suppressed: int = 0
    failed: int = 0
    waiting: int = 0
    last_sent_at: datetime | None = None

    @property
    def total(self) -> int:
        """All of them."""
        return self.sent + self.suppressed + self.failed + self.waiting


def figures_of(recipient_ids: Collection[int], now: datetime) -> dict[int, Figures]:
    """{recipient id: its figures}; of one without deliveries all are 0."""
    rows = bulk_sql.fetch(COUNTS, [list(recipient_ids), now - timedelta(days=DAYS)])
    found = {recipient_id: Figures(*rest) for recipient_id, *rest in rows}
    return {recipient_id: found.get(recipient_id, Figures()) for recipient_id in recipient_ids}


def reasons_of(recipient_id: int, now: datetime) -> list[tuple[str, int]]:
    """Why deliveries of the last 30 days were not sent, the most frequent first."""
    rows = bulk_sql.fetch(REASONS, [recipient_id, now - timedelta(days=DAYS)])
    return [(reason, count) for reason, count in rows]
