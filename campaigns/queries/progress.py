"""How far campaigns are: recipients by state and reason, the pace of late, and what is left."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from campaigns.contracts import Progress
from campaigns.models import Campaign, Recipient
from cdp.lib import bulk_sql
from mailing.queries.counts import policy

LATELY = timedelta(minutes=3)
ENOUGH = 10
"""Mails that a throttled pace is measured by: over less time its bursts would be taken for the pace."""
NEARLY = 0.75
"""A measured pace so near to the limit is the limit: mails come in bursts."""
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
        minutes_left=_minutes_left(campaign, left, rate, now) if rate and not for_winner else None,
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
    """Handed over a minute, of late or since it began; never more than the limits allow."""
    if campaign.started_at is None or campaign.state != Campaign.State.RUNNING:
        return 0.0
    limit = _limit(campaign)
    window = max(LATELY, timedelta(minutes=ENOUGH / limit)) if limit else LATELY
    begun = max(campaign.started_at, campaign.resumed_at or campaign.started_at)
    spent = min(window, max(now - begun, timedelta(seconds=5)))
    handed = Recipient.objects.filter(campaign=campaign, ended_at__gt=now - spent, state__in=HANDED).count()
    rate = handed / (spent / timedelta(minutes=1))
    if not limit or not handed:
        return rate
    return limit if spent < window or rate > NEARLY * limit else rate


def _limit(campaign: Campaign) -> float | None:
    """The most a minute, by the campaign's throttle and the policy's pace."""
    an_hour = campaign.per_hour / 60 if campaign.per_hour else None
    return min((one for one in (campaign.per_minute, an_hour, policy().per_minute) if one), default=None)


def _minutes_left(campaign: Campaign, left: int, rate: float, now: datetime) -> float:
    """By the pace, and not before the last turn has come."""
    waiting = Recipient.objects.filter(campaign=campaign, state=Recipient.State.WAITING, due_at__gt=now)
    last = waiting.order_by("-due_at").values_list("due_at", flat=True).first()
    return max(left / rate, (last - now) / timedelta(minutes=1) if last else 0)


def _next_due(campaign: Campaign, now: datetime) -> datetime | None:
    """When the next turn is, where nobody's has come yet."""
    waiting = Recipient.objects.filter(campaign=campaign, state=Recipient.State.WAITING, due_at__isnull=False)
    due = waiting.order_by("due_at").values_list("due_at", flat=True).first()
    return due if due and due > now else None
