"""Browser SDKs from npm, unmodified, in a real Chromium: on the service's own origin and, by preflight, on another."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from events.models import Source
from tests.browser_support import Browsing
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

RUDDER_OLD = """([host, key, product]) => new Promise((resolve) => {
  const rudder = window.rudderanalytics;
  rudder.load(key, host, { configUrl: host, useBeacon: false });
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
POSTHOG = """([host, key, product]) => new Promise((resolve) => {
  const options = { api_host: host, capture_pageview: false, capture_pageleave: true, opt_out_useragent_filter: true };
  posthog.init(key, { ...options, loaded: () => {
    const anonymous = posthog.get_distinct_id();
    posthog.capture("$pageview");
    posthog.identify("ada", { plan: "gold" });
    posthog.capture("Product Added", { cart_id: "cart-1", ...product });
    resolve(anonymous);
  } });
})"""


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


def check(source: Source, anonymous: str, address: str, expected: list[Arrived], titled: str = "Product Added") -> None:
    assert sorted(arrived(source), key=repr) == sorted(expected, key=repr)
    assert_nothing_was_turned_away(source)
    assert identifiers_of_profile("user_id", "ada") == {"user_id:ada", f"anonymous_id:{anonymous}"}
    added = event(source, "Product Added")
    assert added.cart_id == "cart-1"
    assert added.properties | PRODUCT == added.properties
    assert added.context["page"]["url"] == address
    assert event(source, titled).context["page"]["title"] == "Teapots"
    assert not added.server_side


@pytest.mark.parametrize("name", ["segment", "segment-old"])
def test_segments_script_starts_from_our_settings_and_all_it_says_arrives(
    name: str, site: str, live_server: LiveServer, shop_pages: Source, page: Page, drain: Drain
) -> None:
    page.goto(f"{site}/pages/{name}.html")
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


def test_rudderstacks_former_script_starts_from_our_source_configuration_too(
    site: str, live_server: LiveServer, shop_pages: Source, page: Page, browsing: Browsing, drain: Drain
) -> None:
    browsing.allow("package is deprecated")  # its makers say so in the console
    page.goto(f"{site}/pages/rudder-old.html")
    anonymous = page.evaluate(RUDDER_OLD, [live_server.url, shop_pages.write_key, PRODUCT])
    wait_for_items(shop_pages, 5)
    drain()
    check(shop_pages, anonymous, page.url, said(anonymous))


def test_posthogs_script_starts_from_our_configuration_and_its_last_words_come_by_beacon(
    site: str, live_server: LiveServer, shop_pages: Source, page: Page, browsing: Browsing, drain: Drain
) -> None:
    browsing.allow("surveys.js", "ERR_FAILED")  # asked for before it was told that there are none
    page.goto(f"{site}/pages/posthog.html")
    address = page.url
    page.wait_for_function("() => !!window.posthog")
    anonymous = page.evaluate(POSTHOG, [live_server.url, shop_pages.write_key, PRODUCT])
    wait_for_items(shop_pages, 3)
    page.goto("about:blank")
    wait_for_items(shop_pages, 4)
    drain()
    expected = [one for one in said(anonymous) if one.type in ("page", "identify", "track")]
    check(shop_pages, anonymous, address, [*expected, Arrived("track", "$pageleave", "user_id:ada")], titled="page")
    assert event(shop_pages, "Product Added").context["library"]["name"] == "web"
