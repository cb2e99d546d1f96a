"""Each trigger lets in whom it is about, once; what is late, imported, replayed or told twice lets in nobody."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from automation.models import Browsing, Enrollment
from automation.services import telling_carts
from automation.services.triggers import browse_slice
from cdp.lib.clock import utc_now
from cdp.lib.hashing import keyed_hash
from cdp.outbox.contracts import TopicMessage
from cdp.outbox.models import TopicRow
from commerce import queries as commerce
from commerce.models import Cart
from commerce.services import age_slice
from commerce.standing import standing_of
from consent import services as consent
from consent.contracts import DENIED, NewEntry
from consent.models import Entry
from consent.services.signing_up import SignUp, sign_up
from events.models import Inbox
from mailing.models import Message
from profiles import queries as profiles
from profiles.models import Identifier, Profile
from segments.models import Segment
from tests.automation.trigger_world import WORK, deliver, entered, live, send, source, track

pytestmark = pytest.mark.django_db
Drain = Callable[..., int]
RATED: Any = {"event": "Shop Rated", "where": [{"property": "stars", "is": "gte", "value": 4}]}


def ago(**delta: float) -> datetime:
    return utc_now() - timedelta(**delta)


def user(name: str = "jane") -> int:
    found = profiles.find("user_id", name)
    assert found is not None
    return found.id


def again(*topics: str) -> None:
    """Everything published so far, delivered once more."""
    for row in TopicRow.objects.filter(topic__in=topics).order_by("pk"):
        deliver(row.topic, row.payload)


def test_an_event_that_meets_the_conditions_lets_its_person_in_once(drain: Drain) -> None:
    journey, paused = live("event", **RATED), live("event", state="paused", **RATED)
    send(source(), track("Shop Rated", "jane", stars=5, order_id="o1"), track("Shop Rated", "joe", stars=3))
    drain(only=WORK)
    again("events.stored")
    assert [pk for pk, _ in entered(journey)] == [user()]
    assert entered(journey)[0][1] == {
        "event": "Shop Rated",
        "properties": {"stars": 5, "order_id": "o1"},
        "order_id": "o1",
    }
    assert entered(paused) == []


@pytest.mark.parametrize("how", ["imported", "late", "of an import", "restricted", "shared"])
def test_what_is_late_or_imported_or_of_nobody_lets_nobody_in(drain: Drain, how: str) -> None:
    journey = live("event", **RATED)
    send(source(), track("Visited", "jane"))
    drain(only=WORK)
    if how == "restricted":
        consent.record_entries(
            [NewEntry(keyed_hash("t", "1"), "processing", DENIED, "api", ago(hours=1), identifier_id=user())]
        )
    if how == "shared":
        Identifier.objects.filter(pk=user()).update(is_shared=True)
        Profile.objects.update(is_shared=True)
    send(
        source("import" if how == "of an import" else "server"),
        track("Shop Rated", "jane", ago(hours=25) if how == "late" else utc_now(), stars=5),
        lane=Inbox.Lane.BULK if how == "imported" else Inbox.Lane.LIVE,
    )
    drain(only=WORK)
    assert entered(journey) == []


def test_stages_of_an_order_come_once_and_its_parcels_from_servers_alone(drain: Drain) -> None:
    stages = {stage: live("order_stage", stage=stage) for stage in ("placed", "shipped", "delivered", "cancelled")}
    shop, browser = source(), source("browser")
    send(shop, track("Order Completed", "jane", order_id="o1", total=10))
    drain(only=WORK)
    send(browser, track("Order Delivered", "jane", order_id="o1"))
    send(shop, track("Order Shipped", "jane", order_id="o1"), track("order fulfilled", "jane", order_id="o1"))
    drain(only=WORK)
    send(shop, track("Order Completed", "jane", order_id="o1", total=11))
    send(shop, track("Order Cancelled", "joe", ago(days=3), order_id="o2"))
    drain(only=WORK)
    again("order.changed", "events.stored")
    assert {stage: len(entered(journey)) for stage, journey in stages.items()} == {
        "placed": 1,
        "shipped": 1,
        "delivered": 0,
        "cancelled": 0,
    }
    assert entered(stages["placed"]) == [(user(), {"order_id": "o1", "stage": "placed"})]


def test_who_enters_or_leaves_a_segment_comes_in_once_and_news_of_last_week_let_in_nobody(drain: Drain) -> None:
    send(source(), track("Visited", "jane"))
    drain(only=WORK)
    segment = Segment.objects.create(slug="vip", name="VIP", state="live", definition={"did": "Visited"})
    came, went, other = (
        live("segment_entered", segment="vip"),
        live("segment_left", segment="vip"),
        live("segment_entered", segment="else"),
    )
    owner = Identifier.objects.get(pk=user()).profile_id
    told = {"segment_id": segment.pk, "profile_ids": [str(owner)], "at": utc_now().isoformat()}
    deliver("segment.entered", told | {"at": ago(days=7).isoformat()})
    assert entered(came) == []
    deliver("segment.entered", told)
    deliver("segment.entered", told)
    assert [len(entered(one)) for one in (came, went, other)] == [1, 0, 0]
    deliver("segment.left", told)
    assert [len(entered(one)) for one in (came, went, other)] == [1, 1, 0]


def looks(name: str, minutes: float, product: str = "p1", event: str = "Product Viewed") -> dict[str, Any]:
    return track(event, name, ago(minutes=minutes), product_id=product)


def test_who_looked_and_went_comes_in_with_what_they_looked_at_and_who_put_it_in_a_cart_does_not(drain: Drain) -> None:
    journey = live("browse_abandoned", idle_minutes=120, max_age_hours=24)
    shop = source()
    send(shop, looks("jane", 130), looks("jane", 125, "p2"), looks("joe", 150), looks("ida", 90), looks("old", 60 * 23))
    send(shop, looks("joe", 140, event="Product Added"))
    drain(only=WORK)
    assert {row.identifier_id for row in Browsing.objects.all()} == {user("jane"), user("ida"), user("old")}
    again("events.stored")
    assert browse_slice(now=utc_now() + timedelta(hours=2)) > 0
    assert browse_slice(now=utc_now() + timedelta(hours=2)) == 0
    found = dict(entered(journey))
    assert found == {
        user("jane"): {"product_id": "p2", "product_ids": ["p1", "p2"]},
        user("ida"): {"product_id": "p1", "product_ids": ["p1"]},
    }
    again("events.stored")
    browse_slice(now=utc_now() + timedelta(hours=2))
    assert Enrollment.objects.count() == 2


def test_a_cart_on_another_device_of_the_same_person_ends_the_look_around(drain: Drain) -> None:
    journey = live("browse_abandoned", idle_minutes=120, max_age_hours=24)
    shop = source()
    device = {"anonymousId": "phone", "userId": None}
    send(shop, looks("jane", 180) | device, looks("jane", 170, event="Product Added"))
    send(shop, {"type": "identify", "messageId": "i1", "userId": "jane", "anonymousId": "phone"})
    drain(only=WORK)
    assert Browsing.objects.count() == 1
    browse_slice()
    assert (entered(journey), Browsing.objects.count()) == ([], 0)


def test_a_confirmed_sign_up_starts_the_welcome_and_a_pending_one_does_not(drain: Drain) -> None:
    where = [{"property": "purpose", "is": "eq", "value": "email_marketing"}]
    journey = live("event", event="Subscription Confirmed", where=where)
    work = WORK | {"automation.confirmed"}
    sign_up(SignUp("ada@example.com", ("email_marketing",)), now=utc_now())
    drain(only=work)
    assert entered(journey) == []
    proof = Entry.objects.filter(state="pending").values_list("proof_id", flat=True).first()
    assert proof is not None
    consent.confirm(proof, now=utc_now())
    drain(only=work)
    again("events.stored")
    address = profiles.find("email", "ada@example.com")
    assert address is not None
    whose = Identifier.objects.filter(pk__in=[pk for pk, _ in entered(journey)]).values_list("profile_id", flat=True)
    assert list(whose) == [address.profile_id]


def test_a_cart_tells_that_it_was_mailed_about_or_why_nobody_was(drain: Drain) -> None:
    journey = live("cart_abandoned", idle_minutes=60, max_age_hours=72)
    for key in ("cart:mailed", "cart:held"):
        at = {"opened_at": ago(hours=3), "last_activity_at": ago(hours=2)}
        Cart.objects.create(key=key, identifier_id=1, state="open", digest=b"", **at)
    age_slice()
    ways = {
        key: Enrollment.objects.create(
            journey=journey, version=journey.version, occasion=f"{key}:1", cart_key=key, identifier_id=1, state="done",
            node="x", armed_at=ago(hours=2), reason="held_out" if key == "cart:held" else "sent",
        )
        for key in ("cart:mailed", "cart:held")
    }  # fmt: skip
    message = Message.objects.create(
        sender="journey", sender_id=journey.pk, about_id=ways["cart:mailed"].pk, label="x", step="x", occasion="o",
        purpose="email_marketing", template="t", address_hash=b"1" * 16, identifier_id=1, state="sent",
        sending_at=utc_now(),
    )  # fmt: skip
    told = [
        TopicMessage(1, "message.finished", {"message_ids": [message.pk]}, utc_now()),
        TopicMessage(2, "journey.ended", {"enrollment_ids": [one.pk for one in ways.values()]}, utc_now()),
    ]
    telling_carts.consume(told)
    telling_carts.consume(told)
    carts = commerce.carts_by_keys(["cart:mailed", "cart:held"])
    standing = {key: (standing_of(cart).code, standing_of(cart).reason) for key, cart in carts.items()}
    assert standing == {"cart:mailed": ("mailed", ""), "cart:held": ("abandoned", "held_out")}
