"""Who says yes: a second person above the policy's number, never who asked, and never for what was changed since."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from campaigns.contracts import CampaignRefusedError, VariantDraft
from campaigns.models import Campaign
from campaigns.services import approving, saving
from cdp.access.models import AuditEntry
from cdp.lib.clock import utc_now
from mailing.models import MailTemplate, Message, Policy
from tests.campaigns.world import again, campaign, draft, join, people, run, segment, user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _policy() -> None:
    Policy.objects.update_or_create(pk=1, defaults={"approval_above": 2})


def members(count: int) -> int:
    return segment("members", people(*(f"{n}@example.com" for n in range(count))))


def test_few_people_need_nobody_and_many_a_second_person_who_is_shown_how_many() -> None:
    few = campaign(members(2))
    assert (few.state, few.asked_count) == ("scheduled", 2)
    join(segment("members"), people("third@example.com"))
    row = campaign(segment("members"))
    assert (row.state, row.asked_count, row.starts_at) == ("approval", 3, None)

    with pytest.raises(CampaignRefusedError, match="You asked for it yourself"):
        approving.approve(row.pk, by=user("ann"), now=utc_now())
    with pytest.raises(IntegrityError, match="campaigns_approved_by_another"), transaction.atomic():
        Campaign.objects.filter(pk=row.pk).update(approved_by=user("ann"))
    run()
    assert not Message.objects.filter(sender_id=row.pk).exists()

    approved = approving.approve(row.pk, by=user("ben"), now=utc_now())
    assert (approved.state, approved.approved_count) == ("scheduled", 3)
    run()
    assert Message.objects.filter(sender_id=row.pk).count() == 3
    assert "approved a campaign" in AuditEntry.objects.values_list("action", flat=True)


def test_a_change_after_the_approval_withdraws_it() -> None:
    row = campaign(members(3), when="instant", send_at=utc_now().replace(year=2090))
    approving.approve(row.pk, by=user("ben"), now=utc_now())
    with pytest.raises(CampaignRefusedError, match="no draft any more"):
        saving.save_campaign(draft(segment("members")), campaign_id=row.pk, by=user("ann"), now=utc_now())

    taken = approving.back_to_draft(row.pk, by=user("ann"), now=utc_now())
    assert (taken.state, taken.approved_by, taken.asked_by, taken.starts_at) == ("draft", None, None, None)
    saving.save_campaign(draft(segment("members"), name="Other"), campaign_id=row.pk, by=user("ann"), now=utc_now())
    assert approving.ask_to_send(row.pk, by=user("ben"), now=utc_now()).state == "approval"
    with pytest.raises(CampaignRefusedError, match="You asked for it yourself"):
        approving.approve(row.pk, by=user("ben"), now=utc_now())


def test_an_audience_that_grew_past_a_tenth_waits_for_approval_again() -> None:
    small, approved = campaign(members(2)), campaign(segment("members"), name="Second")
    Policy.objects.update(approval_above=1)
    join(segment("members"), people("new@example.com"))
    run()
    for row in (small, approved):
        assert (again(row).state, again(row).asked_count) == ("approval", 3)
    assert not Message.objects.exists()
    approving.approve(small.pk, by=user("ben"), now=utc_now())
    run()
    assert again(small).state == "running"


def test_refusing_says_why_and_leaves_a_draft() -> None:
    row = campaign(members(3))
    with pytest.raises(CampaignRefusedError, match="Say what is to be changed"):
        approving.refuse(row.pk, " ", by=user("ben"), now=utc_now())
    refused = approving.refuse(row.pk, "Wrong segment", by=user("ben"), now=utc_now())
    assert (refused.state, refused.refused_why, refused.asked_by) == ("draft", "Wrong segment", None)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, "Give it a name"),
        ({"holdout_share": "0.7"}, "Between 0 and 50 %"),
        ({"seeds": ("nobody",)}, "is no e-mail address"),
        ({"mails": (VariantDraft("A", "gone"),)}, "There is no mail “gone”"),
        ({"test_share": "0.2", "when": "local"}, "do not go together"),
        ({"purpose": "analytics"}, "is no purpose of e-mail"),
    ],
)
def test_what_cannot_be_meant_is_not_saved(changes: dict[str, Any], sentence: str) -> None:
    typed: dict[str, Any] = {
        name: Decimal(value) if name.endswith("share") else value for name, value in changes.items()
    }
    with pytest.raises(CampaignRefusedError, match=sentence):
        campaign(members(1), ask=False, **typed)
    assert not Campaign.objects.exists()


def test_what_is_missing_is_said_before_it_goes_out() -> None:
    row = campaign(ask=False)
    MailTemplate.objects.get().versions.all().delete()
    with pytest.raises(CampaignRefusedError) as told:
        approving.ask_to_send(row.pk, by=user("ann"), now=utc_now())
    assert [name for name, _ in told.value.faults] == ["include", "variants"]
    assert again(row).state == "draft"
