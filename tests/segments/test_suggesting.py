"""What the builder suggests: what came, with how often; nothing that tells of a person to those who may not see it."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from cdp.outbox.services import drain_all
from commerce.models import Product
from plans.services import ensure_default_plan
from segments.models import ComputedValues
from tests.segments.world import World

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/admin/segments/segment/suggest/"


@pytest.fixture
def world() -> World:
    world = World()
    world.send(
        *(world.identify(f"u{number}", country="DE", email=f"u{number}@example.com") for number in range(5)),
        world.identify("u5", country="AT"),
        *(world.track("u1", "Product Viewed", category="Shoes", price=price) for price in (10, 10, 12.5)),
        world.track("u2", "Product Viewed", category="Hats", email="u2@example.com"),
        world.track("u2", "Order Completed", order_id="1", revenue=5, currency="EUR"),
    )
    drain_all(only={"plans.learn", "commerce.fold"})
    return world


def staff(*rights: str) -> Client:
    user = User.objects.create_user("mia", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(user)
    return client


def suggested(client: Client, what: str, **given: str) -> list[tuple[Any, str]]:
    found = client.get(URL, {"what": what, **given})
    assert found.status_code == 200, found.content
    return [(item["value"], item.get("often", "")) for item in found.json()["items"]]


def test_events_and_properties_come_with_how_often(world: World) -> None:
    ensure_default_plan()
    client = staff("change_segment")
    assert suggested(client, "events")[:3] == [("*", ""), ("Product Viewed", "4 times"), ("Order Completed", "once")]
    assert suggested(client, "events", q="cart vie") == [("Cart Viewed", "not seen yet")]
    assert suggested(client, "events", q="bought")[0] == ("Order Completed", "once")
    assert ("Product Added", "not seen yet") in suggested(client, "events", q="the cart")
    assert suggested(client, "properties", event="Product Viewed", q="ca")[0] == ("category", "100 %")
    assert ("price", "75 %") in suggested(client, "properties", event="Product Viewed")


def test_values_come_with_how_often(world: World) -> None:
    client = staff("add_segment")
    viewed = {"event": "Product Viewed"}
    assert suggested(client, "values", name="category", **viewed) == [("Shoes", "3 times"), ("Hats", "once")]
    assert suggested(client, "values", name="category", q="HAT", **viewed) == [("Hats", "once")]
    assert suggested(client, "values", name="price", **viewed) == [(10, "2 times"), (12.5, "once")]
    assert suggested(client, "kinds") == [("user_id", "6 known"), ("email", "5 known")]


def test_what_tells_of_people_is_for_those_who_may_see_it(world: World) -> None:
    client = staff("change_segment")
    assert suggested(client, "values", event="Product Viewed", name="email") == []
    assert suggested(client, "trait_values", name="email") == []
    assert suggested(client, "trait_values", name="country") == [("DE", "5 people")]
    told = client.get(URL, {"what": "trait_values", "name": "email"}).json()["empty"]
    assert told == "These values may tell of people: type the one you mean."
    User.objects.all().delete()
    privy = staff("change_segment", "view_personal")
    assert suggested(privy, "trait_values", name="country") == [("DE", "5 people"), ("AT", "1 person")]
    assert len(suggested(privy, "trait_values", name="email")) == 5
    assert suggested(privy, "values", event="Product Viewed", name="email") == [("u2@example.com", "once")]


def test_traits_computed_values_and_scores(world: World) -> None:
    ComputedValues.objects.create(
        profile_id=world.profile("u1"), values={"rfm.group": "champions", "score.churn": 0.7, "score.churn.at": "x"}
    )
    client = staff("change_segment", "view_personal")
    names = [name for name, _ in suggested(client, "traits")]
    assert names[-3:] == ["rfm.group", "score.churn", "score.churn.at"]
    assert set(names[:2]) == {"country", "email"}
    assert suggested(client, "scores") == [("churn", "")]
    assert suggested(client, "trait_values", name="rfm.group") == [("champions", "1 person")]


def test_the_catalog_segments_and_lists(world: World) -> None:
    for number, category in enumerate(("Shoes", "Shoes", "Hats")):
        Product.objects.create(
            product_id=f"P{number}", name=f"Thing {number}", category=category, brand="B%", attributes={"color": "red"},
            seen_at=world.now,
        )  # fmt: skip
    germans = world.segment({"trait": "country", "is": "eq", "value": "DE"}, slug="germans")
    client = staff("change_segment")
    assert suggested(client, "categories") == [("Shoes", "2 products"), ("Hats", "1 product")]
    assert suggested(client, "brands", q="%") == [("B%", "3 products")]
    assert [value for value, _ in suggested(client, "products", q="thing 1")] == ["P1"]
    assert suggested(client, "attributes") == [("color", "3 products")]
    assert suggested(client, "attribute_values", name="color") == [("red", "3 products")]
    assert suggested(client, "segments") == [("germans", "5 people")]
    assert suggested(client, "segments", segment=str(germans)) == []
    assert suggested(client, "lists") == []


def test_only_those_who_may_save_are_answered() -> None:
    assert staff("view_segment").get(URL, {"what": "events"}).status_code == 403
    assert Client().get(URL, {"what": "events"}).status_code == 302
    User.objects.all().delete()
    client = staff("change_segment")
    assert client.get(URL, {"what": "passwords"}).status_code == 404
    assert client.post(URL, {"what": "events"}).status_code == 405
