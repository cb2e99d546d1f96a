"""The demo's offers, prices and decided places: made once, in force, and held against the shop's own goods."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client

from cdp.admin_home.groups import apply_rights
from cdp.demo import seeding
from cdp.demo.catalog import catalog
from cdp.demo.deals.offers import make_offers
from cdp.lib.clock import utc_now
from commerce.models import Order
from decisions.models import ContentBlock, DecisionPlacement
from experiments.models import Experiment
from offers.models import Code, Offer, PriceList, Redemption
from tests.shop.conftest import choose, visitor_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.mailbox.demo_urls")]
MUG = next(product for product in catalog().products if product.name == "Plain Stoneware Mug")
SHIRT = next(product for product in catalog().by_category["layers"] if product.in_stock and product.cents > 2_500)
ADDRESS = {
    "email": "ada@example.com", "first_name": "Ada", "last_name": "Lang", "street": "Mill Lane 3",
    "postal_code": "10115", "city": "Berlin",
}  # fmt: skip
Browse = Callable[..., None]
Drain = Callable[..., int]


@pytest.mark.django_db(transaction=False)
def test_the_demo_opens_with_offers_prices_and_places_and_leaves_them_as_staff_left_them() -> None:
    seeding.make_segments()
    apply_rights()
    seeding.make_accounts(None)
    seeding.make_deals(utc_now())
    states = dict(Offer.objects.values_list("key", "state"))
    assert states.pop("tents-20") == "waiting"
    assert states == dict.fromkeys(
        ("free-shipping", "first-order", "camp-kitchen-10", "mugs-3-for-2", "welcome-10", "thank-you-5"), "live"
    )
    assert sorted(Code.objects.values_list("code", flat=True)) == ["LARK10", "WELCOME10"]
    assert list(PriceList.objects.values_list("segment", "state")) == [("repeat-buyers", "live")]
    assert set(ContentBlock.objects.values_list("state", flat=True)) == {"live"}
    assert dict(DecisionPlacement.objects.values_list("key", "state")) == dict.fromkeys(
        ("home-hero", "product-promise", "department-tip"), "live"
    )
    assert list(Experiment.objects.filter(owner="").values_list("key", "state")) == [("promise-on-products", "running")]
    Offer.objects.filter(key="first-order").update(name="Ours now")
    before = Offer.objects.count(), ContentBlock.objects.count(), DecisionPlacement.objects.count()
    seeding.make_deals(utc_now())
    assert (Offer.objects.count(), ContentBlock.objects.count(), DecisionPlacement.objects.count()) == before
    assert Offer.objects.get(key="first-order").name == "Ours now"


def test_a_cart_shows_what_is_off_and_what_is_missing_and_says_why_a_code_is_refused(
    client: Client, platform: seeding.DemoKeys
) -> None:
    make_offers(None, utc_now())
    client.post("/shop/cart/add/", {"sku": MUG.variants[0].sku, "quantity": "3"})
    page = client.get("/shop/cart/").content.decode()
    assert f'data-offer="mugs-3-for-2"><dt>Three mugs, pay two</dt><dd>−€{MUG.price}' in page
    missing = 60 - 2 * MUG.price
    assert f"Add €{missing:.2f} for free shipping" in page
    assert "first-order" not in page  # nobody may know whose cart it is yet
    please = {"Accept": "application/json"}
    unknown = client.post("/shop/cart/coupon/", {"coupon": "SUMMER20"}, headers=please).json()
    assert (unknown["applied"], unknown["note"], visitor_in(client).coupon) == (False, "There is no such code.", "")
    early = client.post("/shop/cart/coupon/", {"coupon": "welcome10"}, headers=please).json()
    assert (early["applied"], visitor_in(client).coupon) == (False, "WELCOME10")
    assert early["note"] == f"Add €{50 - 2 * MUG.price:.2f} for €10.00 off"
    client.post("/shop/cart/add/", {"sku": SHIRT.variants[0].sku, "quantity": "2"})
    assert "WELCOME10 is applied." in client.get("/shop/cart/").content.decode()


def test_an_order_reserves_what_it_is_given_redeems_it_and_says_so(
    client: Client, platform: seeding.DemoKeys, browse: Browse, drain: Drain
) -> None:
    make_offers(None, utc_now())
    client.get("/shop/")
    choose(client, analytics=True)
    browse("Product Viewed", MUG.as_property(currency="EUR"))
    drain()
    client.post("/shop/cart/add/", {"sku": SHIRT.variants[0].sku, "quantity": "3"})
    client.post("/shop/cart/coupon/", {"coupon": "WELCOME10"})
    order_id = client.post("/shop/checkout/", ADDRESS)["Location"].split("/")[-2]
    held = dict(Redemption.objects.values_list("offer__key", "state"))
    assert held.pop("free-shipping") == "reserved"
    ((welcome, state),) = held.items()  # ten euros or fifteen percent, whichever is more: one of a group
    assert (welcome in {"welcome-10", "first-order"}, state) == (True, "reserved")
    drain()
    assert set(Redemption.objects.values_list("state", "order_id")) == {("redeemed", order_id)}
    saved = sum(Redemption.objects.exclude(offer__key="free-shipping").values_list("money", flat=True), Decimal(0))
    placed = Order.objects.get()
    assert (placed.discount, placed.shipping, placed.total) == (saved, Decimal(0), SHIRT.price * 3 - saved)
    page = client.get(f"/shop/order/{order_id}/").content.decode()
    assert f"−€{saved:.2f}" in page
    assert page.count('data-test="saved"') == 2


def test_what_the_ledger_refuses_falls_away_before_anything_is_ordered(
    client: Client, platform: seeding.DemoKeys
) -> None:
    """Once a person: of whom nothing has arrived yet, nobody can say whether they had it."""
    make_offers(None, utc_now())
    client.get("/shop/")
    choose(client, analytics=True)
    client.post("/shop/cart/add/", {"sku": SHIRT.variants[0].sku, "quantity": "3"})
    assert 'data-offer="first-order"' in client.get("/shop/checkout/").content.decode()
    answer = client.post("/shop/checkout/", ADDRESS)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "“15 % off your first order” cannot be used for this order" in text
    assert f"Place order, €{SHIRT.price * 3:.2f}" in text
    assert visitor_in(client).last_order is None
    assert set(Redemption.objects.values_list("state", flat=True)) == {"released"}
    assert client.post("/shop/checkout/", ADDRESS).status_code == 302
