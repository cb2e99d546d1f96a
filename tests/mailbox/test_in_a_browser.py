"""The mailbox in a real Chromium: new mails appear by themselves, and a hostile mail does nothing."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from tests.browser_support import PHONE, Browsing

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.mailbox.demo_urls"), pytest.mark.django_db(transaction=True)]
Deliver = Callable[..., None]


def test_a_new_mail_appears_without_reloading(live_server: LiveServer, browsing: Browsing, deliver: Deliver) -> None:
    page = browsing.open()
    page.goto(f"{live_server.url}/dev/mailbox/")
    expect(page.get_by_role("heading", name="No mail yet")).to_be_visible()
    deliver("ada@example.com", "Your cart")
    page.get_by_role("link", name="ada@example.com").click()
    expect(page.get_by_role("heading", name="Your cart")).to_be_visible()


def test_a_mail_wears_its_own_styles_by_their_hashes(
    live_server: LiveServer, browsing: Browsing, deliver: Deliver
) -> None:
    head = b"To: ada@example.com\r\nSubject: Styled\r\nContent-Type: text/html\r\n\r\n"
    html = b"<style>\r\n#p { color: rgb(1, 2, 3) }\r\n</style><p id=p style='margin:\r\n7px; quotes: &quot;'>x"
    deliver(raw=head + html + b"<i id=i STYLE=top:5px style=top:6px>y</i>\r\n")
    page = browsing.open()
    page.goto(f"{live_server.url}/dev/mailbox/")
    page.get_by_role("link", name="ada@example.com").click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("#p")).to_have_css("color", "rgb(1, 2, 3)")
    expect(frame.locator("#p")).to_have_css("margin", "7px")
    expect(frame.locator("#i")).to_have_css("top", "5px")


def test_a_mail_runs_no_script_sends_no_form_and_its_links_open_outside(
    live_server: LiveServer, browsing: Browsing, deliver: Deliver
) -> None:
    browsing.allow("Blocked script execution", "Content Security Policy", "Blocked form submission")
    target = f"{live_server.url}/health/live"
    deliver(
        html=f"<p id=p>still</p><script>p.textContent = 'ran'</script><img src=x onerror=\"p.textContent='ran'\">"
        f"<a href='{target}'>go</a><form action='{target}'><button>send</button></form>"
    )
    page = browsing.open(PHONE)
    page.goto(f"{live_server.url}/dev/mailbox/")
    page.get_by_role("link", name="ada@example.com").click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("#p")).to_have_text("still")
    frame.get_by_role("button", name="send").click()
    with page.context.expect_page() as opened:
        frame.get_by_role("link", name="go").click()
    opened.value.wait_for_url(target)
    expect(frame.locator("#p")).to_have_text("still")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
