"""A shopper in a real Chromium against the real service: a cart is left, one mail comes, its button leads to an order.

Server, workers, beat and the SMTP sink are processes of their own; the cart's idle minute is really waited for.
"""

import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.admin import open_page, sign_in
from tests.browser.demo import DemoService
from tests.browser.looking import problems
from tests.browser_support import PHONE, Browsing
from tests.embedded.harness import wait_until
from tests.service.service import running_service

pytestmark = [pytest.mark.service, pytest.mark.browser, pytest.mark.timeout(600)]

Screenshot = Callable[..., Path]
MAIL_S = 180.0
ADA, BEN = "ada.journey@example.com", "ben.journey@example.com"
ADDRESS = {
    "first-name": "Ada",
    "last-name": "Journey",
    "street": "Hafenstraße 12",
    "postal-code": "20457",
    "city": "Hamburg",
}


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoService]:
    """An open shop."""
    with running_service(DemoService) as service:
        assert isinstance(service, DemoService)
        service.open_the_shop()
        yield service


def by_test(page: Page, name: str) -> Locator:
    return page.locator(f'[data-test="{name}"]')


def test_a_cart_left_becomes_one_mail_whose_button_leads_to_an_order_and_to_no_second_mail(
    demo: DemoService, browsing: Browsing, screenshot: Screenshot
) -> None:
    found: list[str] = []
    ada, ben = browsing.open(), browsing.open(PHONE, dark=True)
    _look_around(ada, demo, "mug", found, screenshot)
    _sign_up(ada, demo, "Ada Journey", ADA)
    _fill_a_cart(ada)
    by_test(ada, "checkout").click()
    expect(by_test(ada, "place-order")).to_be_visible()
    found += problems(ada, "checkout")
    ada.goto("about:blank")
    _look_around(ben, demo, "tent", found, screenshot)
    _sign_up(ben, demo, "Ben Journey", BEN)
    _fill_a_cart(ben)
    ben.goto("about:blank")

    wait_until(lambda: demo.mails_to(ADA) and demo.mails_to(BEN), MAIL_S)
    shop = _come_back_by_the_mail(ada, demo, found, screenshot)
    order_id = _order(shop, found, screenshot)
    _the_other_way_out_is_one_click(demo, BEN)
    _nobody_is_mailed_twice(demo)
    _support_reads_the_story(browsing, demo, order_id, screenshot)
    _unsubscribing_takes_a_button(browsing, demo, found, screenshot)
    assert not found, "\n".join(found)


def _look_around(page: Page, demo: DemoService, word: str, found: list[str], screenshot: Screenshot) -> None:
    """The shop's front, the consent banner, a search, a product; each page is looked at closely."""
    page.goto(f"{demo.base_url}/shop/")
    expect(page.get_by_role("dialog", name="May we use your data?")).to_be_visible()
    found += problems(page, f"banner, {word}")
    page.locator('[data-cdp="accept"]').click()
    expect(page.locator("#cdp-consent")).to_have_count(0)
    found += problems(page, f"shop, {word}")
    screenshot(page, f"shop-{word}")
    by_test(page, "search-input").fill(word)
    by_test(page, "search-input").press("Enter")
    found += problems(page, f"search for {word}")
    by_test(page, "product-card").filter(has_not_text="Sold out").first.click()
    expect(by_test(page, "product-name")).to_be_visible()
    found += problems(page, f"product, {word}")
    screenshot(page, f"shop-product-{word}")


def _sign_up(page: Page, demo: DemoService, name: str, address: str) -> None:
    """With the box for e-mails ticked by hand: it is not ticked by itself."""
    by_test(page, "account-link").click()
    by_test(page, "sign-up-name").fill(name)
    by_test(page, "sign-up-email").fill(address)
    expect(by_test(page, "sign-up-marketing")).not_to_be_checked()
    by_test(page, "sign-up-marketing").check()
    by_test(page, "sign-up").click()
    expect(by_test(page, "signed-in-as")).to_contain_text(name)


def _fill_a_cart(page: Page) -> None:
    by_test(page, "product-card").filter(has_not_text="Sold out").first.click()
    by_test(page, "add-to-cart").click()
    expect(by_test(page, "added-to-cart")).to_be_visible()
    by_test(page, "cart-link").click()
    expect(by_test(page, "cart-line")).to_have_count(1)


def _come_back_by_the_mail(page: Page, demo: DemoService, found: list[str], screenshot: Screenshot) -> Page:
    """The mail in the mailbox; its button opens the cart as it was left."""
    (mail,) = demo.mails_to(ADA)
    page.goto(f"{demo.base_url}/dev/mailbox/")
    expect(page.get_by_text(ADA).first).to_be_visible()
    found += problems(page, "mailbox")
    screenshot(page, "mailbox")
    page.goto(demo.base_url + mail.url)
    button = page.frame_locator("iframe").get_by_role("link", name="Back to my cart")
    expect(button).to_be_visible()
    screenshot(page, "mail")
    found += problems(page, "mail")
    with page.context.expect_page() as opened:
        button.click()
    expect(by_test(opened.value, "cart-line")).to_have_count(1)
    return opened.value


def _order(page: Page, found: list[str], screenshot: Screenshot) -> str:
    """Checkout filled in and sent off; the order's id."""
    by_test(page, "checkout").click()
    expect(by_test(page, "email")).to_have_value(ADA)
    for name, value in ADDRESS.items():
        by_test(page, name).fill(value)
    by_test(page, "place-order").click()
    expect(by_test(page, "thank-you")).to_be_visible()
    found += problems(page, "order")
    screenshot(page, "shop-order")
    return by_test(page, "order-id").inner_text()


def _the_other_way_out_is_one_click(demo: DemoService, address: str) -> None:
    """What a mail program sends for its own button: no cookie, no page before it, an answer without a redirect."""
    (mail,) = demo.mails_to(address)
    before = demo.consents()
    for method in ("GET", "HEAD"):
        asked = urllib.request.Request(mail.unsubscribe_url, method=method)
        with urllib.request.urlopen(asked, timeout=20) as answer:
            assert answer.status == 200
    assert demo.consents() == before, "opening the link changed something"
    asked = urllib.request.Request(mail.unsubscribe_url, data=b"List-Unsubscribe=One-Click")
    with urllib.request.urlopen(asked, timeout=20) as answer:
        assert (answer.status, answer.url) == (200, mail.unsubscribe_url)
    assert demo.consents() == [*before, "withdrawn"]


def _nobody_is_mailed_twice(demo: DemoService) -> None:
    """All has been worked off, no cart waits for its mail, and each of the two got the one."""
    ordered = "SELECT count(*) FROM commerce_order"
    wait_until(lambda: demo.ask(ordered) == [(1,)] and demo.nothing_waits())
    wait_until(lambda: all(state != "armed" for who in (ADA, BEN) for state, _ in demo.enrollments_of(who)), MAIL_S)
    for who in (ADA, BEN):
        wait_until(partial(_got_one, demo, who), MAIL_S)
        assert len(demo.mails_to(who)) == 1


def _got_one(demo: DemoService, who: str) -> bool:
    return demo.messages_to(who) == [("sent", "sent")]


def _support_reads_the_story(browsing: Browsing, demo: DemoService, order_id: str, screenshot: Screenshot) -> None:
    page = browsing.open()
    sign_in(page, demo.base_url, "support", demo.passwords["support"])
    open_page(page, f"{demo.base_url}/admin/profiles/profile/?q={ADA}")
    page.locator("#result_list tbody a").first.click()
    expect(page.get_by_text(ADA).first).to_be_visible()
    screenshot(page, "admin-profile-of-the-shopper", full=True)
    page.get_by_role("link", name="Orders and carts").click()
    expect(page.get_by_text(order_id).first).to_be_visible()
    page.get_by_role("link", name="Messages").last.click()
    expect(page.get_by_text(demo.mails_to(ADA)[0].subject).first).to_be_visible()


def _unsubscribing_takes_a_button(
    browsing: Browsing, demo: DemoService, found: list[str], screenshot: Screenshot
) -> None:
    """The page changes nothing when it is opened; its button does, and can be undone."""
    (mail,) = demo.mails_to(ADA)
    before = demo.consents()
    page = browsing.open(PHONE)
    page.goto(mail.unsubscribe_url)
    found += problems(page, "unsubscribe")
    assert demo.consents() == before
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading")).to_contain_text("unsubscribed")
    assert demo.consents() == [*before, "withdrawn"]
    found += problems(page, "unsubscribed")
    screenshot(page, "unsubscribed")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading")).to_contain_text("subscribed again")
    assert demo.consents() == [*before, "withdrawn", "granted"]
