"""Running campaigns: whose turn has come is queued in batches, the winner is chosen, and what is through ends.

Each batch is one transaction that holds the campaign's row: messages and recipients change together, so that a worker
may die at any instant, and any number of workers queue nobody twice.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.db import transaction

from campaigns.contracts import MAIL, SENDER
from campaigns.models import Campaign, Recipient, Variant
from campaigns.pacing import Queued, room
from campaigns.queries.progress import queued_lately
from campaigns.services.choosing import choose_if_due
from campaigns.services.freezing import start_due
from cdp.lib import bulk_sql
from cdp.lib.clock import utc_now
from cdp.lib.conflicts import is_blameless, retrying
from cdp.lib.failures import describe
from cdp.lib.hashing import address_hash
from mailing.contracts import NewMessage
from mailing.services import queue

BATCH = 500
log = structlog.get_logger(__name__)
LANE = 2
"""After the mails of journeys: a campaign waits for nobody's cart."""
TAKE = """
SELECT r.id, r.identifier_id, r.address_hash, r.variant, i.value FROM campaigns_recipient AS r
LEFT JOIN profiles_identifier AS i ON i.id = r.identifier_id AND i.kind = 'email'
WHERE r.campaign_id = %s::bigint AND r.state = 'waiting' AND r.due_at <= %s::timestamptz
ORDER BY r.due_at, r.id LIMIT %s::bigint FOR UPDATE OF r SKIP LOCKED
"""
WRITE = """
UPDATE campaigns_recipient AS r SET state = new.state, reason = new.reason, message_id = nullif(new.message_id, 0),
  queued_at = CASE WHEN new.state = 'queued' THEN %s::timestamptz END,
  ended_at = CASE WHEN new.state = 'queued' THEN NULL ELSE %s::timestamptz END
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[]) AS new(id, state, reason, message_id)
WHERE r.id = new.id
"""


def run_slice(*, now: datetime | None = None) -> int:
    """Start what is due and go on with what runs; how many recipients and campaigns moved."""
    moment = now or utc_now()
    worked = start_due(moment)
    running = Campaign.objects.filter(state=Campaign.State.RUNNING).order_by("pk").values_list("pk", flat=True)
    return worked + sum(_advanced(pk, moment) for pk in list(running))


def _advanced(pk: int, now: datetime) -> int:
    """One that cannot go on is tried again at the next slice and stops no other."""
    try:
        return retrying(partial(advance, pk, now))
    except Exception as error:
        if is_blameless(error):
            raise
        log.error("campaign_stands", campaign=pk, failure=describe(error))
        return 0


@transaction.atomic
def advance(campaign_id: int, now: datetime) -> int:
    """One batch of one campaign, unless somebody else has it; how many recipients moved, or 1 where it changed."""
    running = Campaign.objects.select_for_update(skip_locked=True).filter(state=Campaign.State.RUNNING)
    campaign = running.filter(pk=campaign_id).first()
    if campaign is None:
        return 0
    if choose_if_due(campaign, now):
        return 1
    moved = _queue_batch(campaign, now)
    if moved or Recipient.objects.filter(campaign=campaign, state__in=Recipient.OPEN).exists():
        return moved
    campaign.state, campaign.ended_at = Campaign.State.DONE, now
    campaign.save(update_fields=["state", "ended_at", "updated_at"])
    return 1


def _queue_batch(campaign: Campaign, now: datetime) -> int:
    most = room(_queued(campaign, now), per_minute=campaign.per_minute, per_hour=campaign.per_hour)
    rows = bulk_sql.fetch(TAKE, [campaign.pk, now, min(most, BATCH)]) if most else []
    if not rows:
        return 0
    variants = {one.key: one for one in campaign.variants.all()}
    there = [row for row in rows if row[4] is not None and address_hash(row[4]) == bytes(row[2])]
    ids = queue([_message(campaign, variants[row[3]], row) for row in there], now=now)
    queued = {row[0]: message for row, message in zip(there, ids, strict=True)}
    ends = [_written(row[0], queued) for row in rows]
    bulk_sql.execute(WRITE, [now, now, *(list(column) for column in zip(*ends, strict=True))])
    return len(rows)


def _queued(campaign: Campaign, now: datetime) -> Queued:
    waiting = Recipient.objects.filter(campaign=campaign, state=Recipient.State.QUEUED).count()
    if campaign.per_minute is None and campaign.per_hour is None:
        return Queued(waiting=waiting)
    hour, minute, tick = queued_lately(
        campaign.pk, now - timedelta(hours=1), now - timedelta(minutes=1), now - timedelta(seconds=5)
    )
    return Queued(hour, minute, tick, waiting)


def _written(pk: int, queued: dict[int, int | None]) -> tuple[int, str, str, int]:
    """id, state, reason, message id"""
    if pk not in queued:
        return pk, "skipped", "address_gone", 0
    message = queued[pk]
    return (pk, "queued", "", message) if message is not None else (pk, "skipped", "queued_before", 0)


def _message(campaign: Campaign, variant: Variant, row: Sequence[object]) -> NewMessage:
    return NewMessage(
        sender=SENDER,
        sender_id=campaign.pk,
        about_id=int(str(row[0])),
        label=campaign.name,
        step=MAIL,
        occasion=campaign.experiment_key,
        address=str(row[4]),
        identifier_id=int(str(row[1])),
        template=variant.sent_template,
        purpose=campaign.purpose_code,
        template_version=variant.sent_version,
        variant=variant.key,
        lane=LANE,
    )
