"""The browser tests' own promises: errors of pages fail, nothing leaves this machine, its absence is named."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests import browser_support
from tests.browser_support import NO_CHROMIUM, PHONE, Browsing

pytestmark = pytest.mark.browser


def test_a_page_of_the_service_opens_without_errors(
    live_server: LiveServer, page: Page, screenshot: Callable[..., Path]
) -> None:
    page.goto(live_server.url)
    expect(page.get_by_role("heading").first).to_be_visible()
    assert screenshot(page, "front").stat().st_size > 1000


def test_errors_of_a_page_are_heard(browsing: Browsing) -> None:
    page = browsing.open(PHONE)
    page.set_content("<script>console.error('lost a button'); setTimeout(() => { throw new Error('torn') })</script>")
    page.wait_for_function("performance.now() > 0")
    expect_troubles(browsing, "lost a button", "torn")


def test_a_broken_content_security_policy_is_heard(browsing: Browsing) -> None:
    page = browsing.open()
    policy = "<meta http-equiv='Content-Security-Policy' content=\"script-src 'none'\">"
    page.goto(f"data:text/html,{policy}<script>1</script>")
    expect_troubles(browsing, "Content Security Policy")


def test_pages_reach_this_machine_only(browsing: Browsing) -> None:
    page = browsing.open()
    page.set_content("<img src='https://example.com/pixel.gif'>")
    expect_troubles(browsing, "ERR_NAME_NOT_RESOLVED")


def test_without_chromium_a_test_is_skipped_and_under_ci_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    assert browser_support.find_chromium() is None
    monkeypatch.setenv("CI", "")
    with pytest.raises(pytest.skip.Exception, match=r"\./run setup --browser"):
        browser_support.require(browser_support.find_chromium(), NO_CHROMIUM)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=r"\./run setup --browser"):
        browser_support.require(browser_support.find_chromium(), NO_CHROMIUM)


def expect_troubles(browsing: Browsing, *fragments: str) -> None:
    """Waits until each of `fragments` stands among the troubles, and clears them."""
    page = browsing.contexts[-1].pages[0]
    for fragment in fragments:
        for _ in range(200):
            if any(fragment in trouble for trouble in browsing.unexpected()):
                break
            page.wait_for_timeout(25)
    missing = [part for part in fragments if not any(part in trouble for trouble in browsing.unexpected())]
    assert missing == []
    browsing.troubles.clear()
