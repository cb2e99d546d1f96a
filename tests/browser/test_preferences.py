"""The preference center as a shopper meets it: on a phone with the keyboard alone, without JavaScript, light and dark."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from cdp.lib.clock import to_us, utc_now
from consent import queries as consent
from profiles.contracts import IdentifierKey, Sighting
from profiles.services import register_sightings
from tests.browser.looking import problems
from tests.browser_support import LAPTOP, PHONE, Browsing, Size

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Screenshot = Callable[..., Path]
LOOKS = [(LAPTOP, False, "laptop"), (LAPTOP, True, "laptop-dark"), (PHONE, False, "phone"), (PHONE, True, "phone-dark")]


@pytest.fixture
def path() -> str:
    """The path of Jane's link."""
    seen = to_us(utc_now())
    key = IdentifierKey("email", "jane@example.com")
    found = register_sightings([Sighting((key,), seen, seen, 0, b"\0" * 16)])[key]
    url = consent.preferences_url("jane@example.com", found)
    return "/p/" + url.rpartition("/p/")[2]


@pytest.mark.parametrize(("size", "dark", "look"), LOOKS)
def test_the_page_holds_on_every_screen(
    size: Size, dark: bool, look: str, path: str, live_server: LiveServer, browsing: Browsing, screenshot: Screenshot
) -> None:
    page = browsing.open(size, dark=dark)
    page.goto(live_server.url + path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    screenshot(page, f"preferences-{look}", full=True)
    assert problems(page, "preferences") == []
