"""A marketer makes an offer and lets a place show it, on the pages: estimate, grid, trying it out, a phone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from cdp.admin_home.groups import apply_rights
from decisions.models import DecisionPlacement
from offers.models import Offer
from tests.browser.admin import open_page, sign_in
from tests.browser.looking import problems
from tests.browser_support import LAPTOP, PHONE, Browsing
from tests.recommendations.world import products

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
Screenshot = Callable[..., Path]
PASSWORD = "correct horse battery"  # of this test's own user


@pytest.mark.nightly
def test_a_marketer_makes_an_offer_and_lets_a_place_show_it(
    live_server: LiveServer, browsing: Browsing, screenshot: Screenshot
) -> None:
    apply_rights()
    marketer = User.objects.create_user("marketer@demo.example", password=PASSWORD, is_staff=True)
    marketer.groups.set([Group.objects.get(name="marketer")])
    products("mug", "cup")
    page = browsing.open(LAPTOP)
    sign_in(page, live_server.url, "marketer", PASSWORD)
    found: list[str] = []

    open_page(page, f"{live_server.url}/admin/offers/new/")
    page.get_by_label("Name", exact=True).fill("Mugs in May")
    page.get_by_label("Title").fill("10 % off")
    page.get_by_label("Goods from").fill("50")
    page.get_by_label("Budget in money").fill("500")
    expect(page.locator("[data-sentence]")).to_contain_text("for carts from 50.00 EUR; 500.00 EUR in all")
    page.get_by_label("Audience").select_option("rule")
    expect(page.get_by_role("button", name="Add clause")).to_be_visible()
    expect(page.locator("[data-estimate]:not([aria-busy])")).to_be_visible()
    found += problems(page, "a new offer")
    page.get_by_label("Audience").select_option("everybody")
    page.get_by_label("How much").fill("a lot")
    expect(page.locator(".pl-error").first).to_contain_text("number")
    page.get_by_label("How much").fill("10")
    page.get_by_role("button", name="Publish offer").click()
    expect(page.get_by_text("is live: carts are told")).to_be_visible()
    assert Offer.objects.get(key="mugs-in-may").state == "live"

    open_page(page, f"{live_server.url}/admin/decided/")
    page.get_by_label("Name", exact=True).fill("Home hero")
    page.get_by_role("button", name="Add place").click()
    page.get_by_label("What this column looks at").first.select_option("context.country")
    page.get_by_label("context.country: comparison").select_option("in")
    page.get_by_label("Values with commas between").fill("DE, AT")
    page.get_by_label("Row 1: kind").select_option("offer")
    expect(page.locator("[data-problems]")).to_contain_text("to mend before it can be published")
    page.get_by_label("Row 1: which").select_option("mugs-in-may")
    expect(page.locator("[data-problems]")).to_have_text("")
    found += problems(page, "the grid")
    page.locator("[data-try]").get_by_label("country").fill("DE")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("[data-try-answer]")).to_contain_text("offer “mugs-in-may”")
    page.get_by_role("button", name="Publish place").click()
    expect(page.get_by_text("Version 1 decides now")).to_be_visible()
    version = DecisionPlacement.objects.select_related("version").get(key="home-hero").version
    assert version is not None
    assert version.definition["rows"][0]["when"] == {"c1": {"is": "in", "value": ["DE", "AT"]}}
    screenshot(page, "decided-place")

    phone = browsing.open(PHONE, dark=True)
    sign_in(phone, live_server.url, "marketer", PASSWORD)
    for path in ("offers/", "offers/new/", "decided/", f"decided/{DecisionPlacement.objects.get().pk}/"):
        open_page(phone, f"{live_server.url}/admin/{path}")
        expect(phone.locator("[data-estimate][aria-busy]")).to_have_count(0)
        found += problems(phone, path)
    assert not found, "\n".join(found)
