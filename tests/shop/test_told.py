"""What the shop tells the platform over HTTP, and what the panel tells of it: to the session itself and nobody else."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from cdp.demo import seeding
from cdp.demo.catalog import catalog
from cdp.demo.shop.accounts import people
from cdp.demo.shop.backend import user_token
from cdp.demo.shop.visitor import COOKIE, Account, Visitor, written
from commerce.models import Order
from consent.models import Entry
from events.models import Event
from privacy.models import Letter
from profiles import queries as profiles
from segments.models import Segment
from tests.shop.conftest import a_browser, choose, visitor_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.mailbox.demo_urls")]

TENT = catalog().by_kind["dometent"][0]
MUG = catalog().by_kind["mug"][0]
ADDRESS = {
    "first_name": "Ada",
    "last_name": "Lang",
    "street": "Mill Lane 3",
    "postal_code": "10115",
    "city": "Berlin",
}
Browse = Callable[..., None]
Drain = Callable[..., int]


def knows(client: Client, **headers: str) -> dict[str, Any]:
    answer = client.get("/dev/knows/", headers=headers)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def order(client: Client, email: str, *, marketing: bool = False) -> str:
    client.post("/shop/cart/add/", {"sku": TENT.variants[0].sku, "quantity": "2"})
    answer = client.post("/shop/checkout/", {"email": email, **ADDRESS} | ({"marketing": "on"} if marketing else {}))
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return str(answer["Location"]).split("/")[-2]


def test_an_order_is_told_by_the_server_with_its_address_and_the_consent_given(
    client: Client, platform: seeding.DemoKeys, browse: Browse, drain: Drain
) -> None:
    client.get("/shop/")
    choose(client, analytics=True)
    browse("Product Viewed", TENT.as_property(currency="EUR"))
    order_id = order(client, "Ada@Example.com", marketing=True)
    drain()
    placed = Order.objects.get()
    assert (placed.order_id, placed.status, placed.currency) == (order_id, "placed", "EUR")
    assert (placed.revenue, placed.total) == (TENT.price * 2, TENT.price * 2 + Decimal("4.90"))
    event = Event.objects.get(name="Order Completed")
    assert event.server_side
    person = profiles.find("email", "ada@example.com")
    browser = profiles.find("anonymous_id", visitor_in(client).anonymous_id)
    assert person is not None
    assert browser is not None
    assert person.profile_id == browser.profile_id
    entries = Entry.objects.filter(purpose_id="email_marketing").values_list("state", "method")
    assert list(entries) == [("granted", "checkout_box")]
    assert client.get(f"/shop/order/{order_id}/").status_code == 200
    assert visitor_in(client).lines == []
    assert client.get("/shop/checkout/")["Location"] == f"/shop/order/{order_id}/"
    assert Client().get(f"/shop/order/{order_id}/").status_code == 404


def test_a_box_that_is_not_ticked_says_nothing(client: Client, platform: seeding.DemoKeys, drain: Drain) -> None:
    choose(client, analytics=True)
    order(client, "ada@example.com")
    drain()
    assert Order.objects.count() == 1
    assert not Entry.objects.filter(purpose_id="email_marketing").exists()


def test_who_refused_to_be_followed_orders_under_the_order_alone(
    client: Client, platform: seeding.DemoKeys, drain: Drain
) -> None:
    client.get("/shop/")
    choose(client, analytics=False)
    order_id = order(client, "ada@example.com")
    drain()
    person = profiles.find("email", "ada@example.com")
    assert person is not None
    known = {fact.value for fact in profiles.identifiers_of([person.profile_id])[person.profile_id]}
    assert known == {"ada@example.com", f"order-{order_id}"}
    assert profiles.find("anonymous_id", visitor_in(client).anonymous_id) is None
    assert knows(client)["state"] == "refused"


def test_an_order_is_taken_even_if_the_platform_is_away(client: Client, demo_keys: seeding.DemoKeys) -> None:
    order_id = order(client, "ada@example.com", marketing=True)
    assert client.get(f"/shop/order/{order_id}/").status_code == 200
    assert Event.objects.count() == 0


def test_signing_up_tells_address_name_and_consent_and_vouches_with_a_token(
    client: Client, platform: seeding.DemoKeys, drain: Drain
) -> None:
    client.post("/shop/account/sign-up/", {"name": "Ada Lang", "email": "ada@example.com", "marketing": "on"})
    drain()
    account = visitor_in(client).user
    assert account is not None
    found = profiles.find("user_id", account.user_id)
    assert found is not None
    assert profiles.email_of(found.profile_id) == "ada@example.com"
    assert profiles.profile_states([found.profile_id])[found.profile_id].traits["firstName"] == "Ada"
    assert list(Entry.objects.values_list("purpose_id", "state", "method")) == [
        ("email_marketing", "granted", "sign_up_box")
    ]
    answer = client.get("/v1/recommendations?n=2", headers={"X-User-Token": user_token(account.user_id)})
    assert answer.status_code == 200


def test_an_address_is_signed_up_again_in_its_own_browser_only(
    client: Client, platform: seeding.DemoKeys, drain: Drain
) -> None:
    given = {"name": "Ada Lang", "email": "ada@example.com"}
    client.post("/shop/account/sign-up/", given)
    drain()
    account = visitor_in(client).user
    client.post("/shop/account/sign-out/")
    client.post("/shop/account/sign-up/", given)
    assert visitor_in(client).user == account
    stranger = a_browser()
    answer = stranger.post("/shop/account/sign-up/", given)
    assert answer.status_code == 422
    assert "belongs to somebody else" in answer.content.decode()
    assert visitor_in(stranger).user is None


def test_the_panel_tells_what_is_known_of_this_browser(
    client: Client, platform: seeding.DemoKeys, browse: Browse, drain: Drain
) -> None:
    client.get("/shop/")
    assert knows(client)["state"] == "undecided"
    choose(client, analytics=True)
    assert knows(client)["state"] == "unknown"
    seeding.make_segments()
    drain()
    for product in (TENT, MUG, catalog().by_kind["lantern"][0]):
        browse("Product Viewed", product.as_property(currency="EUR"))
    cart_id = visitor_in(client).cart_id
    browse("Product Added", MUG.as_property(cart_id=cart_id, quantity=2, currency="EUR"))
    drain()
    told = knows(client)
    assert (told["state"], told["scope"], told["note"], told["event_count"]) == ("known", "person", "", 4)
    assert [event["name"] for event in told["events"]] == ["Product Added", *["Product Viewed"] * 3]
    assert told["events"][0] | {"at": "", "link": ""} == {
        "at": "",
        "link": "",
        "name": "Product Added",
        "about": f"2 × {MUG.name}",
        "source": "browser",
        "verdict": "stored",
        "good": True,
    }
    assert [(each["kind"], each["own"]) for each in told["identifiers"]] == [("anonymous_id", True)]
    assert [(basket["what"], basket["state"]) for basket in told["baskets"]] == [("Cart", "open")]
    members = {segment["name"]: segment for segment in told["segments"] if segment["member"]}
    assert sorted(members) == ["Left a cart", "Lookers"]
    assert members["Lookers"]["clauses"][1]["value"].startswith("3 found")
    assert len(told["segments"]) == Segment.objects.count()
    assert len(told["recommended"]) == 4
    assert all(each["sentence"] for each in told["recommended"])
    assert {each["purpose"]: each["allowed"] for each in told["consents"]}["E-mail marketing"] is False
    assert told["mailbox"] == "/dev/mailbox/"
    links = [row["link"] for name in ("events", "segments", "identifiers", "baskets") for row in told[name]]
    assert all(link.startswith("/admin/") for link in [*links, told["profile"]])


def test_the_panel_answers_304_while_nothing_changes(
    client: Client, platform: seeding.DemoKeys, browse: Browse, drain: Drain
) -> None:
    client.get("/shop/")
    choose(client, analytics=True)
    browse("Product Viewed", TENT.as_property())
    drain()
    first = client.get("/dev/knows/")
    again = client.get("/dev/knows/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    browse("Product Viewed", MUG.as_property())
    drain()
    assert client.get("/dev/knows/", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_an_event_that_was_refused_is_told_with_its_reason(
    client: Client, platform: seeding.DemoKeys, browse: Browse, drain: Drain
) -> None:
    client.get("/shop/")
    choose(client, analytics=True)
    browse("Product Viewed", TENT.as_property())
    browse("", {})
    drain()
    refused = [event for event in knows(client)["events"] if not event["good"]]
    assert len(refused) == 1
    assert refused[0]["verdict"]


def test_a_guest_sees_the_order_that_is_theirs(
    client: Client, platform: seeding.DemoKeys, browse: Browse, drain: Drain
) -> None:
    client.get("/shop/")
    choose(client, analytics=True)
    browse("Product Viewed", TENT.as_property())
    order_id = order(client, "ada@example.com")
    drain()
    told = knows(client)
    assert (told["scope"], told["baskets"][0]["what"]) == ("person", f"Order {order_id}")
    assert [each["kind"] for each in told["identifiers"]] == ["email", "anonymous_id"]


def test_another_ones_anonymous_id_reveals_nothing(
    client: Client, platform: seeding.DemoKeys, browse: Browse, drain: Drain
) -> None:
    client.get("/shop/")
    choose(client, analytics=True)
    browse("Product Viewed", TENT.as_property())
    drain()
    victim = visitor_in(client).anonymous_id
    thief = a_browser()
    thief.get("/shop/")
    choose(thief, analytics=True)
    thief.cookies["cdp_anonymous_id"] = victim
    assert thief.get(f"/dev/knows/?anonymous_id={victim}").json()["state"] == "unknown"
    forged = written(Visitor(anonymous_id=victim)).partition(":")[0]
    for cookie in (f"{forged}:{thief.cookies[COOKIE].value.partition(':')[2]}", forged, "", victim):
        thief.cookies[COOKIE] = cookie
        told = thief.get("/dev/knows/")
        assert told.json()["state"] == "unknown"
        assert victim not in told.content.decode()


def test_claiming_an_account_or_an_address_reveals_nothing_of_its_owner(
    client: Client, platform: seeding.DemoKeys, browse: Browse, drain: Drain
) -> None:
    owner = a_browser()
    owner.post("/shop/account/sign-up/", {"name": "Ada Lang", "email": "ada@example.com"})
    account = visitor_in(owner).user
    assert account is not None
    client.get("/shop/")
    choose(client, analytics=True)
    browse("identify", userId=account.user_id)  # anybody may send this with the public key
    browse("Product Viewed", TENT.as_property())
    drain()
    told = client.get("/dev/knows/")
    assert (told.json()["scope"], told.json()["event_count"], told.json().get("profile")) == ("browser", 1, "")
    assert told.json()["note"].startswith("This browser is linked with")
    assert "ada@example.com" not in told.content.decode()
    assert account.user_id not in told.content.decode()
    guest = a_browser()
    guest.get("/shop/")
    choose(guest, analytics=True)
    order(guest, "ada@example.com")
    drain()
    assert guest.get("/dev/knows/").json()["scope"] == "browser"
    assert account.user_id not in guest.get("/dev/knows/").content.decode()
    assert knows(owner)["scope"] == "person"


def test_a_persona_is_told_of_their_whole_history(client: Client, platform: seeding.DemoKeys, drain: Drain) -> None:
    maya = people()[0]
    sent = Client().post(
        "/v1/identify",
        {"userId": maya.user_id, "traits": {"email": maya.email}},
        content_type="application/json",
        headers={"X-Write-Key": platform.server},
    )
    assert sent.status_code == 200
    drain()
    client.post("/shop/account/sign-in/", {"user_id": maya.user_id})
    assert visitor_in(client).user == Account(maya.user_id, maya.name, maya.email)
    told = knows(client)
    assert (told["scope"], {each["value"] for each in told["identifiers"]}) == ("person", {maya.user_id, maya.email})
    assert told["traits"] == [{"name": "email", "value": maya.email}]


def test_a_mail_that_is_due_stands_in_the_panel(
    client: Client, platform: seeding.DemoKeys, browse: Browse, drain: Drain
) -> None:
    seeding.start_journey()
    client.post("/shop/account/sign-up/", {"name": "Ada Lang", "email": "ada@example.com", "marketing": "on"})
    choose(client, analytics=True)
    account = visitor_in(client).user
    assert account is not None
    browse("identify", userId=account.user_id)
    about = MUG.as_property(cart_id=visitor_in(client).cart_id, quantity=1, currency="EUR")
    browse("Product Added", about, userId=account.user_id)
    drain()
    (mail,) = knows(client)["mails"]
    assert mail["what"].endswith("due")
    assert mail["due"] is not None
    assert mail["link"].startswith("/admin/automation/enrollment/")


def test_signing_up_for_news_waits_for_the_addresss_owner(
    client: Client, platform: seeding.DemoKeys, drain: Drain
) -> None:
    page = client.post("/shop/newsletter/", {"email": "Ada@Example.com"}, follow=True).content.decode()
    assert "confirm by the mail we have just sent" in page
    drain()
    said = set(Entry.objects.values_list("purpose_id", "state"))
    assert said == {("email_marketing", "pending"), ("email_news", "pending")}
    assert list(Letter.objects.values_list("kind", flat=True)) == ["confirm"]


def test_what_is_no_address_is_told_to_nobody(client: Client, platform: seeding.DemoKeys) -> None:
    page = client.post("/shop/newsletter/", {"email": "nonsense"}, follow=True).content.decode()
    assert "This is not an e-mail address" in page
    assert Entry.objects.count() == 0
