"""Every page of the admin as each group sees it: no errors, nothing wider than a phone, no grave finding of axe."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.admin import name_of, open_page, pages, sign_in
from tests.browser.conftest import FilledShop
from tests.browser.looking import problems, too_wide, violations
from tests.browser_support import LAPTOP, PHONE, Browsing, Size

pytestmark = [pytest.mark.browser, pytest.mark.django_db, pytest.mark.timeout(400)]

Screenshot = Callable[..., Path]


MAIN = frozenset(
    f"admin-{name}"
    for name in (
        *("home", "profile", "profile-page", "segment", "segment-overview"),
        *("message", "message-page", "order", "order-page", "cart-page", "product", "product-page"),
        *("source-page", "rejectedevent", "job", "lake", "subscriptions"),
        *("events", "events-page", "dictionary"),  # of the tracking plan
    )
)


@pytest.mark.nightly
def test_every_page_on_a_laptop(filled_shop: FilledShop, browsing: Browsing, screenshot: Screenshot) -> None:
    page = browsing.open(LAPTOP)
    sign_in(page, filled_shop.url, "admin", filled_shop.passwords["admin"])
    found: list[str] = []
    seen = set()
    for path in pages(page, filled_shop.url):
        seen.add(name_of(path))
        found += problems(page, name_of(path))
        if name_of(path) in MAIN:
            screenshot(page, f"{name_of(path)}-laptop")
    assert seen >= MAIN
    assert not found, "\n".join(found)


@pytest.mark.nightly
def test_no_page_is_wider_than_a_phone(filled_shop: FilledShop, browsing: Browsing, screenshot: Screenshot) -> None:
    page = browsing.open(PHONE)
    sign_in(page, filled_shop.url, "admin", filled_shop.passwords["admin"])
    found: list[str] = []
    for path in pages(page, filled_shop.url):
        found += [f"{name_of(path)}: {line}" for line in too_wide(page)]
        if name_of(path) in MAIN:
            screenshot(page, f"{name_of(path)}-phone")
    assert not found, "\n".join(found)


@pytest.mark.nightly
@pytest.mark.parametrize(("size", "name"), [(PHONE, "phone"), (LAPTOP, "laptop")])
def test_the_main_pages_in_the_dark(
    size: Size, name: str, filled_shop: FilledShop, browsing: Browsing, screenshot: Screenshot
) -> None:
    page = browsing.open(size, dark=True)
    sign_in(page, filled_shop.url, "admin", filled_shop.passwords["admin"])
    found: list[str] = []
    for path in pages(page, filled_shop.url, only=MAIN):
        if size is PHONE:
            found += problems(page, f"{name_of(path)} in the dark")
        screenshot(page, f"{name_of(path)}-{name}-dark")
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "group",
    [
        "marketer",
        pytest.param("analyst", marks=pytest.mark.nightly),
        pytest.param("support", marks=pytest.mark.nightly),
    ],
)
def test_every_group_reaches_all_its_menu_leads_to(group: str, filled_shop: FilledShop, browsing: Browsing) -> None:
    page = browsing.open()
    sign_in(page, filled_shop.url, group, filled_shop.passwords[group])
    seen = [name_of(path) for path in pages(page, filled_shop.url)]
    assert "admin-home" in seen
    assert "admin-segment-overview" in seen
    assert ("admin-profile-page" in seen) == (group != "analyst")
    assert "admin-serverkey" not in seen


def test_a_marketer_begins_a_segment(filled_shop: FilledShop, browsing: Browsing, screenshot: Screenshot) -> None:
    page = browsing.open()
    sign_in(page, filled_shop.url, "marketer", filled_shop.passwords["marketer"])
    open_page(page, f"{filled_shop.url}/admin/segments/segment/add/")
    found = violations(page)
    screenshot(page, "admin-segment-add-laptop")
    page.set_viewport_size({"width": PHONE.width, "height": PHONE.height})
    found += too_wide(page)
    assert not found, "\n".join(found)
    screenshot(page, "admin-segment-add-phone")
