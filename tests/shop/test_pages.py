"""The shop's pages: there only with DEMO=1, each with the right products, none with an inline script or style."""

import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from cdp.demo import seeding
from cdp.demo.catalog import catalog
from cdp.demo.shop.accounts import people
from cdp.script.assembling import current
from tests.shop.conftest import choose, on_the_page, visitor_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.mailbox.demo_urls")]
TENT = catalog().by_kind["dometent"][0]
PATHS = (
    "/shop/",
    "/shop/c/shelter/",
    "/shop/search/?q=merino",
    "/shop/search/?q=zzz",
    f"/shop/p/{TENT.product_id}/",
    "/shop/cart/",
    "/shop/wishlist/",
    "/shop/account/",
)


class Markup(HTMLParser):
    """Tags with their attributes, as (tag, {attribute: value})."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def tested(self, name: str) -> list[dict[str, str | None]]:
        """Elements with this data-test."""
        return [attrs for _, attrs in self.tags if attrs.get("data-test") == name]


def markup(client: Client, path: str, status: int = 200) -> Markup:
    answer = client.get(path)
    assert answer.status_code == status, path
    return Markup(answer.content.decode())


def events_of(page: Markup) -> list[str]:
    body = next(attrs for tag, attrs in page.tags if tag == "body")
    return [name for name, _ in json.loads(unescape(body["data-events"] or ""))]


@pytest.mark.urls("cdp.urls")
@pytest.mark.parametrize("path", [*PATHS, "/shop/images/P-1001.svg", "/shop/checkout/", "/dev/knows/"])
def test_without_demo_there_is_no_shop_and_no_panel(client: Client, path: str) -> None:
    """That DEMO=1 alone adds `cdp.demo.urls` tests/mailbox shows; that `check --deploy` refuses it, tests/api."""
    assert client.get(path).status_code == 404


def test_until_the_demo_is_seeded_the_shop_says_that_it_opens_soon(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.VAR_DIR = tmp_path
    answer = client.get("/shop/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "opens in a moment" in answer.content.decode()


@pytest.mark.parametrize("path", PATHS)
def test_no_page_has_an_inline_script_or_style_or_leaves_the_house(
    client: Client, demo_keys: seeding.DemoKeys, path: str
) -> None:
    page = markup(client, path)
    for tag, attrs in page.tags:
        assert "style" not in attrs, (tag, attrs)
        assert not [name for name in attrs if name.startswith("on")], (tag, attrs)
        assert tag != "style"
        assert tag != "script" or attrs.get("src"), attrs
        for name in ("src", "href", "action"):
            assert not re.match(r"(?:https?:)?//", attrs.get(name) or ""), attrs
    (script,) = [attrs for tag, attrs in page.tags if tag == "script" and attrs.get("data-write-key")]
    assert (script["src"], script["integrity"]) == (current().path, current().integrity)
    assert (script["data-write-key"], script["data-banner"]) == (demo_keys.browser, "auto")


@pytest.mark.parametrize("path", PATHS)
def test_every_page_has_one_heading_labels_and_texts_beside_pictures(
    client: Client, demo_keys: seeding.DemoKeys, path: str
) -> None:
    page = markup(client, path)
    assert len([tag for tag, _ in page.tags if tag == "h1"]) == 1
    assert all("alt" in attrs for tag, attrs in page.tags if tag == "img")
    named = {attrs.get("for") for tag, attrs in page.tags if tag == "label"}
    for tag, attrs in page.tags:
        if tag == "input" and attrs.get("type") not in ("hidden", "radio", "checkbox") and "id" in attrs:
            assert attrs["id"] in named, attrs


def test_a_department_shows_its_products_and_tells_which(client: Client, demo_keys: seeding.DemoKeys) -> None:
    page = markup(client, "/shop/c/shelter/")
    shown = [attrs["data-product-id"] for attrs in page.tested("product-card")]
    assert len(shown) == 12
    assert {catalog().by_id[str(each)].category for each in shown} == {"shelter"}
    assert events_of(page) == ["Product List Viewed"]
    assert events_of(markup(client, "/shop/c/shelter/?sort=name")) == ["Product List Filtered"]
    assert client.get("/shop/c/weapons/").status_code == 404


def test_a_search_finds_and_tells_the_words(client: Client, demo_keys: seeding.DemoKeys) -> None:
    page = markup(client, "/shop/search/?q=Kote")
    assert [attrs["data-product-id"] for attrs in page.tested("product-card")] == [TENT.product_id]
    assert events_of(page) == ["Products Searched", "Product List Viewed"]
    page = markup(client, "/shop/search/?q=zzz")
    assert (page.tested("product-card"), len(page.tested("empty"))) == ([], 1)
    assert events_of(page) == ["Products Searched"]


def test_what_is_searched_for_is_text(client: Client, demo_keys: seeding.DemoKeys) -> None:
    text = client.get("/shop/search/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in text


def test_a_product_page_sells_what_is_in_stock_only(client: Client, demo_keys: seeding.DemoKeys) -> None:
    page = markup(client, TENT.path)
    assert events_of(page) == ["Product Viewed"]
    assert "disabled" not in page.tested("add-to-cart")[0]
    assert len(page.tested("variant-color")) == len(TENT.colors)
    rows = [attrs.get("data-placement") for attrs in page.tested("recommendations")]
    assert rows == ["product-goes-with", "product-similar", "product-accessories"]
    sold_out = next(product for product in catalog().products if not product.in_stock)
    assert "disabled" in markup(client, sold_out.path).tested("add-to-cart")[0]
    assert client.get("/shop/p/P-9999/").status_code == 404


def test_pictures_are_drawn_kept_by_the_browser_and_run_nothing(client: Client) -> None:
    first = client.get(f"{TENT.image_path}?color={TENT.colors[1].name}&view=2")
    assert (first.status_code, first["Content-Type"]) == (200, "image/svg+xml")
    assert first["Content-Security-Policy"] == "default-src 'none'"
    again = client.get(
        f"{TENT.image_path}?color={TENT.colors[1].name}&view=2", headers={"If-None-Match": first["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(f"{TENT.image_path}?color=<x>&view=99").content == client.get(TENT.image_path).content
    assert client.get("/shop/images/P-9999.svg").status_code == 404


def test_the_cart_keeps_counts_and_refuses_more_than_there_is(client: Client, demo_keys: seeding.DemoKeys) -> None:
    sku = TENT.variants[0].sku
    json_please = {"Accept": "application/json"}
    told = client.post("/shop/cart/add/", {"sku": sku, "quantity": "2"}, headers=json_please).json()
    assert (told["count"], told["added"], [name for name, _ in told["events"]]) == (2, True, ["Product Added"])
    assert told["events"][0][1]["quantity"] == 2
    cart_id = told["events"][0][1]["cart_id"]
    told = client.post("/shop/cart/change/", {"sku": sku, "quantity": "1"}, headers=json_please).json()
    assert (told["count"], told["events"][0][0], told["events"][0][1]["cart_id"]) == (1, "Product Removed", cart_id)
    told = client.post("/shop/cart/add/", {"sku": sku, "quantity": "999"}, headers=json_please).json()
    assert told["count"] == min(TENT.stock, 20)
    told = client.post("/shop/cart/add/", {"sku": sku, "quantity": "1"}, headers=json_please).json()
    assert (told["added"], told["events"]) == (False, [])
    told = client.post("/shop/cart/change/", {"sku": sku, "quantity": "0"}, headers=json_please).json()
    assert (told["count"], visitor_in(client).lines) == (0, [])
    assert client.post("/shop/cart/add/", {"sku": "P-1-X"}).status_code == 404


def test_without_scripts_the_next_page_tells_what_was_done(client: Client, demo_keys: seeding.DemoKeys) -> None:
    answer = client.post("/shop/cart/add/", {"sku": TENT.variants[0].sku, "quantity": "1"})
    assert (answer.status_code, answer["Location"]) == (302, "/shop/cart/")
    page = markup(client, "/shop/cart/")
    assert events_of(page) == ["Product Added", "Cart Viewed"]
    assert [attrs["data-sku"] for attrs in page.tested("cart-line")] == [TENT.variants[0].sku]
    assert events_of(markup(client, "/shop/cart/")) == ["Cart Viewed"]


def test_wishes_are_kept_and_become_cart_lines(client: Client, demo_keys: seeding.DemoKeys) -> None:
    client.post("/shop/wishlist/change/", {"product_id": TENT.product_id})
    page = markup(client, "/shop/wishlist/")
    assert events_of(page) == ["Product Added to Wishlist"]
    assert [attrs["data-product-id"] for attrs in page.tested("product-card")] == [TENT.product_id]
    client.post("/shop/cart/add/", {"sku": TENT.variants[0].sku, "from": "wishlist"})
    assert events_of(markup(client, "/shop/cart/"))[:2] == ["Wishlist Product Added to Cart", "Product Added"]
    assert visitor_in(client).wishes == []


def test_without_the_platform_no_code_is_applied_and_the_reason_is_said(
    client: Client, demo_keys: seeding.DemoKeys
) -> None:
    client.post("/shop/cart/add/", {"sku": TENT.variants[0].sku})
    answer = client.post("/shop/cart/coupon/", {"coupon": "welcome10"}, headers={"Accept": "application/json"})
    assert [event for event, _ in answer.json()["events"]] == ["Coupon Entered", "Coupon Denied"]
    assert (answer.json()["applied"], visitor_in(client).coupon) == (False, "")
    assert answer.json()["note"] == "Codes cannot be checked just now. Try again in a moment."


def test_checkout_is_told_once_and_the_box_for_mails_is_not_ticked(client: Client, demo_keys: seeding.DemoKeys) -> None:
    assert client.get("/shop/checkout/")["Location"] == "/shop/cart/"
    client.post("/shop/cart/add/", {"sku": TENT.variants[0].sku})
    visitor_in(client)
    page = markup(client, "/shop/checkout/")
    assert events_of(page) == ["Product Added", "Checkout Started"]
    assert "checked" not in page.tested("marketing")[0]
    assert events_of(markup(client, "/shop/checkout/")) == []


def test_a_mistyped_checkout_names_the_field_keeps_the_rest_and_orders_nothing(
    client: Client, demo_keys: seeding.DemoKeys
) -> None:
    client.post("/shop/cart/add/", {"sku": TENT.variants[0].sku})
    answer = client.post("/shop/checkout/", {"email": "not an address", "first_name": "Ada"})
    assert answer.status_code == 422
    assert "Enter a valid email address." in answer.content.decode()
    assert 'value="Ada"' in answer.content.decode()
    assert visitor_in(client).last_order is None
    assert visitor_in(client).basket.count == 1


def test_an_order_is_shown_to_nobody_else(client: Client, demo_keys: seeding.DemoKeys) -> None:
    assert client.get("/shop/order/LF-00000001/").status_code == 404


def test_the_choice_of_the_panel_comes_with_the_page(client: Client, demo_keys: seeding.DemoKeys) -> None:
    client.cookies["shop_panel"] = "closed"
    assert '<html lang="en" class="panel-closed">' in client.get("/shop/").content.decode()
    client.cookies["shop_panel"] = '"><script>'
    assert "panel-" not in client.get("/shop/").content.decode().partition("<head>")[0]


def test_an_id_counts_after_a_yes_and_where_the_browser_was_given_one_until_a_no(
    client: Client, demo_keys: seeding.DemoKeys
) -> None:
    minted_id, minted = on_the_page(client)
    assert not tracked(client)
    client.cookies["cdp_anonymous_id"] = minted_id
    told = client.post("/shop/consent/", {"visitor": minted}).json()
    assert told == {"visitor": minted_id, "minted": ""}
    assert tracked(client)
    client.cookies["cdp_anonymous_id"] = "somebody-else"
    assert not tracked(client)
    choose(client, analytics=True)
    assert tracked(client)
    client.post("/shop/cart/add/", {"sku": TENT.variants[0].sku})
    choose(client, analytics=False)
    client.cookies["cdp_anonymous_id"] = visitor_in(client).anonymous_id
    assert not tracked(client)


def tracked(client: Client) -> bool:
    """Whether the shop would name the client's id."""
    return client.get("/dev/knows/").json()["state"] not in ("undecided", "refused")


def test_a_refusal_leaves_no_way_from_what_follows_to_what_was(client: Client, demo_keys: seeding.DemoKeys) -> None:
    client.post("/shop/cart/add/", {"sku": TENT.variants[0].sku})
    before = visitor_in(client).anonymous_id
    choose(client, analytics=True)
    assert visitor_in(client).anonymous_id == before
    choose(client, analytics=False)
    assert visitor_in(client).anonymous_id != before
    assert visitor_in(client).basket.count == 1


def test_signing_out_and_signing_in_as_another_begin_with_a_new_id(client: Client, demo_keys: seeding.DemoKeys) -> None:
    maya, theo = people()[:2]
    choose(client, analytics=True)
    first = visitor_in(client).anonymous_id
    client.post("/shop/account/sign-in/", {"user_id": maya.user_id})
    assert visitor_in(client).anonymous_id == first  # what she did before signing in is hers
    page = client.get("/shop/").content.decode()
    assert f'data-user-id="{maya.user_id}"' in page
    assert re.search(r'data-user-token="[\w-]+\.[\w-]+\.[\w-]+"', page)
    client.post("/shop/account/sign-in/", {"user_id": theo.user_id})
    second = visitor_in(client).anonymous_id
    client.post("/shop/account/sign-out/")
    assert len({first, second, visitor_in(client).anonymous_id}) == 3
    assert 'data-user-id=""' in client.get("/shop/").content.decode()
    assert client.post("/shop/account/sign-in/", {"user_id": "somebody"}).status_code == 404


def test_a_forged_cookie_is_a_new_visitor(client: Client, demo_keys: seeding.DemoKeys) -> None:
    client.post("/shop/cart/add/", {"sku": TENT.variants[0].sku})
    name, _, signature = client.cookies["shop_visitor"].value.partition(":")
    client.cookies["shop_visitor"] = f"{name[:-2]}xx:{signature}"
    assert len(markup(client, "/shop/cart/").tested("cart-empty")) == 1
