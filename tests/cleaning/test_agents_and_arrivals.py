"""User agents, bots, campaigns, clicks and channels."""

from typing import Any

import pytest

from events.cleaning.agents import agent, hinted
from events.cleaning.arrivals import arrival

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/119.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (CHROME, ("Chrome", "119", "Windows", "10", "desktop")),
        (f"{CHROME} Edg/119.0.0.0", ("Edge", "119", "Windows", "10", "desktop")),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            " Version/17.1 Mobile/15E148 Safari/604.1",
            ("Safari", "17", "iOS", "17.1", "phone"),
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1"
            " Safari/605.1.15",
            ("Safari", "17", "macOS", "10.15", "desktop"),
        ),
        (
            f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {WEBKIT} Chrome/119.0.0.0 Mobile Safari/537.36",
            ("Chrome", "119", "Android", "14", "phone"),
        ),
        (
            f"Mozilla/5.0 (Linux; Android 13; SM-X906C) {WEBKIT} Chrome/119.0.0.0 Safari/537.36",
            ("Chrome", "119", "Android", "13", "tablet"),
        ),
        (
            f"Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) {WEBKIT} SamsungBrowser/4.0 Chrome/76.0 TV Safari/537.36",
            ("Samsung Internet", "4", "Tizen", "6.0", "tv"),
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
            ("Firefox", "120", "Linux", None, "desktop"),
        ),
    ],
)
def test_a_user_agent_names_browser_system_and_device(text: str, says: tuple[str | None, ...]) -> None:
    found = agent(text)
    fields = ("browser", "browser_version", "os", "os_version", "device")
    assert tuple(found.client.get(field) for field in fields) == says
    assert not found.is_bot


@pytest.mark.parametrize(
    "text",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/119.0.0.0 Safari/537.36",
        f"{CHROME} Chrome-Lighthouse",
        "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
        "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
        "facebookexternalhit/1.1",
        "python-requests/2.31",
    ],
)
def test_crawlers_headless_browsers_and_watchers_are_bots(text: str) -> None:
    assert agent(text).is_bot
    assert agent(text).client["device"] == "bot"


@pytest.mark.parametrize(
    "text", ["okhttp/4.9.0", "MyShop/1.0 CFNetwork/1410 Darwin/22.6.0", "Dalvik/2.1.0 (Linux; U; Android 13)", "", "?"]
)
def test_apps_are_no_bots(text: str) -> None:
    assert not agent(text).is_bot


def test_what_the_browser_says_outright_counts_before_its_user_agent() -> None:
    brands = [("Not?A_Brand", "24"), ("Chromium", "119"), ("Brave", "119")]
    hints = {"brands": [{"brand": b, "version": v} for b, v in brands], "mobile": False, "platform": "Windows"}
    assert hinted(agent(CHROME).client, hints) == {**agent(CHROME).client, "browser": "Brave"}
    assert hinted({}, {"mobile": True, "platform": "Android", "platformVersion": "14.0.0"}) == {
        "os": "Android",
        "os_version": "14.0",
        "device": "phone",
    }
    assert hinted({}, {"brands": "x", "platform": 5, "mobile": "yes"}) == {}


CAMPAIGN = "https://shop.example/?utm_source=google&utm_medium=cpc&utm_campaign=Fall&utm_term=a+b&gclid=Cj1"


@pytest.mark.parametrize(
    ("page", "campaign", "channel"),
    [
        (
            {"url": CAMPAIGN},
            {
                "source": "google",
                "medium": "cpc",
                "name": "Fall",
                "term": "a b",
                "click_id": "Cj1",
                "click_id_kind": "gclid",
            },
            "paid",
        ),
        (
            {"url": "https://shop.example/", "search": "?utm_source=nl&utm_medium=email"},
            {"source": "nl", "medium": "email"},
            "email",
        ),
        ({"url": "https://shop.example/?msclkid=7"}, {"click_id": "7", "click_id_kind": "msclkid"}, "paid"),
        ({"url": "https://shop.example/?fbclid=7"}, {"click_id": "7", "click_id_kind": "fbclid"}, "social"),
        ({"url": "https://shop.example/a", "referrer": "https://www.google.de/"}, {}, "organic_search"),
        ({"url": "https://shop.example/a", "referrer": "https://l.facebook.com/x"}, {}, "social"),
        ({"url": "https://shop.example/a", "referrer": "https://t.co/x"}, {}, "social"),
        ({"url": "https://shop.example/a", "referrer": "https://mail.google.com/"}, {}, "email"),
        ({"url": "https://shop.example/a", "referrer": "https://blog.example/"}, {}, "referral"),
        ({"url": "https://shop.example/a", "referrer": "https://www.shop.example/b"}, {}, ""),
        ({"url": "https://shop.example/a", "referrer": ""}, {}, "direct"),
        ({"url": "https://shop.example/a"}, {}, "direct"),
    ],
)
def test_an_arrival_is_read_from_address_and_referrer(
    page: dict[str, str], campaign: dict[str, str], channel: str
) -> None:
    assert arrival(page, None) == (campaign, channel)


def test_a_campaign_the_client_read_itself_is_kept_and_its_click_added() -> None:
    found = arrival({"url": "https://shop.example/?gclid=1"}, {"source": "google", "medium": "organic"})
    assert found == ({"click_id": "1", "click_id_kind": "gclid"}, "paid")


@pytest.mark.parametrize(
    "page", [{}, {"url": 5}, {"url": ""}, {"url": None, "referrer": "https://google.com"}, {"url": "x" * 9999}]
)
def test_without_an_address_nothing_is_said(page: dict[str, Any]) -> None:
    assert arrival(page, None) is None


@pytest.mark.parametrize(
    "url", ["https://", "://", "https://[::1", "https://a@b@c:99/?utm_source=%ff&utm_medium", "mailto:x?utm_source=1"]
)
def test_odd_addresses_do_no_harm(url: str) -> None:
    assert arrival({"url": url, "referrer": url}, None) is not None
