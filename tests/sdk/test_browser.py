"""Browser SDKs from npm, unmodified, in a real Chromium: on the service's own origin and, by preflight, on another."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from events.models import Source
from tests.sdk.shop_site import PREFIX, another_origin, folders
from tests.sdk.world import (
    PRODUCT,
    Arrived,
    arrived,
    assert_nothing_was_turned_away,
    event,
    identifiers_of_profile,
    wait_for_items,
)

pytestmark = pytest.mark.browser

Drain = Callable[..., int]

SEGMENT = """async ([host, key, product]) => {
  const analytics = AnalyticsNext.AnalyticsBrowser.load({ writeKey: key, cdnURL: host });
  const anonymous = (await analytics.user()).anonymousId();
  await analytics.page("Shop", "Home");
  await analytics.identify("ada", { plan: "gold" });
  await analytics.track("Product Added", { cart_id: "cart-1", ...product });
  await analytics.group("team-1", { name: "Team" });
  await analytics.alias("ada", anonymous);
  return anonymous;
}"""
RUDDER = """([host, key, product, options]) => new Promise((resolve) => {
  const rudder = new rudderanalytics.RudderAnalytics();
  rudder.load(key, host, { configUrl: host, ...options });
  rudder.ready(() => {
    const anonymous = rudder.getAnonymousId();
    rudder.page("Shop", "Home");
    rudder.identify("ada", { plan: "gold" });
    rudder.track("Product Added", { cart_id: "cart-1", ...product });
    rudder.group("team-1", { name: "Team" });
    rudder.alias("ada", anonymous);
    resolve(anonymous);
  });
})"""
JITSU = """async ([host, key, product]) => {
  const jitsu = jitsuAnalytics({ host, writeKey: `${key}:secret` });
  await jitsu.page({ name: "Home" });
  const anonymous = (await jitsu.user()).anonymousId;
  await jitsu.identify("ada", { plan: "gold" });
  await jitsu.track("Product Added", { cart_id: "cart-1", ...product });
  await jitsu.group("team-1", { name: "Team" });
  return anonymous;
}"""


@pytest.fixture(params=["same origin", "another origin"])
def site(request: pytest.FixtureRequest, live_server: LiveServer, packages: Path, settings: Settings) -> Iterator[str]:
    """Where the shop's pages are; events go to the live server."""
    if request.param == "same origin":
        settings.STATICFILES_DIRS = [*settings.STATICFILES_DIRS, *folders(packages)]
        yield live_server.url + PREFIX
        return
    with another_origin(packages) as address:
        yield address + PREFIX


def said(anonymous: str) -> list[Arrived]:
    return [
        Arrived("page", "page", f"anonymous_id:{anonymous}"),
        Arrived("identify", "identify", "user_id:ada"),
        Arrived("track", "Product Added", "user_id:ada"),
        Arrived("group", "group", "user_id:ada"),
        Arrived("alias", "alias", "user_id:ada"),
    ]


def check(source: Source, anonymous: str, address: str, expected: list[Arrived]) -> None:
    assert sorted(arrived(source), key=repr) == sorted(expected, key=repr)
    assert_nothing_was_turned_away(source)
    assert identifiers_of_profile("user_id", "ada") == {"user_id:ada", f"anonymous_id:{anonymous}"}
    added = event(source, "Product Added")
    assert added.cart_id == "cart-1"
    assert added.properties | PRODUCT == added.properties
    assert added.context["page"]["url"] == address
    assert added.context["page"]["title"] == "Teapots"
    assert not added.server_side


def test_segments_script_starts_from_our_settings_and_all_it_says_arrives(
    site: str, live_server: LiveServer, shop_pages: Source, page: Page, drain: Drain
) -> None:
    page.goto(f"{site}/pages/segment.html")
    anonymous = page.evaluate(SEGMENT, [live_server.url, shop_pages.write_key, PRODUCT])
    wait_for_items(shop_pages, 5)
    drain()
    check(shop_pages, anonymous, page.url, said(anonymous))
    assert event(shop_pages, "Product Added").context["library"]["name"] == "analytics.js"


def test_rudderstacks_script_starts_from_our_source_configuration_and_all_it_says_arrives(
    site: str, live_server: LiveServer, shop_pages: Source, page: Page, drain: Drain
) -> None:
    page.goto(f"{site}/pages/rudder.html")
    anonymous = page.evaluate(RUDDER, [live_server.url, shop_pages.write_key, PRODUCT, {}])
    wait_for_items(shop_pages, 5)
    drain()
    check(shop_pages, anonymous, page.url, said(anonymous))
    assert event(shop_pages, "Product Added").context["library"]["name"] == "RudderLabs JavaScript SDK"


def test_what_rudderstack_keeps_until_the_page_is_left_arrives_by_beacon(
    site: str, live_server: LiveServer, shop_pages: Source, page: Page, drain: Drain
) -> None:
    page.goto(f"{site}/pages/rudder.html")
    address = page.url
    options = {"useBeacon": True, "beaconQueueOptions": {"flushQueueInterval": 600_000}}
    anonymous = page.evaluate(RUDDER, [live_server.url, shop_pages.write_key, PRODUCT, options])
    assert arrived(shop_pages) == []
    page.goto("about:blank")
    wait_for_items(shop_pages, 5)
    drain()
    check(shop_pages, anonymous, address, said(anonymous))


def test_what_jitsus_script_says_arrives(
    site: str, live_server: LiveServer, shop_pages: Source, page: Page, drain: Drain
) -> None:
    page.goto(f"{site}/pages/jitsu.html")
    page.wait_for_function("() => !!window.jitsuAnalytics")
    anonymous = page.evaluate(JITSU, [live_server.url, shop_pages.write_key, PRODUCT])
    wait_for_items(shop_pages, 4)
    drain()
    check(shop_pages, anonymous, page.url, [one for one in said(anonymous) if one.type != "alias"])
