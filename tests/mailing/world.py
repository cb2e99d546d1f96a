"""People who agreed, a template that is published, and a sender that says what a test wants."""

import itertools
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from cdp.lib.clock import to_us, utc_now
from cdp.lib.hashing import address_hash, keyed_hash
from consent import services as consent
from consent.contracts import EMAIL_MARKETING, GRANTED, NewEntry
from mailing import services
from mailing.contracts import GO, NewMessage, Said
from mailing.models import MailTemplate, Message, TemplateVersion
from profiles.contracts import IdentifierKey, Sighting
from profiles.services import register_sightings

JANE = "jane@example.com"
CONTENT = {
    "default": "en",
    "locales": {
        "en": {
            "subject": "Hello {{ person.first_name | default: 'you' }}",
            "mode": "blocks",
            "blocks": [
                {"id": "b1", "type": "text", "html": "<p>See <a href='https://shop.example/new'>what is new</a>.</p>"},
                {"id": "b2", "type": "footer", "reason": "You agreed to this."},
            ],
        }
    },
}
_numbers = itertools.count(1)


class TestSender:
    """Says go, unless a test says otherwise of one of its rows."""

    __test__ = False
    said: dict[int | None, Said] = {}
    ended: list[tuple[int, str, str]] = []

    def ask(self, messages: Sequence[Message], now: datetime) -> list[Said]:
        """What the test said."""
        return [self.said.get(one.about_id, Said(GO)) for one in messages]

    def fill(self, messages: Sequence[Message], now: datetime) -> list[Mapping[str, Any]]:
        """Nothing of its own."""
        return [{} for _ in messages]

    def concluded(self, messages: Sequence[Message], now: datetime) -> None:
        """Remembered; the last messages of all may be seen here before the commit."""
        self.ended.extend((one.pk, str(one.state), one.reason) for one in messages)


def publish(slug: str = "news", content: Mapping[str, Any] = CONTENT) -> TemplateVersion:
    """A template that can be sent."""
    template = MailTemplate.objects.create(slug=slug, name=slug, draft=content)
    return TemplateVersion.objects.create(template=template, number=1, content=content)


def person(email: str = JANE, *, agreed: bool = True, **more: str) -> int:
    """Somebody with this address (and more identifiers); the address' identifier."""
    us = to_us(utc_now() - timedelta(days=2))
    keys = (IdentifierKey("email", email), *(IdentifierKey(kind, value) for kind, value in more.items()))
    found = register_sightings([Sighting(keys, us, us, 1, next(_numbers).to_bytes(16, "big"))])
    if agreed:
        say(GRANTED, email=email, at=utc_now() - timedelta(days=1))
    return found[keys[0]]


def say(state: str, *, email: str = JANE, at: datetime | None = None, identifier_id: int | None = None) -> None:
    """A ledger entry about marketing for an address, or for an identifier."""
    key = keyed_hash("test", email, state, str(next(_numbers)))
    address = address_hash(email) if identifier_id is None else None
    at = at or utc_now()
    entry = NewEntry(key, EMAIL_MARKETING, state, "api", at, address_hash=address, identifier_id=identifier_id)
    with transaction.atomic():
        consent.record_entries([entry])


def new(email: str = JANE, **changes: Any) -> NewMessage:
    """A message to somebody, each with an occasion of its own."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "sender": "test",
        "sender_id": 1,
        "about_id": number,
        "label": "A test",
        "step": "mail_1",
        "occasion": f"o{number}",
        "address": email,
        "identifier_id": 0,
        "template": "news",
        "purpose": EMAIL_MARKETING,
    }
    values |= changes
    return NewMessage(**values)


def queue(*emails: str, at: datetime | None = None, **changes: Any) -> list[int]:
    """One message to each, who are made if `identifier_id` is not given; the ids of the messages."""
    who = [changes.get("identifier_id") or person(email) for email in emails]
    rest = {name: value for name, value in changes.items() if name != "identifier_id"}
    made = [new(email, identifier_id=pk, **rest) for email, pk in zip(emails, who, strict=True)]
    with transaction.atomic():
        return [pk for pk in services.queue(made, now=at or utc_now()) if pk is not None]


def run() -> int:
    """Every due message; how many were decided."""
    worked = 0
    while found := services.send_slice():
        worked += found
    return worked


def states() -> Sequence[tuple[str, str]]:
    """(state, reason) of all, oldest first."""
    return list(Message.objects.order_by("id").values_list("state", "reason"))
