"""From draft to scheduled: who asked, how many it reaches, and the second person where the policy wants one.

What somebody asked to send is what goes out: the templates' versions are pinned then. An approval is of that and of a
number of people; going back to draft ends it, and an audience that grew by more than a tenth needs a new one.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from campaigns.checking import lacks, schedule_of
from campaigns.contracts import CampaignRefusedError
from campaigns.models import Campaign
from campaigns.queries.audience import audience_of, reach
from campaigns.services.saving import draft_of, subject_of
from campaigns.timing import starts_at
from cdp.access.services import record_audit
from cdp.outbox.services import wake
from mailing.models import TemplateVersion
from mailing.queries.counts import policy

CONSUMER = "campaigns.run"
GROWTH = 1.1
"""An approval stands for up to a tenth more people than were shown."""


def ask_to_send(campaign_id: int, *, by: AbstractBaseUser | None, now: datetime) -> Campaign:
    """Schedules a draft, or has it wait for a second person. Raises CampaignRefusedError with what is missing."""
    audience = audience_of(Campaign.objects.get(pk=campaign_id))
    purpose = Campaign.objects.values_list("purpose_id", flat=True).get(pk=campaign_id)
    found = reach(audience, str(purpose), now)  # takes seconds for many: before the row is locked
    with transaction.atomic():
        row = Campaign.objects.select_for_update().get(pk=campaign_id)
        _in_state(row, Campaign.State.DRAFT)
        if audience != audience_of(row):
            raise CampaignRefusedError(("", "Somebody changed it just now: look at it again."))
        missing = [*lacks(draft_of(row, audience), now), *_pin(row)]
        if not missing and not found.mailable:
            missing.append(("include", "Nobody in this audience may be mailed: choose others."))
        if missing:
            raise CampaignRefusedError(*missing)
        row.asked_by_id, row.asked_at, row.asked_count = _pk(by), now, found.mailable
        row.approved_by, row.approved_at, row.approved_count, row.refused_why = None, None, None, ""
        if found.mailable > policy().approval_above:
            row.state = Campaign.State.APPROVAL
            row.save()
            record_audit(by, "asked for approval of a campaign", subject_of(row), f"{found.mailable} people")
        else:
            schedule(row, now)
            record_audit(by, "scheduled a campaign", subject_of(row), f"{found.mailable} people")
    return row


def approve(campaign_id: int, *, by: AbstractBaseUser, now: datetime) -> Campaign:
    """A second person's yes. Raises CampaignRefusedError from whoever asked, and where nothing waits for one."""
    with transaction.atomic():
        row = Campaign.objects.select_for_update().get(pk=campaign_id)
        _in_state(row, Campaign.State.APPROVAL)
        if row.asked_by_id == by.pk:
            raise CampaignRefusedError(("", "You asked for it yourself: a second person approves it."))
        row.approved_by_id, row.approved_at, row.approved_count = by.pk, now, row.asked_count
        schedule(row, now)
        record_audit(by, "approved a campaign", subject_of(row), f"{row.asked_count} people")
    return row


def refuse(campaign_id: int, why: str, *, by: AbstractBaseUser, now: datetime) -> Campaign:
    """Back to draft with a word about why. Raises CampaignRefusedError."""
    if not why.strip():
        raise CampaignRefusedError(("why", "Say what is to be changed: whoever asked reads it."))
    with transaction.atomic():
        row = Campaign.objects.select_for_update().get(pk=campaign_id)
        _in_state(row, Campaign.State.APPROVAL)
        _to_draft(row)
        row.refused_why = why.strip()[:1_000]
        row.save()
        record_audit(by, "refused a campaign", subject_of(row), row.refused_why)
    return row


def back_to_draft(campaign_id: int, *, by: AbstractBaseUser | None, now: datetime) -> Campaign:
    """To change what has not started; an approval ends with it. Raises CampaignRefusedError."""
    with transaction.atomic():
        row = Campaign.objects.select_for_update().get(pk=campaign_id)
        _in_state(row, Campaign.State.APPROVAL, Campaign.State.SCHEDULED)
        _to_draft(row)
        row.save()
        record_audit(by, "took a campaign back to draft", subject_of(row), row.name)
    return row


def needs_approval(row: Campaign, mailable: int) -> bool:
    """Whether so many people need a yes that nobody gave: asked again when the audience is frozen."""
    if mailable <= policy().approval_above:
        return False
    return row.approved_at is None or mailable > (row.approved_count or 0) * GROWTH


def schedule(row: Campaign, now: datetime) -> None:
    """It starts by itself at its time."""
    row.state = Campaign.State.SCHEDULED
    row.starts_at = starts_at(schedule_of(draft_of(row, audience_of(row))), now)
    row.save()
    wake(CONSUMER)


def _to_draft(row: Campaign) -> None:
    row.state, row.starts_at = Campaign.State.DRAFT, None
    row.asked_by = row.approved_by = None
    row.asked_at = row.approved_at = None
    row.asked_count = row.approved_count = None
    row.variants.update(version=None)


def _pin(row: Campaign) -> list[tuple[str, str]]:
    """Pins what is published now; what is wrong with it."""
    missing = []
    for variant in row.variants.order_by("key"):
        newest = (
            TemplateVersion.objects.filter(template__slug=variant.template, template__kind="marketing")
            .order_by("-number")
            .first()
        )
        if newest is None:
            missing.append(
                ("variants", f"The mail “{variant.template}” is not published as marketing mail: publish it first.")
            )
            continue
        variant.version = newest.number
        variant.save(update_fields=["version"])
    return missing


def _in_state(row: Campaign, *states: str) -> None:
    if row.state not in states:
        raise CampaignRefusedError(("", f"It is {row.get_state_display().lower()} by now: look at it again."))


def _pk(by: AbstractBaseUser | None) -> Any:
    return getattr(by, "pk", None)
