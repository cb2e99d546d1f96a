"""Campaigns paused, let go on and cancelled. What was handed over stays sent; nobody is lost or mailed twice."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from campaigns.contracts import SENDER, CampaignRefusedError
from campaigns.models import Campaign, Recipient
from campaigns.services.approving import CONSUMER
from campaigns.services.saving import subject_of
from cdp.access.services import record_audit
from cdp.lib import bulk_sql
from cdp.outbox.services import wake
from mailing import services as mailing

CANCELLED = "campaign_cancelled"
SUPPRESSED = """
UPDATE campaigns_recipient AS r SET state = 'suppressed', reason = m.reason, ended_at = %s::timestamptz
FROM mailing_message AS m WHERE r.campaign_id = %s::bigint AND r.state = 'queued' AND m.id = r.message_id
  AND m.state = 'suppressed'
"""


@transaction.atomic
def pause(campaign_id: int, *, by: AbstractBaseUser | None, now: datetime) -> Campaign:
    """Nobody is queued, and what is queued is not handed over, until it goes on. Raises CampaignRefusedError."""
    row = Campaign.objects.select_for_update().get(pk=campaign_id)
    if row.state != Campaign.State.RUNNING:
        raise CampaignRefusedError(("", "It does not run: there is nothing to pause."))
    row.state, row.paused_at = Campaign.State.PAUSED, now
    row.save(update_fields=["state", "paused_at", "updated_at"])
    record_audit(by, "paused a campaign", subject_of(row), row.name)
    return row


@transaction.atomic
def resume(campaign_id: int, *, by: AbstractBaseUser | None, now: datetime) -> Campaign:
    """Goes on where it stopped. Raises CampaignRefusedError."""
    row = Campaign.objects.select_for_update().get(pk=campaign_id)
    if row.state != Campaign.State.PAUSED:
        raise CampaignRefusedError(("", "It is not paused."))
    row.state, row.resumed_at = Campaign.State.RUNNING, now
    row.save(update_fields=["state", "resumed_at", "updated_at"])
    mailing.look_again(SENDER, row.pk)
    record_audit(by, "resumed a campaign", subject_of(row), row.name)
    wake(CONSUMER)
    return row


@transaction.atomic
def cancel(campaign_id: int, *, by: AbstractBaseUser | None, now: datetime) -> Campaign:
    """Ends it for good: what is queued is suppressed, whoever waits is skipped. Raises CampaignRefusedError."""
    row = Campaign.objects.select_for_update().get(pk=campaign_id)
    if row.state not in (
        Campaign.State.APPROVAL,
        Campaign.State.SCHEDULED,
        Campaign.State.RUNNING,
        Campaign.State.PAUSED,
    ):
        raise CampaignRefusedError(("", f"It is {row.get_state_display().lower()}: there is nothing to cancel."))
    row.state, row.ended_at = Campaign.State.CANCELLED, now
    row.save(update_fields=["state", "ended_at", "updated_at"])
    mailing.cancel(SENDER, sender_id=row.pk, reason=CANCELLED, now=now)
    bulk_sql.execute(SUPPRESSED, [now, row.pk])
    waiting = Recipient.objects.filter(campaign=row, state=Recipient.State.WAITING)
    waiting.update(state=Recipient.State.SKIPPED, reason=CANCELLED, ended_at=now)
    record_audit(by, "cancelled a campaign", subject_of(row), row.name)
    return row
