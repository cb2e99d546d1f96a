"""People who agreed, a segment of them, a mail, and a campaign to them in one call."""

import itertools
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from campaigns.contracts import Audience, CampaignDraft, VariantDraft
from campaigns.models import Campaign, Recipient
from campaigns.services import approving, running, saving
from cdp.lib.clock import to_us, utc_now
from cdp.lib.hashing import address_hash, keyed_hash
from consent import services as consent
from consent.contracts import EMAIL_MARKETING, GRANTED, NewEntry
from mailing.models import MailTemplate, TemplateVersion
from profiles.contracts import IdentifierKey, Sighting
from profiles.models import Identifier, Profile
from profiles.services import register_sightings
from segments.models import Membership, Segment

TEXT = {"id": "b1", "type": "text", "html": "<p>Hello {{ person.first_name | default: 'there' }}</p>"}
FOOTER = {"id": "b2", "type": "footer", "reason": "You agreed to news from us."}
CONTENT = {
    "default": "en",
    "locales": {"en": {"subject": "News", "preheader": "", "mode": "blocks", "blocks": [TEXT, FOOTER], "text": ""}},
}
ALL_DAYS = {"do": "anything"}
_numbers = itertools.count(1)


def people(*addresses: str, agreed: bool = True, traits: dict[str, Any] | None = None) -> list[int]:
    """Somebody by each address; the ids of the addresses. `traits`: of each, e.g. their time zone."""
    at = utc_now() - timedelta(days=2)
    us = to_us(at)
    sightings = [
        Sighting((IdentifierKey("email", one),), us, us, 1, next(_numbers).to_bytes(16, "big")) for one in addresses
    ]
    found = register_sightings(sightings)
    if agreed:
        say(GRANTED, *addresses)
    ids = [found[IdentifierKey("email", one)] for one in addresses]
    known = dict(Identifier.objects.filter(pk__in=ids).values_list("pk", "profile_id"))
    stored = {name: [value, us, "00" * 16] for name, value in (traits or {}).items()}
    there = set(Profile.objects.filter(pk__in=known.values()).values_list("pk", flat=True))
    Profile.objects.bulk_create(Profile(id=one, traits=stored) for one in set(known.values()) - there)
    Profile.objects.filter(pk__in=there).update(traits=stored)
    return ids


def say(state: str, *addresses: str) -> None:
    """What the owners of these addresses said of marketing."""
    at = utc_now() - timedelta(days=1)
    entries = [
        NewEntry(
            keyed_hash("test", one, state, str(next(_numbers))),
            EMAIL_MARKETING,
            state,
            "api",
            at,
            address_hash=address_hash(one),
        )
        for one in addresses
    ]
    with transaction.atomic():
        consent.record_entries(entries)


def segment(slug: str, members: Collection[int] = ()) -> int:
    """A segment with whoever has these addresses in it; its id."""
    row, _ = Segment.objects.get_or_create(slug=slug, defaults={"name": slug.title(), "definition": ALL_DAYS})
    join(row.pk, members)
    return row.pk


def join(segment_id: int, members: Collection[int]) -> None:
    """They enter it."""
    profiles = set(Identifier.objects.filter(pk__in=list(members)).values_list("profile_id", flat=True))
    Membership.objects.bulk_create(
        Membership(segment_id=segment_id, profile_id=one, version=1, entered_at=utc_now()) for one in sorted(profiles)
    )


def template(slug: str = "news", subject: str = "News") -> MailTemplate:
    """A published marketing mail."""
    content = {**CONTENT, "locales": {"en": {**CONTENT["locales"]["en"], "subject": subject}}}  # type: ignore[index]
    row = MailTemplate.objects.create(slug=slug, name=slug.title(), draft=content)
    TemplateVersion.objects.create(template=row, number=1, content=content)
    return row


def user(name: str) -> User:
    """Somebody of staff."""
    return User.objects.get_or_create(username=name, defaults={"is_staff": True})[0]


def draft(
    *include: int, exclude: Sequence[int] = (), mails: Sequence[VariantDraft] = (), **changes: Any
) -> CampaignDraft:
    """A campaign to these segments, with the mail “news” unless others are named."""
    return CampaignDraft(
        **{
            "name": "Spring",
            "purpose": EMAIL_MARKETING,
            "audience": Audience(tuple(include), tuple(exclude)),
            "variants": tuple(mails) or (VariantDraft("A", "news"),),
            **changes,
        }
    )


def campaign(*include: int, by: str = "ann", ask: bool = True, **changes: Any) -> Campaign:
    """Saved, and asked to be sent."""
    if not MailTemplate.objects.filter(slug="news").exists():
        template()
    row = saving.save_campaign(draft(*include, **changes), by=user(by), now=utc_now())
    return approving.ask_to_send(row.pk, by=user(by), now=utc_now()) if ask else row


def run(**at: Any) -> None:
    """Every slice there is to work."""
    while running.run_slice(**at):
        pass


def states(row: Campaign) -> dict[str, int]:
    """{state: recipients}"""
    found: dict[str, int] = {}
    for state in Recipient.objects.filter(campaign=row).values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def again(row: Campaign) -> Campaign:
    """As it is now."""
    return Campaign.objects.get(pk=row.pk)
