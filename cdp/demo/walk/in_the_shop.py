"""The shopper's part: look around, sign in, leave a cart, come back by the mail, order."""

import re
import time
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from cdp.demo.walk.taking import Walk, WalkFailed

Step = tuple[str, Callable[[Walk], None]]
SHOPPER = "shopper"
MAIL_WAIT_S = 240.0
PANEL_MS = 30_000
"""How long the panel may take to show what just happened."""


def by_test(page: Page, name: str) -> Locator:
    """The shop's elements by their stable names."""
    return page.locator(f'[data-test="{name}"]')


def open_the_shop(walk: Walk) -> None:
    """The grid, the consent banner accepted, and the panel beside it."""
    page = walk.open(SHOPPER, "/shop/")
    page.locator('[data-cdp="accept"]').click()
    expect(by_test(page, "panel-event").first).to_be_visible(timeout=PANEL_MS)
    walk.picture(page, "shop")
    with walk.narrow(page):
        page.reload()
        expect(by_test(page, "rec-card").first).to_be_visible()
        walk.picture(page, "shop-phone")
    page.reload()


def look_at_a_product(walk: Walk) -> None:
    """The view arrives in the panel within seconds."""
    page = walk.page(SHOPPER)
    open_a_product(page, "Jackets")
    expect(by_test(page, "panel-event").filter(has_text="Product Viewed").first).to_be_visible(timeout=PANEL_MS)
    expect(by_test(page, "panel-headline")).to_contain_text("1 identifier")
    walk.picture(page, "product")


def open_a_product(page: Page, department: str) -> str:
    """The first product of a department that is not sold out; its name."""
    page.get_by_role("navigation", name="Departments").get_by_role("link", name=department).click()
    by_test(page, "product-card").filter(has_not_text="Sold out").first.click()
    expect(by_test(page, "product-name")).to_be_visible()
    return by_test(page, "product-name").inner_text()


def sign_in_as_a_persona(walk: Walk) -> None:
    """One person from then on: history, segments and recommendations of hers."""
    page = walk.open(SHOPPER, "/shop/account/")
    maya = page.locator('[data-test^="persona-"]').first
    maya.click()
    expect(by_test(page, "signed-in-as").first).to_contain_text("Maya")
    expect(by_test(page, "panel-headline")).to_contain_text("One person", timeout=PANEL_MS)
    walk.notes["email"] = email_of_persona(page)
    row = page.locator('[data-test="recommendations"][data-placement="home-for-you"]')
    expect(by_test(page, "rec-sentence").filter(has_text="Because you").first).to_be_visible()
    row.evaluate("row => scrollTo(0, scrollY + row.getBoundingClientRect().bottom - innerHeight + 40)")
    walk.picture(page, "signed-in")


def email_of_persona(page: Page) -> str:
    """Her address, as the panel names it among her identifiers."""
    found = re.search(r"[\w.+-]+@[\w.-]+\.\w+", by_test(page, "panel-identifiers").inner_text())
    if found is None:
        raise WalkFailed("the panel names no e-mail address among the identifiers of the persona")
    return found[0]


def fill_the_cart(walk: Walk) -> None:
    """Two things in the cart."""
    page = walk.page(SHOPPER)
    walk.notes["mails_before"] = newest_mail(walk)
    for department in ("Jackets", "Backpacks & Bags"):
        walk.notes["product"] = open_a_product(page, department)
        by_test(page, "add-to-cart").click()
        expect(by_test(page, "added-to-cart")).to_be_visible()
    by_test(page, "cart-link").click()
    expect(by_test(page, "cart-line")).to_have_count(2)
    expect(by_test(page, "panel-mails")).to_contain_text("due", timeout=PANEL_MS)
    by_test(page, "panel-carts").scroll_into_view_if_needed()
    walk.picture(page, "cart")


def leave_and_get_the_mail(walk: Walk) -> None:
    """The open mailbox shows the mail by itself once the cart has been idle for a minute."""
    page = walk.open(SHOPPER, "/dev/mailbox/")
    expect(page.locator("#soon")).to_be_visible()
    walk.picture(page, "mailbox")
    mail_id = await_mail(walk)
    page.locator(f'a[href="/dev/mailbox/{mail_id}/"]').click()
    expect(
        page.frame_locator("iframe")
        .get_by_role("heading", name="Your cart is still here")
        .or_(page.frame_locator("iframe").get_by_text("Your cart is still here", exact=True))
        .first
    ).to_be_visible()
    expect(page.frame_locator("iframe").get_by_text(walk.notes["product"]).first).to_be_visible()
    walk.picture(page, "mail")
    with walk.narrow(page):
        walk.picture(page, "mail-phone")


def newest_mail(walk: Walk) -> str:
    """The id of the newest mail to the persona; empty if there is none."""
    answer = walk.page(SHOPPER).request.get(
        f"{walk.base}/dev/mailbox/messages.json", params={"to": walk.notes["email"]}
    )
    messages = answer.json()["messages"]
    return str(messages[0]["id"]) if messages else ""


def await_mail(walk: Walk) -> str:
    """The id of the mail that comes after those before."""
    deadline = time.monotonic() + MAIL_WAIT_S
    while time.monotonic() < deadline:
        found = newest_mail(walk)
        if found not in ("", walk.notes["mails_before"]):
            walk.notes["mail"] = found
            return found
        walk.page(SHOPPER).wait_for_timeout(500)
    raise WalkFailed(f"no mail to {walk.notes['email']} came within {MAIL_WAIT_S:.0f} s of leaving the cart")


def come_back_by_the_mail(walk: Walk) -> None:
    """The mail's button opens the cart, as it was left."""
    page = walk.page(SHOPPER)
    with page.context.expect_page() as opened:
        page.frame_locator("iframe").get_by_role("link", name="Back to my cart").click()
    page.close()
    shop = opened.value
    expect(by_test(shop, "cart-line")).to_have_count(2)


def order(walk: Walk) -> None:
    """The thank-you page; the panel knows the order, and that no further mail is due."""
    page = walk.page(SHOPPER)
    by_test(page, "checkout").click()
    fields = {
        "email": walk.notes["email"],
        "first-name": "Maya",
        "last-name": "Lindqvist",
        "street": "Hafenstraße 12",
        "postal-code": "20457",
        "city": "Hamburg",
    }
    for name, value in fields.items():
        by_test(page, name).fill(value)
    by_test(page, "place-order").click()
    expect(by_test(page, "thank-you")).to_be_visible()
    walk.notes["order"] = by_test(page, "order-id").inner_text()
    walk.notes["ordered_at"] = str(time.monotonic())
    expect(by_test(page, "panel-event").filter(has_text="Order Completed").first).to_be_visible(timeout=PANEL_MS)
    walk.picture(page, "order")


SHOP_STEPS: tuple[Step, ...] = (
    ("the shop, and the panel beside it", open_the_shop),
    ("a product page: the view arrives", look_at_a_product),
    ("signed in: one person", sign_in_as_a_persona),
    ("two things in the cart", fill_the_cart),
    ("the cart left: a mail", leave_and_get_the_mail),
    ("back by the mail's button", come_back_by_the_mail),
    ("the order", order),
)
