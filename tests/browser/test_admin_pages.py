"""Every page of the admin as each group sees it: no errors, nothing wider than a phone, no grave finding of axe."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.admin import name_of, open_page, pages, sign_in
from tests.browser.conftest import FilledShop
from tests.browser.looking import problems, too_wide, violations
from tests.browser_support import LAPTOP, PHONE, Browsing

pytestmark = [pytest.mark.browser, pytest.mark.django_db, pytest.mark.timeout(400)]

Screenshot = Callable[..., Path]


def test_every_page_on_a_laptop_and_none_wider_than_a_phone(
    filled_shop: FilledShop, browsing: Browsing, screenshot: Screenshot
) -> None:
    page = browsing.open(LAPTOP)
    sign_in(page, filled_shop.url, "admin", filled_shop.passwords["admin"])
    found: list[str] = []
    for path in pages(page, filled_shop.url):
        name = name_of(path)
        found += problems(page, name)
        screenshot(page, f"{name}-laptop")
        page.set_viewport_size({"width": PHONE.width, "height": PHONE.height})
        found += [f"{name} on a phone: {line}" for line in too_wide(page)]
        screenshot(page, f"{name}-phone")
        page.set_viewport_size({"width": LAPTOP.width, "height": LAPTOP.height})
    assert not found, "\n".join(found)


def test_every_page_on_a_phone_in_the_dark(filled_shop: FilledShop, browsing: Browsing, screenshot: Screenshot) -> None:
    page = browsing.open(PHONE, dark=True)
    sign_in(page, filled_shop.url, "admin", filled_shop.passwords["admin"])
    found: list[str] = []
    for path in pages(page, filled_shop.url):
        name = name_of(path)
        found += problems(page, f"{name} in the dark")
        screenshot(page, f"{name}-phone-dark")
        page.set_viewport_size({"width": LAPTOP.width, "height": LAPTOP.height})
        screenshot(page, f"{name}-laptop-dark")
        page.set_viewport_size({"width": PHONE.width, "height": PHONE.height})
    assert not found, "\n".join(found)


@pytest.mark.parametrize("group", ["marketer", "analyst", "support"])
def test_every_group_reaches_all_its_menu_leads_to(group: str, filled_shop: FilledShop, browsing: Browsing) -> None:
    page = browsing.open()
    sign_in(page, filled_shop.url, group, filled_shop.passwords[group])
    seen = [name_of(path) for path in pages(page, filled_shop.url)]
    assert "admin-home" in seen
    assert "admin-segment-page" in seen
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
