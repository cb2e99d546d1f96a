"""To whom a person was disclosed, and what became of telling them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from recipients.contracts import Duty
from recipients.models import Delivery, Disclosure, Recipient


@dataclass(frozen=True, slots=True)
class DisclosedTo:
    """A recipient that was given something of a person (GDPR Art. 15(1)(c))."""

    recipient: str
    role: str
    country: str
    safeguard: str
    purpose: str
    fields: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    times: int


def disclosed_to(profile_ids: Collection[UUID]) -> list[DisclosedTo]:
    """Every recipient that was given something of these profiles, one line a recipient and profile, oldest first."""
    rows = Disclosure.objects.filter(profile_id__in=list(profile_ids)).select_related("recipient")
    return [
        DisclosedTo(
            row.recipient.name,
            row.recipient.get_role_display(),
            row.recipient.country,
            row.recipient.safeguard,
            row.recipient.purpose,
            tuple(row.fields),
            row.first_at,
            row.last_at,
            row.times,
        )
        for row in rows.order_by("first_at", "pk")
    ]


def duties_of(keys: Collection[str]) -> list[Duty]:
    """Who is told of something by duty, and how far that is; evidence of a request's step."""
    everybody = list(Recipient.objects.values_list("pk", flat=True))  # few: so that the index of keys is used
    rows = Delivery.objects.filter(recipient__in=everybody, key__in=list(keys)).select_related("recipient")
    return [
        Duty(row.pk, row.recipient_id, row.recipient.name, row.state, row.attempts, row.finished_at)
        for row in rows.order_by("recipient__name", "pk")
    ]


def duty_states(delivery_ids: Collection[int]) -> list[Duty]:
    """How far these are now."""
    rows = Delivery.objects.filter(pk__in=list(delivery_ids)).select_related("recipient")
    return [
        Duty(row.pk, row.recipient_id, row.recipient.name, row.state, row.attempts, row.finished_at)
        for row in rows.order_by("recipient__name", "pk")
    ]
