"""A made past: people, what they did at which instant, and what they allowed when."""

import itertools
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from automation.models import Journey
from cdp.lib.clock import to_us
from cdp.lib.hashing import address_hash, keyed_hash
from consent import services as consent
from consent.contracts import EMAIL_MARKETING, NewEntry
from events.models import Event
from mailing.models import Message
from profiles.contracts import IdentifierKey, Sighting
from profiles.services import register_sightings

_numbers = itertools.count(1)


def somebody(name: str, *, known_at: datetime) -> int:
    """A person with an address, known since then; their user id's identifier."""
    us, keys = to_us(known_at), (IdentifierKey("user_id", name), IdentifierKey("email", f"{name}@example.com"))
    found = register_sightings([Sighting(keys, us, us, 1, next(_numbers).to_bytes(16, "big"))])
    return found[keys[0]]


def said(name: str, state: str, at: datetime) -> None:
    """A ledger entry about marketing for their address."""
    key = keyed_hash("test", name, state, str(next(_numbers)))
    with transaction.atomic():
        entry = NewEntry(key, EMAIL_MARKETING, state, "api", at, address_hash=address_hash(f"{name}@example.com"))
        consent.record_entries([entry])


def did(identifier_id: int, name: str, at: datetime, properties: Mapping[str, Any] | None = None) -> None:
    """One stored event; carts are called after their person."""
    number = next(_numbers)
    Event.objects.create(
        id=number,
        source_id=1,
        inbox_id=1,
        index=number,
        message_hash=number.to_bytes(16, "big"),
        type="track",
        name=name,
        identifier_id=identifier_id,
        server_side=True,
        occurred_at=at,
        received_at=at,
        cart_id=f"c{identifier_id}",
        order_id=f"o{number}" if name.startswith("Order") else None,
        properties=dict(properties or {"product_id": "p1", "quantity": 1, "price": 10}),
    )


def mailed(name: str, at: datetime) -> None:
    """Marketing mail of a campaign that went to their address."""
    Message.objects.create(
        sender="campaign",
        sender_id=1,
        label="Spring",
        step="mail",
        occasion=str(next(_numbers)),
        purpose=EMAIL_MARKETING,
        template="spring",
        address_hash=address_hash(f"{name}@example.com"),
        identifier_id=1,
        state=Message.State.SENT,
        sending_at=at,
        finished_at=at,
    )


def cart_journey(steps: Sequence[object], **more: Any) -> Journey:
    """A journey about carts left behind for an hour, nobody held out."""
    trigger = {"on": "cart_abandoned", "idle_minutes": 60, "max_age_hours": 72}
    graph = {"trigger": trigger, "audience": None, "goal": None, "exits": [], "steps": list(steps)} | more
    return Journey.objects.create(slug="left", name="Left behind", draft=graph, holdout_share=Decimal(0))


def day(now: datetime, days_ago: int, clock: str) -> datetime:
    """That many days before now, at a time of day in UTC."""
    hours, _, minutes = clock.partition(":")
    return (now - timedelta(days=days_ago)).replace(hour=int(hours), minute=int(minutes), second=0, microsecond=0)
