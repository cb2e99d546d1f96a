"""What became of the mails of some days, by the recipients' domain, and of what came in about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from cdp.lib import bulk_sql
from mailing.models import Intake

MOST_DOMAINS = 25
BY_DOMAIN = """
SELECT CASE WHEN m.address = '' THEN '' ELSE lower(split_part(m.address, '@', 2)) END, count(*), count(m.delivered_at),
  count(*) FILTER (WHERE b.is_hard), count(*) FILTER (WHERE b.is_soft AND NOT b.is_hard),
  count(*) FILTER (WHERE b.is_block AND NOT b.is_hard), count(*) FILTER (WHERE m.state = 'failed'),
  count(m.complained_at), count(m.unsubscribed_at), count(m.clicked_at)
FROM mailing_message AS m LEFT JOIN LATERAL (
  SELECT bool_or(r.why LIKE 'hard%%') AS is_hard, bool_or(r.why LIKE 'soft%%') AS is_soft,
    bool_or(r.why LIKE 'block%%') AS is_block
  FROM mailing_receipt AS r WHERE r.message_id = m.id AND r.kind = 'bounced') AS b ON m.bounced_at IS NOT NULL
WHERE m.finished_at >= %s::timestamptz AND m.state IN ('sent', 'unknown', 'failed') AND m.channel = 'email'
GROUP BY 1 ORDER BY 2 DESC, 1
"""


@dataclass(frozen=True, slots=True)
class DomainFigures:
    """Mails to one domain ("" = all of them). `failed`: refused at the hand-over; they count among `handed`.

    `hard`, `soft`, `blocked`: came back later; `clicked`: by people.
    """

    domain: str
    handed: int = 0
    delivered: int = 0
    hard: int = 0
    soft: int = 0
    blocked: int = 0
    failed: int = 0
    complained: int = 0
    unsubscribed: int = 0
    clicked: int = 0

    @property
    def bounce_rate(self) -> float | None:
        """Came back for good, or refused for good at the hand-over, of all; None of none."""
        return (self.hard + self.failed) / self.handed if self.handed else None

    @property
    def complaint_rate(self) -> float | None:
        """Reported as spam, of all that were not refused."""
        taken = self.handed - self.failed - self.hard
        return self.complained / taken if taken > 0 else None


def by_domain(since: datetime) -> tuple[DomainFigures, list[DomainFigures]]:
    """(all, each of the 25 domains that got most) of mails that ended since then. One statement."""
    rows = [DomainFigures(*row) for row in bulk_sql.fetch(BY_DOMAIN, [since])]
    named = [row for row in rows if row.domain]
    return _sum(rows), named[:MOST_DOMAINS]


def came_in(since: datetime) -> dict[str, int]:
    """{kind: how many reports and mails} that came in since that day."""
    rows = Intake.objects.filter(day__gte=since.date()).values("kind").annotate(count=Sum("count"))
    return {row["kind"]: row["count"] for row in rows}


def _sum(rows: Sequence[DomainFigures]) -> DomainFigures:
    names = [name for name in DomainFigures.__slots__ if name != "domain"]
    return DomainFigures("", **{name: sum(getattr(row, name) for row in rows) for name in names})
