"""People, carts and consent as the apps below leave them, and the steps of the journey in one call."""

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from automation import services
from automation.models import Enrollment, Journey
from cdp.lib.clock import to_us, utc_now
from cdp.lib.hashing import address_hash, keyed_hash
from cdp.outbox.contracts import TopicMessage
from commerce.models import Cart, Order, Product
from consent import services as consent
from consent.contracts import EMAIL_MARKETING, GRANTED, NewEntry
from mailing.models import MailTemplate, Message, TemplateVersion
from mailing.services import send_slice
from profiles.contracts import IdentifierKey, Sighting
from profiles.services import register_sightings

JANE = "jane@example.com"
KEY = "cart:c1"
LINES = [
    {"product_id": "p1", "name": "Red <Shoes>", "quantity": "2", "price": "9.5", "url": "https://shop.example/p1"},
    {"product_id": "p2", "name": "Blue hat", "quantity": "1", "price": "1200"},
]
_numbers = itertools.count(1)


def mail(slug: str = "abandoned-cart-1", words: str = "{{ cart.lines[0].name }}") -> None:
    """A published mail of this slug."""
    text = {"id": "b1", "type": "text", "html": f"<p>You left {words} behind.</p>"}
    lines = {"id": "b2", "type": "cart", "max_lines": 20, "show_total": True}
    blocks = [text, lines] if "cart" in words else [text]
    english = {
        "subject": "Still thinking?",
        "preheader": "",
        "mode": "blocks",
        "blocks": blocks,
        "code": "",
        "text": "",
    }
    content = {"default": "en", "locales": {"en": english}}
    template, _ = MailTemplate.objects.get_or_create(slug=slug, defaults={"name": slug, "draft": content})
    TemplateVersion.objects.get_or_create(template=template, number=1, defaults={"content": content})


def live_journey(*steps: dict[str, Any]) -> Journey:
    """The abandoned-cart journey with these steps (its first mail alone), live, with nobody held out."""
    journey = services.ensure_default_journeys()
    mail()
    journey.draft = journey.draft | {"steps": list(steps) or journey.draft["steps"][:1]}
    journey.holdout_share = 0
    journey.save()
    services.sync_holdout(journey)
    services.activate(journey)
    journey.refresh_from_db()
    return journey


def ago(**delta: float) -> datetime:
    """That long before now."""
    return utc_now() - timedelta(**delta)


def seen(*keys: tuple[str, str], at: datetime | None = None) -> dict[str, int]:
    """Identifiers seen together on one event; {kind: id}."""
    us = to_us(at or ago(days=2))
    identifiers = tuple(IdentifierKey(kind, value) for kind, value in keys)
    found = register_sightings([Sighting(identifiers, us, us, 1, next(_numbers).to_bytes(16, "big"))])
    return {key.kind: found[key] for key in identifiers}


def person(user: str = "jane", email: str | None = JANE, *, agreed: bool = True) -> int:
    """A person known by user id (and address), who agreed to marketing; the user id's identifier."""
    keys = [("user_id", user)] + ([("email", email)] if email else [])
    if agreed and email:
        say(GRANTED, email=email, at=ago(days=1))
    return seen(*keys)["user_id"]


def say(state: str, *, email: str = JANE, at: datetime | None = None) -> None:
    """A ledger entry about marketing for an address."""
    at = at or utc_now()
    key = keyed_hash("test", email, state, str(next(_numbers)))
    with transaction.atomic():
        consent.record_entries([NewEntry(key, EMAIL_MARKETING, state, "api", at, address_hash=address_hash(email))])


def cart(identifier_id: int, *, key: str = KEY, idle: timedelta = timedelta(hours=2), **changes: Any) -> Cart:
    """An open cart left `idle` ago; made or changed. The shop's feed knows what lies in it by default."""
    if "lines" not in changes:
        _feed(LINES)
    left = utc_now() - idle
    values: dict[str, Any] = {
        "identifier_id": identifier_id,
        "cart_id": key.partition(":")[2] if key.startswith("cart:") else None,
        "state": Cart.State.OPEN,
        "lines": LINES,
        "currency": "EUR",
        "value": Decimal("1219"),
        "opened_at": left,
        "last_added_at": left,
        "last_activity_at": left,
    }
    return Cart.objects.update_or_create(key=key, defaults=values | changes)[0]


def _feed(lines: Sequence[dict[str, str]]) -> None:
    """What a feed tells of these products, unless the test did."""
    for line in lines:
        told = {"name": line["name"], "price": Decimal(line["price"]), "url": line.get("url", "")}
        more = {"currency": "EUR", "from_feed": True, "seen_at": ago(days=3)}
        Product.objects.get_or_create(product_id=line["product_id"], defaults=told | more)


def stock(*product_ids: str, **changes: Any) -> None:
    """Products of the catalog, fed by the shop unless `from_feed` is False."""
    for product_id in product_ids:
        values = {"name": f"Product {product_id}", "price": Decimal("5"), "currency": "EUR", "seen_at": ago(days=3)}
        values["from_feed"] = True
        Product.objects.update_or_create(product_id=product_id, defaults=values | changes)


def order(identifier_id: int, *, at: datetime) -> None:
    """A placed order."""
    Order.objects.create(order_id=f"o{next(_numbers)}", identifier_id=identifier_id, status="placed", placed_at=at)


def changed(*keys: str) -> None:
    """cart.changed, delivered."""
    deliver("cart.changed", {"keys": list(keys or [KEY])})


def deliver(topic: str, payload: dict[str, Any]) -> None:
    """One topic row, handed to the journey's consumer."""
    with transaction.atomic():
        services.consume_cart_changed([TopicMessage(next(_numbers), topic, payload, utc_now())])


def abandoned(*, email: str | None = JANE, agreed: bool = True, idle: timedelta = timedelta(hours=2)) -> int:
    """A person whose cart was just armed; the identifier."""
    identifier_id = person(email=email, agreed=agreed)
    cart(identifier_id, idle=idle)
    changed()
    return identifier_id


def run() -> None:
    """Every due step, then every due mail."""
    while services.step_slice():
        pass
    while send_slice():
        while services.step_slice():
            pass


def enrollments() -> Sequence[tuple[str, str, str]]:
    """(occasion, state, reason) of all, oldest first."""
    return list(Enrollment.objects.order_by("id").values_list("occasion", "state", "reason"))


def messages() -> Sequence[tuple[str, str]]:
    """(state, reason) of all, oldest first."""
    return list(Message.objects.order_by("id").values_list("state", "reason"))
