"""Figures for charts: what became of mails (whoever sent them) by hour or day, and why some were not made."""

from dataclasses import dataclass
from datetime import datetime

from cdp.lib import bulk_sql
from cdp.lib.spans import Span

MAILS = """
SELECT date_trunc(%s::text, finished_at AT TIME ZONE %s::text), state, reason, count(*) FROM mailing_message
WHERE finished_at >= %s::timestamptz AND finished_at < %s::timestamptz GROUP BY 1, 2, 3
UNION ALL
SELECT date_trunc(%s::text, ended_at AT TIME ZONE %s::text), 'not_made', reason, count(*)
FROM automation_enrollment AS e
WHERE ended_at >= %s::timestamptz AND ended_at < %s::timestamptz AND (state = 'exited' OR reason = 'held_out')
  AND NOT EXISTS (
    SELECT FROM mailing_message AS m WHERE m.sender = 'journey' AND m.about_id = e.id) GROUP BY 1, 3
"""


@dataclass(frozen=True, slots=True)
class MailsOfBucket:
    """How many mails ended in a bucket in `state` for `reason`; state `not_made`: a way that ended without a mail."""

    bucket: datetime
    state: str
    reason: str
    count: int


def mails_by_bucket(span: Span) -> list[MailsOfBucket]:
    """A row a bucket, state and reason; buckets by their local start."""
    params = [span.unit, span.zone, span.start, span.end]
    return [MailsOfBucket(*row) for row in bulk_sql.fetch(MAILS, [*params, *params])]
