"""The mails of a campaign as they go out: pinned versions, and copies where a variant has a subject of its own.

A copy is a template put away at once, so that no list offers it; what was sent can be shown for ever.
"""

import copy
from datetime import datetime
from typing import Any

from campaigns.models import Campaign, Variant
from mailing.models import MailTemplate, TemplateVersion

SEED_MARK = "[Seed] "


def prepare(campaign: Campaign, now: datetime) -> list[Variant]:
    """Every variant with what its messages name; raises TemplateVersion.DoesNotExist."""
    variants = list(campaign.variants.order_by("key"))
    for one in variants:
        pinned = TemplateVersion.objects.get(template__slug=one.template, number=one.version or 0)
        one.sent_template, one.sent_version = one.template, pinned.number
        if one.subject:
            slug = f"campaign-{campaign.pk}-{one.key.lower()}"
            one.sent_version = _copy(slug, campaign, one, with_subject(pinned.content, one.subject), now)
            one.sent_template = slug
        one.save(update_fields=["sent_template", "sent_version"])
    return variants


def seed_template(campaign: Campaign, variant: Variant, now: datetime) -> tuple[str, int]:
    """The same mail marked in its subject: (slug, version)."""
    sent = TemplateVersion.objects.get(template__slug=variant.sent_template, number=variant.sent_version or 0)
    slug = f"campaign-{campaign.pk}-{variant.key.lower()}-seed"
    marked = with_mark(sent.content, SEED_MARK)
    return slug, _copy(slug, campaign, variant, marked, now)


def with_subject(content: dict[str, Any], subject: str) -> dict[str, Any]:
    """A mail's content with this subject in every language."""
    made = copy.deepcopy(content)
    for locale in made.get("locales", {}).values():
        locale["subject"] = subject
    return made


def with_mark(content: dict[str, Any], mark: str) -> dict[str, Any]:
    """A mail's content whose subjects begin with `mark`."""
    made = copy.deepcopy(content)
    for locale in made.get("locales", {}).values():
        locale["subject"] = f"{mark}{locale.get('subject', '')}"
    return made


def _copy(slug: str, campaign: Campaign, variant: Variant, content: dict[str, Any], now: datetime) -> int:
    template, _ = MailTemplate.objects.get_or_create(
        slug=slug,
        defaults={
            "name": f"{campaign.name}: {variant.key}"[:200],
            "draft": content,
            "notes": "Made by a campaign: what it sent.",
            "archived_at": now,
        },
    )
    version, _ = TemplateVersion.objects.get_or_create(template=template, number=1, defaults={"content": content})
    return version.number
