"""Drafts made, saved, copied and deleted; only a draft is edited, each change with its line in the audit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from campaigns.checking import faults
from campaigns.contracts import Audience, CampaignDraft, CampaignRefusedError, VariantDraft
from campaigns.models import AudiencePart, Campaign, Variant
from cdp.access.services import record_audit
from consent.contracts import EMAIL_MARKETING
from consent.models import Purpose
from mailing.models import MailTemplate
from segments.models import Segment

COPIED = (
    "purpose_id", "is_everybody", "not_mailed_hours", "when", "passed", "local_time", "per_minute", "per_hour",
    "test_share", "test_minutes", "metric", "min_lead_percent", "holdout_share", "window_days", "seeds", "notes",
)  # fmt: skip
PLAIN = (
    "name", "notes", "when", "send_at", "local_date", "local_time", "passed", "per_minute", "per_hour",
    "not_mailed_hours", "test_share", "test_minutes", "metric", "min_lead_percent", "holdout_share", "window_days",
)  # fmt: skip
NOT_A_DRAFT = "It is no draft any more. Take it back to draft to change it; an approval ends with that."


@transaction.atomic
def save_campaign(
    draft: CampaignDraft, *, campaign_id: int | None = None, by: AbstractBaseUser | None, now: datetime
) -> Campaign:
    """A new draft, or another state of one. Raises CampaignRefusedError, Campaign.DoesNotExist."""
    row = Campaign.objects.select_for_update().get(pk=campaign_id) if campaign_id else Campaign(created_by_id=_pk(by))
    _check(draft, row)
    for name in PLAIN:
        setattr(row, name, getattr(draft, name))
    row.purpose_id = draft.purpose
    row.is_everybody, row.seeds = draft.audience.is_everybody, list(draft.seeds)
    row.save()
    _write(row, draft.audience, draft.variants)
    record_audit(by, "changed a campaign" if campaign_id else "made a campaign", subject_of(row), row.name)
    return row


@transaction.atomic
def duplicate_campaign(campaign_id: int, *, by: AbstractBaseUser | None) -> Campaign:
    """A draft with the same audience and mails, for another day. Raises Campaign.DoesNotExist."""
    old = Campaign.objects.get(pk=campaign_id)
    row = Campaign(name=f"Copy of {old.name}"[:200], created_by_id=_pk(by))
    for name in COPIED:
        setattr(row, name, getattr(old, name))
    row.save()
    AudiencePart.objects.bulk_create(
        AudiencePart(campaign=row, segment_id=one.segment_id, is_excluded=one.is_excluded) for one in old.parts.all()
    )
    Variant.objects.bulk_create(
        Variant(campaign=row, key=one.key, template=one.template, subject=one.subject, share=one.share)
        for one in old.variants.order_by("key")
    )
    record_audit(by, "made a campaign", subject_of(row), f"a copy of “{old.name}”")
    return row


@transaction.atomic
def delete_campaign(campaign_id: int, *, by: AbstractBaseUser | None) -> str:
    """Deletes a draft; what has been started stays, since its mails do. Raises CampaignRefusedError."""
    row = Campaign.objects.select_for_update().get(pk=campaign_id)
    if row.state != Campaign.State.DRAFT or row.started_at:
        raise CampaignRefusedError(("", "Only drafts are deleted: what went out stays on record."))
    record_audit(by, "deleted a campaign", subject_of(row), row.name)
    row.delete()
    return str(row)


def draft_of(row: Campaign, audience: Audience) -> CampaignDraft:
    """What is stored, as it was typed."""
    variants = [
        VariantDraft(one.key, one.template, one.subject, one.share)
        for one in sorted(row.variants.all(), key=lambda one: one.key)
    ]
    plain: dict[str, Any] = {name: getattr(row, name) for name in PLAIN}
    return CampaignDraft(
        purpose=row.purpose_code,
        audience=audience,
        variants=tuple(variants),
        seeds=tuple(row.seeds),
        seen_at=row.updated_at,
        **plain,
    )


def subject_of(row: Campaign) -> str:
    """What the audit calls it."""
    return f"campaign:{row.pk}"


def _check(draft: CampaignDraft, row: Campaign) -> None:
    if row.pk and row.state not in Campaign.EDITABLE:
        raise CampaignRefusedError(("", NOT_A_DRAFT))
    if row.pk and draft.seen_at is not None and draft.seen_at != row.updated_at:
        raise CampaignRefusedError(
            ("", "Somebody saved it since you opened it. What you typed stands below; save again to write over theirs.")
        )
    found = [*faults(draft), *_unknown(draft)]
    if found:
        raise CampaignRefusedError(*found)


def _unknown(draft: CampaignDraft) -> list[tuple[str, str]]:
    found = []
    wanted = {*draft.audience.include, *draft.audience.exclude}
    known = set(Segment.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    if wanted - known:
        found.append(("include", "One of these segments exists no more: choose another."))
    slugs = {one.template for one in draft.variants if one.template}
    there = set(MailTemplate.objects.filter(slug__in=slugs).values_list("slug", flat=True))
    found += [("variants", f"There is no mail “{slug}”: choose another.") for slug in sorted(slugs - there)]
    if not Purpose.objects.filter(code=draft.purpose, channel="email").exists():
        found.append(("purpose", f"“{draft.purpose}” is no purpose of e-mail: choose one, such as {EMAIL_MARKETING}."))
    return found


def _write(row: Campaign, audience: Audience, variants: Sequence[VariantDraft]) -> None:
    row.parts.all().delete()
    row.variants.all().delete()
    parts = [*((pk, False) for pk in audience.include), *((pk, True) for pk in audience.exclude)]
    AudiencePart.objects.bulk_create(
        AudiencePart(campaign=row, segment_id=pk, is_excluded=is_excluded) for pk, is_excluded in parts
    )
    Variant.objects.bulk_create(
        Variant(campaign=row, key=one.key, template=one.template, subject=one.subject.strip(), share=one.share)
        for one in variants
    )


def _pk(by: AbstractBaseUser | None) -> Any:
    return getattr(by, "pk", None)
