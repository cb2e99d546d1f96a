"""The winner of a test: chosen once, by the rule when its time is over or by somebody before that."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from campaigns.contracts import CampaignRefusedError
from campaigns.models import Campaign, Recipient, Winner
from campaigns.queries.results import results, tallies
from campaigns.services.saving import subject_of
from campaigns.winning import Choice, choose
from cdp.access.services import record_audit

STRAGGLERS = 0.05
"""So many of the test group may still be on their way when its time begins: quiet hours may hold some for a night."""


def has_test(campaign: Campaign) -> bool:
    """Whether a part of its audience decides what the rest gets."""
    return 0 < campaign.test_share < 1 and campaign.variants.count() > 1


def choose_if_due(campaign: Campaign, now: datetime) -> bool:
    """In the transaction that holds its row: note that the test group is through, or choose; whether it did either."""
    if not has_test(campaign) or campaign.winners.exists():
        return False
    if campaign.tested_at is None:
        test = Recipient.objects.filter(campaign=campaign, in_test=True)
        whole, still = test.count(), test.filter(state__in=Recipient.OPEN).count()
        if still > whole * STRAGGLERS:
            return False
        campaign.tested_at = now
        campaign.save(update_fields=["tested_at", "updated_at"])
        return whole > 0
    if now < campaign.tested_at + timedelta(minutes=campaign.test_minutes):
        return False
    choice = choose(tallies(campaign, results(campaign, test_only=True)), campaign.metric, campaign.min_lead_percent)
    _settle(campaign, choice, None, now)
    return True


def choose_by_hand(campaign_id: int, variant: str, *, by: AbstractBaseUser, now: datetime) -> Winner:
    """Staff choose before the time is over. Raises CampaignRefusedError where there is nothing to choose any more."""
    with transaction.atomic():
        row = Campaign.objects.select_for_update().get(pk=campaign_id)
        if row.state not in (Campaign.State.RUNNING, Campaign.State.PAUSED) or not has_test(row):
            raise CampaignRefusedError(("", "It has no test that runs: there is nothing to choose."))
        if not row.variants.filter(key=variant).exists():
            raise CampaignRefusedError(("", f"There is no variant {variant}."))
        if row.winners.exists():
            raise CampaignRefusedError(("", "The winner was chosen before: it stays."))
        return _settle(row, Choice(variant, True, f"{variant} was chosen by hand."), by, now)


def _settle(campaign: Campaign, choice: Choice, by: AbstractBaseUser | None, now: datetime) -> Winner:
    who: Any = getattr(by, "pk", None)
    try:
        with transaction.atomic():
            winner = Winner.objects.create(
                campaign=campaign,
                variant=choice.variant,
                is_clear=choice.is_clear,
                why=choice.why,
                chosen_by_id=who,
                chosen_at=now,
            )
    except IntegrityError as error:
        raise CampaignRefusedError(("", "The winner was chosen before: it stays.")) from error
    waiting = Recipient.objects.filter(campaign=campaign, state=Recipient.State.WAITING, due_at__isnull=True)
    waiting.update(variant=choice.variant, due_at=now)
    record_audit(by, "chose a campaign's winner", subject_of(campaign), choice.why)
    return winner
