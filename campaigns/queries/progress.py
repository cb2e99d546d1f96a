"""How far campaigns are: recipients by state and reason, the pace of late, and what is left."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from campaigns.contracts import Progress
from campaigns.models import Campaign, Recipient
from cdp.lib import bulk_sql

LATELY = timedelta(minutes=3)
COUNTS = """
SELECT state, reason, due_at IS NULL AND state = 'waiting', count(*) FROM campaigns_recipient
WHERE campaign_id = %s::bigint GROUP BY 1, 2, 3
"""
QUEUED = """
SELECT count(*), count(*) FILTER (WHERE queued_at > %s::timestamptz),
  count(*) FILTER (WHERE queued_at > %s::timestamptz)
FROM campaigns_recipient WHERE campaign_id = %s::bigint AND queued_at > %s::timestamptz
"""
BY_STATE = """
SELECT campaign_id, state, count(*) FROM campaigns_recipient WHERE campaign_id = ANY(%s::bigint[]) GROUP BY 1, 2
"""
HANDED = ("sent", "unknown", "failed")


def progress(campaign: Campaign, now: datetime) -> Progress:
    """Everybody accounted for: the states add up to all recipients."""
    states: Counter[str] = Counter()
    ends: Counter[tuple[str, str]] = Counter()
    for_winner = 0
    for state, reason, is_for_winner, count in bulk_sql.fetch(COUNTS, [campaign.pk]):
        states[state] += count
        for_winner += count if is_for_winner else 0
        if state not in ("waiting", "queued", "sent"):
            ends[(state, reason)] += count
    rate = _rate(campaign, now)
    left = states["waiting"] + states["queued"]
    return Progress(
        recipients=states.total(),
        states=dict(states),
        ends=dict(ends.most_common()),
        waiting_for_winner=for_winner,
        per_minute=rate,
        minutes_left=left / rate if rate and not for_winner else None,
        next_due_at=_next_due(campaign, now) if states["waiting"] else None,
    )


def queued_lately(campaign_id: int, hour: datetime, minute: datetime, tick: datetime) -> tuple[int, int, int]:
    """How many were queued since each of these instants."""
    ((in_hour, in_minute, in_tick),) = bulk_sql.fetch(QUEUED, [minute, tick, campaign_id, hour])
    return in_hour, in_minute, in_tick


def counts_of(campaign_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """{campaign: {state: recipients}} by one statement, for lists."""
    found: dict[int, dict[str, int]] = {pk: {} for pk in campaign_ids}
    for pk, state, count in bulk_sql.fetch(BY_STATE, [list(campaign_ids)]):
        found[pk][state] = count
    return found


def _rate(campaign: Campaign, now: datetime) -> float:
    """Handed over a minute, of the last three or since it began."""
    if campaign.started_at is None or campaign.state != Campaign.State.RUNNING:
        return 0.0
    begun = max(campaign.started_at, campaign.resumed_at or campaign.started_at)
    minutes = min(LATELY, max(now - begun, timedelta(seconds=5))) / timedelta(minutes=1)
    handed = Recipient.objects.filter(campaign=campaign, ended_at__gt=now - LATELY, state__in=HANDED)
    return handed.count() / minutes


def _next_due(campaign: Campaign, now: datetime) -> datetime | None:
    """When the next turn is, where nobody's has come yet."""
    waiting = Recipient.objects.filter(campaign=campaign, state=Recipient.State.WAITING, due_at__isnull=False)
    due = waiting.order_by("due_at").values_list("due_at", flat=True).first()
    return due if due and due > now else None
