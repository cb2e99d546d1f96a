"""From raw events to the mail, through every app below, and what a stranger with the public key may not do with it."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from automation.models import Enrollment, Journey
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from commerce.contracts import ProductRow
from commerce.models import Order
from commerce.services import upsert_products
from consent import queries as consent
from consent.contracts import EMAIL_MARKETING, Subject
from consent.queries import read_token
from consent.services import unsubscribe
from events import services as events
from events.models import Source
from mailing.models import Message
from profiles.models import Identifier
from tests.automation import world
from tests.automation.sink import Sink

pytestmark = pytest.mark.django_db
Drain = Callable[..., int]
GRANT = {"consent": {"categoryPreferences": {"email_marketing": True}}}


@pytest.fixture(autouse=True)
def _the_shop_feeds_its_catalog(db: None) -> None:
    """A browser may say what lies in a cart, not what it is."""
    rows = [ProductRow(product_id, name=f"Shoes {product_id}") for product_id in ("p1", "p2")]
    upsert_products(rows, world.ago(days=9))


@pytest.fixture
def shop(db: None) -> Source:
    return Source.objects.create(name="backend", kind=Source.Kind.SERVER)


@pytest.fixture
def browser(db: None) -> Source:
    return Source.objects.create(name="shop", kind=Source.Kind.BROWSER)


def event(type_: str, at: datetime, **rest: Any) -> dict[str, Any]:
    return {"type": type_, "messageId": f"{type_}{at}{sorted(rest)}", "timestamp": at.isoformat(), **rest}


def identify(at: datetime, user: str = "jane", email: str = world.JANE, **rest: Any) -> dict[str, Any]:
    return event("identify", at, userId=user, traits={"email": email}, **rest)


def add(at: datetime, product: str = "p1", **who: str) -> dict[str, Any]:
    properties = {
        "cart_id": "c1",
        "product_id": product,
        "name": "Shoes",
        "price": 9.5,
        "quantity": 1,
        "currency": "EUR",
    }
    return event("track", at, event="Product Added", properties=properties, **who)


def send(source: Source, *items: dict[str, Any]) -> None:
    body = json.dumps({"batch": items}).encode()
    events.accept(source, body, path_type="batch")


def states() -> list[tuple[str, str]]:
    return list(Enrollment.objects.order_by("id").values_list("state", "reason"))


def test_a_cart_left_by_somebody_who_agreed_becomes_one_mail(
    journey: Journey, sink: Sink, shop: Source, browser: Source, drain: Drain
) -> None:
    left = world.ago(hours=2)
    send(shop, identify(left - timedelta(days=1), context=GRANT))
    send(browser, add(left, userId="jane", anonymousId="a1"))
    drain()
    send(browser, add(left, userId="jane", anonymousId="a1"))
    drain()
    assert states() == [("done", "sent")]
    assert sink.recipients == [world.JANE]
    entry = consent.allows(Subject(address_hash(world.JANE)), EMAIL_MARKETING, utc_now()).evidence
    assert Message.objects.get().consent_entry_id == entry


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_order_of_arrival_does_not_change_who_is_mailed(
    journey: Journey, sink: Sink, shop: Source, drain: Drain, order: tuple[int, ...]
) -> None:
    left = world.ago(hours=2)
    said = [
        identify(left - timedelta(days=1), context=GRANT),
        add(left - timedelta(minutes=9), userId="jane"),
        add(left, "p2", userId="jane"),
    ]
    for i in order:
        send(shop, said[i])
        drain(only={"events.process", "commerce.refold", "automation.arm"})
    drain()
    assert (states(), sink.recipients) == ([("done", "sent")], [world.JANE])


def test_a_cart_left_anonymously_is_mailed_once_after_the_person_signs_in(
    journey: Journey, sink: Sink, shop: Source, drain: Drain
) -> None:
    left = world.ago(hours=2)
    send(shop, add(left, anonymousId="a1"))
    drain()
    assert states() == [("waiting", "no_address")]
    send(shop, identify(left + timedelta(minutes=90), anonymousId="a1", context=GRANT))
    drain()
    drain()
    assert (states(), sink.recipients) == ([("done", "sent")], [world.JANE])


@pytest.mark.parametrize("name", ["Order Completed", "Product Removed"])
def test_an_order_or_an_empty_cart_means_no_mail(
    journey: Journey, sink: Sink, shop: Source, drain: Drain, name: str
) -> None:
    left = world.ago(hours=2)
    closing = {"cart_id": "c1", "order_id": "o1", "product_id": "p1", "quantity": 1, "products": [{"product_id": "p1"}]}
    if name == "Product Removed":
        del closing["order_id"], closing["products"]
    send(shop, identify(left - timedelta(days=1), context=GRANT), add(left, userId="jane"))
    drain(only={"events.process", "commerce.refold", "automation.arm"})
    send(shop, event("track", left + timedelta(minutes=70), event=name, userId="jane", properties=closing))
    drain(only={"events.process", "commerce.refold", "automation.arm"})
    drain()
    assert states() == [("exited", "cart_ordered" if name == "Order Completed" else "cart_emptied")]
    assert (Order.objects.count(), sink.mails) == (int(name == "Order Completed"), [])


def test_an_unsubscription_by_event_stops_a_queued_mail(
    journey: Journey, sink: Sink, shop: Source, browser: Source, drain: Drain
) -> None:
    left = world.ago(hours=2)
    send(shop, identify(left - timedelta(days=1), context=GRANT), add(left, userId="jane"))
    drain(only={"events.process", "commerce.refold", "automation.arm", "automation.step"})
    assert world.messages() == [("queued", "")]
    send(browser, event("track", utc_now(), event="Unsubscribed", userId="jane", anonymousId="a1"))
    drain()
    assert world.messages() == [("suppressed", "consent_parent_withdrawn")]
    assert sink.mails == []


def test_consent_sent_along_with_later_events_does_not_undo_an_unsubscription(
    journey: Journey, sink: Sink, shop: Source, drain: Drain
) -> None:
    """SDKs send the state they remember with every event; one click on unsubscribe is not in it."""
    left, jane = world.ago(hours=2), address_hash(world.JANE)
    send(shop, identify(left - timedelta(days=1), context=GRANT))
    drain()
    token = read_token(consent.unsubscribe_url(world.JANE, message_id=1).rpartition("/")[2])
    assert token is not None
    unsubscribe(token, method="one_click", now=left - timedelta(hours=1))
    along = GRANT | {"traits": {"email": world.JANE}}
    send(shop, add(left, userId="jane") | {"context": along}, identify(utc_now(), context=GRANT))
    drain()
    asked = Subject(jane, tuple(Identifier.objects.values_list("id", flat=True)))
    assert consent.allows(asked, EMAIL_MARKETING, utc_now()).reason == "withdrawn"
    assert [why for _, why in consent.mail_gate([asked], EMAIL_MARKETING, utc_now())] == ["unsubscribe"]
    assert (states(), sink.mails) == ([("exited", "suppressed_unsubscribe")], [])


def test_a_stranger_with_the_public_key_cannot_have_anybody_mailed(
    journey: Journey, sink: Sink, shop: Source, browser: Source, drain: Drain
) -> None:
    """Forged with the browser's key: a sign-up of the victim's address, and a cart in the victim's name."""
    left = world.ago(hours=2)
    send(shop, identify(left - timedelta(days=1)))
    forged = event(
        "track", left, event="Email Subscribed", userId="jane", properties={"email": world.JANE}, context=GRANT
    )
    send(browser, forged, identify(left, context=GRANT), add(left, userId="jane"))
    drain()
    assert states() == [("exited", "consent_parent_pending")]
    # Only its owner is asked, once, whether the sign-up was theirs: a letter without a cart and without advertising.
    assert [mail["List-Unsubscribe"] for mail in sink.mails] == [None]


def test_a_stranger_with_the_public_key_puts_no_text_into_a_mail(
    journey: Journey, sink: Sink, shop: Source, browser: Source, drain: Drain
) -> None:
    left = world.ago(hours=2)
    send(shop, identify(left - timedelta(days=1), context=GRANT))
    text = "Your account is locked: confirm at http://evil.example/login"
    forged = {"cart_id": "c1", "product_id": "p-evil", "name": text, "price": 1, "quantity": 1}
    send(browser, event("track", left, event="Product Added", userId="jane", properties=forged))
    drain()
    assert (states(), sink.mails) == ([("exited", "no_known_products")], [])


def test_a_cart_left_at_a_guest_checkout_is_mailed_to_the_address_given_there(
    journey: Journey, sink: Sink, shop: Source, browser: Source, drain: Drain
) -> None:
    """On a tablet where somebody else has an account, so that both addresses are one profile's."""
    left = world.ago(hours=2)
    send(shop, identify(left - timedelta(days=3), context=GRANT))
    send(browser, add(left - timedelta(days=2), userId="jane", anonymousId="tablet"))
    lines = [{"product_id": "p1", "name": "Shoes", "price": 9.5, "quantity": 1}]
    properties = {"cart_id": "c2", "currency": "EUR", "email": "guest@example.com", "products": lines}
    checkout = event("track", left, event="Checkout Started", properties=properties, anonymousId="tablet")
    send(browser, add(left - timedelta(minutes=1), anonymousId="tablet") | {"properties": properties | lines[0]})
    send(shop, checkout | {"context": GRANT})
    drain()
    about = dict(Message.objects.values_list("occasion", "address"))
    assert about["cart:c2:1"] == "guest@example.com"
