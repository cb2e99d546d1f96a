"""A segment's page in the browser: every tab looks right; a marketer finds why, compares dates, restores a version."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils.text import slugify
from playwright.sync_api import Page, expect
from pytest_django import DjangoDbBlocker

from cdp.lib.clock import utc_now
from segments import services
from segments.contracts import SegmentDraft
from segments.models import Membership, Segment
from tests.browser.admin import open_page, sign_in
from tests.browser.conftest import FilledShop
from tests.browser.looking import problems, too_wide
from tests.browser_support import LAPTOP, PHONE, Browsing, Size

pytestmark = [pytest.mark.browser, pytest.mark.django_db, pytest.mark.timeout(400)]

Screenshot = Callable[..., Path]
TABS = ("overview", "members", "why", "dates", "overlap", "versions", "uses")
BUYERS = {"did": "Order Completed", "within": {"days": 90}}
LOOKERS = {"all": [{"did": "Product Viewed", "count": {"gte": 2}}, {"not": {"did": "Order Completed"}}]}


@dataclass(frozen=True)
class Made:
    """Two segments of a marketer, each with two versions and some who left; tests may change the second."""

    buyers: int
    changed: int


@pytest.fixture(scope="module")
def made(filled_shop: FilledShop, django_db_blocker: DjangoDbBlocker) -> Made:
    """Committed, so that the server sees it; emptied with the shop."""
    with django_db_blocker.unblock():
        return Made(_make("Buyers of the quarter"), _make("Readers of the letter"))


def _make(name: str) -> int:
    boss = User.objects.get(email="marketer@demo.example")
    draft = SegmentDraft(slugify(name), name, LOOKERS, notes="For the spring letter.")
    saved = services.save_segment(draft, by=boss)
    services.recompute(saved.segment_id)
    Membership.objects.filter(segment_id=saved.segment_id).update(entered_at=utc_now() - timedelta(days=12))
    Segment.objects.filter(pk=saved.segment_id).update(created_at=utc_now() - timedelta(days=20), owner=boss)
    services.save_segment(replace(draft, definition=BUYERS), segment_id=saved.segment_id, by=boss)
    services.recompute(saved.segment_id)
    return saved.segment_id


def tab(shop: FilledShop, segment: int, name: str) -> str:
    return f"{shop.url}/admin/segments/segment/{segment}/{name}/"


def loaded(page: Page) -> None:
    """Until every part that is loaded aside stands there."""
    expect(page.locator("[data-part][aria-busy]")).to_have_count(0)


@pytest.mark.parametrize(
    ("size", "dark", "name"),
    [
        (LAPTOP, False, "laptop"),
        pytest.param(PHONE, False, "phone", marks=pytest.mark.nightly),
        pytest.param(PHONE, True, "phone-dark", marks=pytest.mark.nightly),
    ],
)
def test_every_tab_looks_right(
    size: Size,
    dark: bool,
    name: str,
    filled_shop: FilledShop,
    made: Made,
    browsing: Browsing,
    screenshot: Screenshot,
) -> None:
    page = browsing.open(size, dark=dark)
    sign_in(page, filled_shop.url, "marketer", filled_shop.passwords["marketer"])
    found: list[str] = []
    for each in TABS:
        open_page(page, tab(filled_shop, made.buyers, each))
        loaded(page)
        screenshot(page, f"segment-{each}-{name}")
        found += problems(page, each) if size is LAPTOP or dark else too_wide(page)
    open_page(page, f"{filled_shop.url}/admin/segments/segment/")
    screenshot(page, f"segment-list-{name}")
    found += problems(page, "list") if size is LAPTOP or dark else too_wide(page)
    assert not found, "\n".join(found)


def test_a_marketer_finds_why_somebody_is_in_it(
    filled_shop: FilledShop, made: Made, browsing: Browsing, screenshot: Screenshot
) -> None:
    page = browsing.open()
    sign_in(page, filled_shop.url, "marketer", filled_shop.passwords["marketer"])
    open_page(page, f"{filled_shop.url}/admin/segments/segment/")
    page.get_by_role("link", name="Buyers of the quarter").click()
    expect(page.get_by_text(re.compile(r"people are in it now")).first).to_be_visible()
    page.get_by_role("link", name="Why is somebody in it?").click()
    page.locator(".h-members a").first.click()
    expect(page.get_by_text(re.compile(r"is in it\.$"))).to_be_visible()
    expect(page.get_by_text("Order Completed at least once in the last 90 days – found")).to_be_visible()
    expect(page.locator(".h-deciding li").first).to_contain_text("ordered")
    found = problems(page, "why")
    screenshot(page, "segment-why-person-laptop")
    page.set_viewport_size({"width": PHONE.width, "height": PHONE.height})
    screenshot(page, "segment-why-person-phone")
    found += too_wide(page)
    page.get_by_role("link", name="the person's page").click()
    expect(page.get_by_role("heading", name="Buyers of the quarter")).to_be_visible()
    assert not found, "\n".join(found)


def test_a_marketer_compares_two_dates(
    filled_shop: FilledShop, made: Made, browsing: Browsing, screenshot: Screenshot
) -> None:
    page = browsing.open()
    sign_in(page, filled_shop.url, "marketer", filled_shop.passwords["marketer"])
    open_page(page, tab(filled_shop, made.buyers, "overview"))
    page.get_by_role("link", name="Compare dates").click()
    page.get_by_label("In it on", exact=True).fill(f"{utc_now() - timedelta(days=5):%Y-%m-%d}")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text(re.compile(r"[1-9]\d* entered and [1-9]\d* left: "))).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile(r"Left between: [1-9]"))).to_be_visible()
    screenshot(page, "segment-dates-compared-laptop")
    page.get_by_label(re.compile("compared with")).fill("")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text(re.compile(r"people were in it on"))).to_be_visible()
    assert not problems(page, "dates")


def test_a_marketer_restores_a_version(
    filled_shop: FilledShop, made: Made, browsing: Browsing, screenshot: Screenshot
) -> None:
    page = browsing.open()
    sign_in(page, filled_shop.url, "marketer", filled_shop.passwords["marketer"])
    open_page(page, tab(filled_shop, made.changed, "versions"))
    page.get_by_role("link", name=re.compile("Compare with the present rule")).click()
    expect(page.get_by_text(re.compile("From version 1 to"))).to_be_visible()
    found = problems(page, "two versions")
    screenshot(page, "segment-version-laptop")
    page.get_by_role("link", name="Restore version 1").click()
    expect(page.get_by_text(re.compile(r"would enter and [\d,]+ would leave"))).to_be_visible()
    found += problems(page, "restore")
    screenshot(page, "segment-restore-laptop")
    page.get_by_role("button", name="Restore version 1").click()
    expect(page.get_by_text(re.compile(r"in it now: \d+ entered, \d+ left"))).to_be_visible()
    expect(page.get_by_text("in force")).to_be_visible()
    page.get_by_role("link", name="Uses and settings").click()
    page.get_by_role("link", name="Archive").click()
    expect(page.get_by_text("Their leaving is told to nobody")).to_be_visible()
    found += problems(page, "archive")
    screenshot(page, "segment-archive-laptop")
    assert not found, "\n".join(found)
