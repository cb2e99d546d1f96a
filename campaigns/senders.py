"""The sender `campaign`: what mailing asks it at the hand-over, and what it is told of each message's end."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from campaigns.contracts import SEED
from campaigns.models import Campaign
from campaigns.services.concluding import conclude
from mailing.contracts import END, GO, WAIT, Said

if TYPE_CHECKING:
    from mailing.models import Message

KEPT = timedelta(hours=48)
"""A mail that could not go out within this time of its turn is old news."""
WHILE_PAUSED = timedelta(minutes=5)


class CampaignSender:
    """See `mailing.contracts.Sender`."""

    def ask(self, messages: Sequence["Message"], now: datetime) -> list[Said]:
        """Whether its campaign still runs, and its mail is not too old."""
        campaigns = Campaign.objects.in_bulk({one.sender_id for one in messages})
        return [_say(one, campaigns.get(one.sender_id), now) for one in messages]

    def fill(self, messages: Sequence["Message"], now: datetime) -> list[Mapping[str, Any]]:
        """Nothing of its own: a campaign is about nothing but the person and the shop."""
        return [{} for _ in messages]

    def concluded(self, messages: Sequence["Message"], now: datetime) -> None:
        """Its recipients end as their messages did."""
        conclude(messages, now)


def _say(message: "Message", campaign: Campaign | None, now: datetime) -> Said:
    if campaign is None:
        return Said(END, "no_sender")
    if campaign.state == Campaign.State.CANCELLED:
        return Said(END, "campaign_cancelled")
    if message.step == SEED:
        return Said(GO)
    if campaign.state == Campaign.State.PAUSED:
        return Said(WAIT, "campaign_paused", now + WHILE_PAUSED)
    until = max(message.queued_at, campaign.resumed_at or message.queued_at) + KEPT
    if until <= now:
        return Said(END, "too_late")
    hours = campaign.not_mailed_hours
    return Said(GO, since=now - timedelta(hours=hours) if hours else None, until=until)


CAMPAIGN = CampaignSender()
