"""Who only looks around leaves nothing in the browser; the id of the page is kept once it may be, and no other one."""

import re
from collections.abc import Callable

import pytest
from django.core import signing
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from cdp.demo import seeding
from cdp.demo.catalog import catalog
from cdp.demo.shop.urls import urlpatterns
from cdp.demo.shop.visitor import COOKIE, MINTED_SALT
from events.models import Event
from profiles.models import Identifier
from tests.browser_support import Browsing
from tests.shop.conftest import a_browser, choose, on_the_page, visitor_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.mailbox.demo_urls")]

TENT = catalog().by_kind["dometent"][0]
LOOKS = ("/shop/", "/shop/c/shelter/", TENT.path)
FORMS = [str(each.pattern) for each in urlpatterns if "<" not in str(each.pattern)]
STORED = "[...Object.keys(localStorage), ...Object.keys(sessionStorage)]"
ID = "document.body.dataset.visitor"
Drain = Callable[..., int]


def cookies(client: Client) -> set[str]:
    return {name for name, cookie in client.cookies.items() if cookie.value}


# By request


@pytest.mark.parametrize("path", [*LOOKS, "/shop/search/?q=mug", "/shop/cart/", "/shop/wishlist/", "/shop/account/"])
def test_looking_around_sets_no_cookie(client: Client, demo_keys: seeding.DemoKeys, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, dict(answer.cookies)) == (200, {})


def test_an_id_is_kept_by_the_request_that_brings_it_and_a_page_brings_its_own(
    client: Client, demo_keys: seeding.DemoKeys
) -> None:
    choose(client, analytics=True)
    kept = visitor_in(client).anonymous_id
    assert on_the_page(client) == (kept, "")
    _, other = on_the_page(a_browser())
    assert client.post("/shop/consent/", {"visitor": other}).json() == {"visitor": kept, "minted": ""}


def test_after_a_yes_a_page_without_the_cookie_waits_for_its_script(
    client: Client, demo_keys: seeding.DemoKeys
) -> None:
    """It may have been asked for while the page before was still bringing its id back."""
    choose(client, analytics=True)
    kept = client.cookies.pop(COOKIE)
    _, minted = on_the_page(client)
    assert (bool(minted), cookies(client)) == (True, {"cdp_consent"})
    client.cookies[COOKIE] = kept.value
    told = client.post("/shop/consent/", {"visitor": minted}).json()
    assert told["visitor"] == visitor_in(client).anonymous_id == on_the_page(client)[0]


@pytest.mark.parametrize("brought", ["", "forged", "{id}", "{id}:x:y", "{old}", "{else}"])
def test_what_is_not_ours_or_too_old_becomes_a_new_id(
    client: Client, demo_keys: seeding.DemoKeys, monkeypatch: pytest.MonkeyPatch, brought: str
) -> None:
    minted_id, _ = on_the_page(client)
    with monkeypatch.context() as patch:
        patch.setattr("django.core.signing.time.time", lambda: 1_700_000_000.0)
        old = signing.dumps(minted_id, salt=MINTED_SALT)
    text = brought.format(**{"id": minted_id, "old": old, "else": signing.dumps(minted_id, salt="elsewhere")})
    client.cookies["cdp_consent"] = "%7B%22preferences%22%3A%7B%22analytics%22%3Atrue%7D%7D"
    told = client.post("/shop/consent/", {"visitor": text}).json()
    assert told["visitor"] not in ("", minted_id)
    assert visitor_in(client).anonymous_id == told["visitor"]


def test_a_cart_before_the_answer_is_kept_by_the_shop_and_nobody_is_followed(
    client: Client, demo_keys: seeding.DemoKeys
) -> None:
    minted_id, minted = on_the_page(client)
    client.post(
        "/shop/cart/add/",
        {"sku": TENT.variants[0].sku, "visitor": minted},
        headers={"Accept": "application/json"},
    )
    assert cookies(client) == {COOKIE}
    assert on_the_page(client) == (minted_id, "")
    assert client.get("/dev/knows/").json()["state"] == "undecided"
    client.post(
        "/shop/cart/change/", {"sku": TENT.variants[0].sku, "quantity": "0"}, headers={"Accept": "application/json"}
    )
    assert cookies(client) == set()


def test_a_refusal_takes_the_cookie_away_unless_the_visitor_put_something_into_it(
    client: Client, demo_keys: seeding.DemoKeys
) -> None:
    choose(client, analytics=True)
    assert cookies(client) == {COOKIE, "cdp_consent"}
    choose(client, analytics=False)
    assert cookies(client) == {"cdp_consent"}
    client.get("/shop/")
    assert cookies(client) == {"cdp_consent"}
    client.post("/shop/wishlist/change/", {"product_id": TENT.product_id})
    assert cookies(client) == {COOKIE, "cdp_consent"}


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
        {"Origin": "https://evil.example"},
        {"Origin": "null", "Referer": "http://testserver/shop/"},
        {"Origin": "http://[testserver"},
        {"Referer": "https://evil.example/?http://testserver/shop/"},
    ],
)
def test_a_form_on_another_site_changes_nothing(
    demo_keys: seeding.DemoKeys, path: str, headers: dict[str, str]
) -> None:
    answer = Client(enforce_csrf_checks=True).post(f"/shop/{path}", {"sku": TENT.variants[0].sku}, headers=headers)
    assert answer.status_code in (403, 405)
    assert not answer.cookies


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://testserver"},
        {"Referer": "http://testserver/shop/"},
    ],
)
def test_a_form_of_the_shop_needs_no_token(demo_keys: seeding.DemoKeys, headers: dict[str, str]) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/shop/cart/add/", {"sku": TENT.variants[0].sku}, headers=headers)
    assert (answer.status_code, visitor_in(client).basket.count) == (302, 1)


def test_who_is_refused_is_told_why_and_the_admin_keeps_its_tokens(demo_keys: seeding.DemoKeys) -> None:
    client = Client(enforce_csrf_checks=True)
    text = client.post("/shop/cart/add/", {"sku": TENT.variants[0].sku}).content.decode()
    assert "did not come from a page of this shop" in text
    assert client.post("/admin/login/", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 403


# In a browser


def in_the_browser(page: Page) -> list[str]:
    """Names of everything the browser keeps of the shop."""
    stored: list[str] = page.evaluate(STORED)
    return sorted(cookie["name"] for cookie in page.context.cookies()) + stored


def look_around(page: Page, shop: LiveServer) -> None:
    """The first views of somebody who was not asked yet."""
    for path in LOOKS:
        page.goto(shop.url + path)
        expect(page.get_by_role("dialog", name="May we use your data?")).to_be_visible()
        assert in_the_browser(page) == [], path


def answer(page: Page, said: str) -> None:
    with page.expect_response("**/shop/consent/") as told:
        page.locator(f'[data-cdp="{said}"]').click()
    told.value.finished()


@pytest.mark.browser
def test_a_browser_keeps_nothing_before_the_answer_and_the_no_alone_after_it(
    browsing: Browsing, platform: seeding.DemoKeys, live_server: LiveServer, settings: Settings
) -> None:
    settings.CONSENT_DEFAULT_REGIME = "gdpr"
    page = browsing.open()
    look_around(page, live_server)
    answer(page, "refuse")
    for path in LOOKS:
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        assert in_the_browser(page) == ["cdp_consent"]
    assert Event.objects.count() == 0
    page.goto("about:blank")


@pytest.mark.browser
def test_a_yes_keeps_the_very_id_of_the_page_for_events_panel_and_next_pages(
    browsing: Browsing, platform: seeding.DemoKeys, live_server: LiveServer, settings: Settings, drain: Drain
) -> None:
    settings.CONSENT_DEFAULT_REGIME = "gdpr"
    page = browsing.open()
    look_around(page, live_server)
    minted = page.evaluate(ID)
    answer(page, "accept")
    assert {"cdp_anonymous_id", "cdp_consent", COOKIE} <= set(in_the_browser(page))
    page.goto(live_server.url + "/shop/")
    assert (page.evaluate(ID), page.locator("body").get_attribute("data-minted")) == (minted, "")
    page.evaluate("cdp.flush()")
    drain()
    expect(page.locator('[data-event="Product Viewed"]')).to_be_visible()
    assert page.evaluate("cdp.user().anonymousId()") == minted
    page.goto("about:blank")
    drain()
    assert ids_of_events() == {minted}


@pytest.mark.browser
def test_where_the_law_asks_for_no_yes_the_first_page_brings_its_id_back(
    browsing: Browsing, platform: seeding.DemoKeys, live_server: LiveServer, drain: Drain
) -> None:
    page = browsing.open()
    page.route(re.compile("/v1/consent/config"), lambda route: route.continue_(url=f"{route.request.url}&country=US"))
    with page.expect_response("**/shop/consent/") as told:
        page.goto(live_server.url + "/shop/")
    first = told.value.json()["visitor"]
    with page.expect_response("**/v1/batch"):
        page.goto(live_server.url + TENT.path)
    assert page.evaluate(ID) == first
    assert page.evaluate("cdp.user().anonymousId()") == first
    page.goto("about:blank")
    drain()
    assert ids_of_events() == {first}


def ids_of_events() -> set[str]:
    """The anonymous ids all stored events carry."""
    owners = Event.objects.values("identifier_id")
    return set(Identifier.objects.filter(id__in=owners).values_list("value", flat=True))
