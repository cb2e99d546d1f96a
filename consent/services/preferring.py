"""What the owner of an address prefers: how often marketing mail comes, a pause, and the language.

Written under the address lock, so a send sees either all of it or comes before it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from consent.contracts import MailPreferenceFacts
from consent.models import MailPreference
from consent.queries import mail_preferences
from consent.services.locks import lock_address

LONGEST_PAUSE = timedelta(days=366)
NO_PREFERENCE = MailPreferenceFacts()


@dataclass(frozen=True, slots=True)
class Preferring:
    """What is to change; None leaves it as it is. `frequency`: all, weekly, monthly; `ends_pause` lifts a pause."""

    frequency: str | None = None
    pause_until: datetime | None = None
    ends_pause: bool = False
    locale: str | None = None

    def __post_init__(self) -> None:
        if self.frequency is not None and self.frequency not in MailPreference.Frequency.values:
            known = ", ".join(MailPreference.Frequency.values)
            raise ValueError(f"unknown frequency {self.frequency!r}: use one of {known}")
        if self.ends_pause and self.pause_until is not None:
            raise ValueError("a pause is either set or ended, not both")


@transaction.atomic
def prefer(address: bytes, wish: Preferring, *, now: datetime) -> MailPreferenceFacts:
    """Change what is preferred for an address hash; what holds afterwards. No pause is longer than 366 days."""
    lock_address(address)
    held = mail_preferences([address]).get(address, NO_PREFERENCE)
    paused_until = None if wish.ends_pause else wish.pause_until or held.paused_until
    facts = MailPreferenceFacts(
        paused_until=min(paused_until, now + LONGEST_PAUSE) if paused_until and paused_until > now else None,
        frequency=held.frequency if wish.frequency is None else wish.frequency,
        locale=held.locale if wish.locale is None else wish.locale,
    )
    values = {"paused_until": facts.paused_until, "frequency": facts.frequency, "locale": facts.locale}
    MailPreference.objects.update_or_create(address_hash=address, defaults={**values, "updated_at": now})
    return facts
