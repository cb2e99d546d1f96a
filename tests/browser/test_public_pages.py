"""Pages anybody may open: the front door, the API's documentation, its problem codes, and a page that is not there."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.looking import problems
from tests.browser_support import LAPTOP, PHONE, Browsing, Size

pytestmark = pytest.mark.browser

Screenshot = Callable[..., Path]
LOOKS = [(LAPTOP, False, "laptop"), (PHONE, True, "phone-dark")]


@pytest.mark.parametrize(("size", "dark", "look"), LOOKS)
def test_public_pages_hold_on_a_laptop_and_on_a_phone(
    size: Size, dark: bool, look: str, live_server: LiveServer, browsing: Browsing, screenshot: Screenshot
) -> None:
    page = browsing.open(size, dark=dark)
    found: list[str] = []
    for path, name in (("/", "front"), ("/docs/problems", "problem-codes"), ("/admin/login/", "sign-in")):
        page.goto(live_server.url + path)
        found += problems(page, name)
        screenshot(page, f"{name}-{look}")
    page.goto(f"{live_server.url}/docs/")
    expect(page.locator(".opblock").first).to_be_visible()
    found += problems(page, "docs")
    screenshot(page, f"docs-{look}")
    assert not found, "\n".join(found)


def test_a_page_that_is_not_there_says_so(live_server: LiveServer, browsing: Browsing) -> None:
    page = browsing.open(PHONE)
    browsing.allow("404 (Not Found)")
    answer = page.goto(f"{live_server.url}/no-such-page")
    assert answer is not None
    assert answer.status == 404
    assert problems(page, "not found") == []
