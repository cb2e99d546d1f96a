"""What happens to a cart beside its lines: version, left behind, mailed, recovered, expired; joined, and its drift."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from commerce import queries, services
from commerce.contracts import CartLine, ProductFacts
from commerce.drift import drift_of
from commerce.models import Cart, Product
from commerce.standing import standing_of
from profiles import queries as profiles
from tests.commerce.facts import START
from tests.commerce.world import WORK, identify, make_source, send, send_and_work, track

Drain = Callable[..., int]
MUG: dict[str, Any] = {"product_id": "mug", "price": 10, "quantity": 1, "currency": "EUR"}


def later(**delta: float) -> datetime:
    return START + timedelta(**delta)


def stands(key: str = "cart:c1") -> tuple[str, str]:
    cart = queries.cart_by_key(key)
    assert cart is not None
    return standing_of(cart).code, standing_of(cart).reason


def tell(drain: Drain, source: Any, *items: dict[str, Any]) -> None:
    send(source, *items)
    drain(only=WORK)


@pytest.mark.django_db
def test_a_version_grows_with_every_change_of_content_and_with_nothing_else(drain: Drain) -> None:
    source, seen = make_source(), []
    add = track("Product Added", 0, user="u", cart_id="c1", **MUG)
    for item in (
        add,
        add,  # delivered again
        track("Product Added", 1, user="u", cart_id="c1", product_id="hat"),
        track("Cart Viewed", 2, user="u", cart_id="c1"),  # without products: activity, no change
        track("Product Removed", 3, user="u", cart_id="c1", product_id="hat"),
        track("Order Completed", 4, user="u", cart_id="c1", order_id="o1"),
    ):
        tell(drain, source, item)
        seen.append(Cart.objects.get().version)
    assert seen == [1, 1, 2, 2, 3, 3]


@pytest.mark.django_db
def test_a_cart_is_left_behind_mailed_and_recovered_and_expires_without_being_lost(drain: Drain) -> None:
    source = make_source()
    tell(drain, source, track("Product Added", user="u", cart_id="c1", **MUG))
    assert (services.age_slice(now=later(minutes=59)), stands()) == (0, ("in_use", ""))
    assert (services.age_slice(now=later(minutes=60)), stands()) == (1, ("abandoned", ""))
    assert services.age_slice(now=later(minutes=60)) == 0
    services.note_unmailed(["cart:c1"], "no_address")
    assert stands() == ("abandoned", "no_address")
    services.note_mailed(["cart:c1"], later(minutes=61))
    assert stands() == ("mailed", "")
    tell(drain, source, track("Product Added", 70, user="u", cart_id="c1", product_id="hat"))
    assert stands() == ("in_use", "")
    assert services.age_slice(now=later(days=31)) == 1
    assert stands() == ("expired", "")
    assert [len(cart.lines) for cart in Cart.objects.all()] == [2]
    tell(drain, source, track("Order Completed", 45_000, user="u", cart_id="c1", order_id="o1"))
    assert stands() == ("recovered", "")


@pytest.mark.django_db
def test_carts_of_a_guest_and_of_the_account_are_one_for_their_person_alone(drain: Drain) -> None:
    source = make_source()
    send_and_work(
        drain,
        source,
        [
            [track("Product Added", anonymous="browser-1", cart_id="c1", **MUG)],
            [track("Product Added", 1, user="u", cart_id="c2", product_id="mug", price=12, quantity=3, currency="EUR")],
            [track("Product Added", 2, user="u", cart_id="c2", product_id="hat", price=5, currency="EUR")],
            [track("Product Added", 3, user="stranger", cart_id="c3", product_id="bag", price=99, currency="EUR")],
        ],
    )
    user = profiles.find("user_id", "u")
    assert user is not None
    alone = queries.joined_cart(profiles.beside([user.id]))
    assert alone is not None
    assert alone.keys == ("cart:c2",)
    tell(drain, source, identify("u", "browser-1", 4))
    both = queries.joined_cart(profiles.beside([user.id]))
    assert both is not None
    assert both.keys == ("cart:c2", "cart:c1")
    assert {(line.product_id, int(line.quantity)) for line in both.lines} == {("mug", 3), ("hat", 1)}
    assert both.value == Decimal(41)


@pytest.mark.django_db
def test_the_page_shows_where_a_cart_stands_what_changed_since_and_the_persons_others(drain: Drain) -> None:
    source = make_source()
    tell(
        drain,
        source,
        track("Product Added", anonymous="browser-1", cart_id="c1", **MUG),
        track("Product Added", 1, anonymous="browser-1", cart_id="c1", product_id="hat", price=20, currency="EUR"),
        track("Product Added", 2, user="u", cart_id="c2", product_id="bag", currency="EUR"),
        identify("u", "browser-1", 3),
    )
    for product_id, price, in_stock in (("mug", 8, True), ("hat", 20, False)):
        Product.objects.update_or_create(
            product_id=product_id,
            defaults={"price": price, "currency": "EUR", "in_stock": in_stock, "from_feed": True, "seen_at": START},
        )
    services.age_slice(now=later(hours=2))
    services.note_unmailed(["cart:c1"], "consent_default_denied")
    staff = Client()
    staff.force_login(User.objects.create_superuser("ann", "ann@example.com", "not-a-secret"))
    page = staff.get(f"/admin/commerce/cart/{Cart.objects.get(key='cart:c1').pk}/change/").content.decode()
    for said in ("Left behind", "they never agreed to mails", "€8.00 now", "out of stock now", "?q=cart:c2"):
        assert said in page


def test_prices_are_compared_in_the_carts_own_currency_alone() -> None:
    line = CartLine("mug", Decimal(1), Decimal(10))
    known = {"mug": ProductFacts("mug", "", "", "", Decimal(9), "EUR", "", "", True, False, prices={"USD": "11"})}
    assert [
        (drift.price, drift.stock) for currency in ("EUR", "USD", "GBP") for drift in drift_of([line], currency, known)
    ] == [("cheaper", "gone"), ("dearer", "gone"), ("unknown", "gone")]
    assert drift_of([line], "EUR", {})[0].has_changed is False
