"""The seed list: staff who get every variant when a campaign starts, marked in the subject, never counted."""

from collections.abc import Sequence
from datetime import datetime

from campaigns.contracts import SEED, SENDER
from campaigns.models import Campaign, Variant
from campaigns.services.preparing import seed_template
from mailing.contracts import NewMessage
from mailing.services import queue


def send_seeds(campaign: Campaign, variants: Sequence[Variant], now: datetime) -> int:
    """Queue each variant to each address once; how many. They are about nobody, so no consent of a person is asked."""
    if not campaign.seeds:
        return 0
    made = []
    for one in variants:
        slug, version = seed_template(campaign, one, now)
        made += [_message(campaign, one, slug, version, address) for address in dict.fromkeys(campaign.seeds)]
    return sum(pk is not None for pk in queue(made, now=now))


def _message(campaign: Campaign, variant: Variant, slug: str, version: int, address: str) -> NewMessage:
    return NewMessage(
        sender=SENDER,
        sender_id=campaign.pk,
        about_id=None,
        label=campaign.name,
        step=SEED,
        occasion=f"seed-{variant.key}",
        address=address,
        identifier_id=0,
        template=slug,
        purpose="",
        kind="transactional",
        template_version=version,
        variant=variant.key,
    )
