"""A marketer makes a placement by keyboard, sees it as a person would while it is not saved yet, and mends a fault."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from cdp.access.models import AuditEntry
from cdp.admin_home.groups import apply_rights
from commerce.models import Product
from recommendations.models import Placement
from recommendations.placements import Rule, Weighted, rule_from_row, spec_from_row
from tests.browser.admin import open_page, sign_in
from tests.browser.looking import problems, too_wide
from tests.browser_support import LAPTOP, PHONE, Browsing
from tests.recommendations.world import identifier, order, products

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
Screenshot = Callable[..., Path]
PASSWORD = "correct horse battery"  # of this test's own user


def test_a_marketer_makes_a_placement_by_keyboard_and_sees_it_as_a_person(
    live_server: LiveServer, browsing: Browsing, screenshot: Screenshot, settings: Settings, tmp_path: Path
) -> None:
    settings.VAR_DIR = tmp_path
    apply_rights()
    marketer = User.objects.create_user("marketer@demo.example", password=PASSWORD, is_staff=True)
    marketer.groups.set([Group.objects.get(name="marketer")])
    products("mug", "cup", "plate", "bowl")
    Product.objects.filter(product_id__in=["mug", "cup"]).update(category="Cups", brand="Fells")
    ada = identifier("email", "ada@example.com")
    order(ada, "plate")
    page = browsing.open(LAPTOP)
    sign_in(page, live_server.url, "marketer", PASSWORD)
    found: list[str] = []

    open_page(page, f"{live_server.url}/admin/placements/")
    found += problems(page, "no placements")
    page.get_by_role("link", name="Home page", exact=True).press("Enter")
    preview = page.locator("[data-preview]")
    expect(preview).to_contain_text("4 products for somebody who is not known, 8 wanted")

    page.get_by_label("Name", exact=True).press_sequentially("Top row")
    page.get_by_label("Products shown").fill("3")
    expect(page.locator("[data-sentence]")).to_contain_text("Shows 3 products: for you")
    page.get_by_role("radio", name="A person").check()
    page.get_by_label("Find a person").fill("ada@example.com")
    page.keyboard.press("Enter")
    expect(preview).to_contain_text("3 products for this person")
    expect(preview.locator(".pl-cards")).not_to_contain_text("The plate")  # she has it
    expect(preview.locator(".pl-dropped")).to_contain_text("The plate")
    expect(page.locator("[data-found]")).not_to_contain_text("ada@example.com")

    page.get_by_role("button", name="Add a strategy").press("Enter")
    page.locator("[data-rows=strategy] select").last.select_option("similar")
    fault = page.locator("[data-rows=strategy] .pl-error")
    expect(fault).to_contain_text("“Similar” needs a product in front")
    expect(preview).to_contain_text("Mend what is marked")
    found += problems(page, "a fault")
    page.locator("[data-rows=strategy] select").last.select_option("popular")
    expect(fault).to_have_count(0)
    page.get_by_role("button", name="Move this strategy up").last.press("Enter")
    expect(page.locator("[data-sentence]")).to_contain_text("popular (50 %) with for you (50 %)")

    page.get_by_role("button", name="Add a rule").press("Enter")
    page.get_by_label("Which: type a name or an id").press_sequentially("the cu")
    option = page.get_by_role("option", name=re.compile("The cup"))
    expect(option).to_contain_text("€9.50")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Which: type a name or an id")).to_have_value("cup")
    page.get_by_label("Position").fill("1")
    expect(preview.locator(".pl-card").first).to_contain_text("The cup")
    expect(preview.locator(".pl-card").first).to_contain_text("Pinned to place 1")
    found += problems(page, "placement")
    screenshot(page, "placement-laptop")

    page.get_by_role("button", name="Save placement").press("Enter")
    expect(page.get_by_text("“Top row” is saved")).to_be_visible()
    row = Placement.objects.get()
    spec = spec_from_row(row, map(rule_from_row, row.rules.all()))
    assert (spec.key, spec.n, [one.strategy for one in spec.strategies]) == ("top-row", 3, ["popular", "for_you"])
    assert isinstance(spec.strategies[0], Weighted)
    assert spec.rules == (Rule(action="pin", target="product", value="cup", position=1),)
    assert list(AuditEntry.objects.filter(action="viewed").values_list("subject", flat=True)) == [
        f"profile:{ada.profile_id}"
    ]

    page.set_viewport_size({"width": PHONE.width, "height": PHONE.height})
    found += too_wide(page)
    screenshot(page, "placement-phone")
    open_page(page, f"{live_server.url}/admin/placements/")
    expect(page.get_by_text("1 placement answers in shop and mails")).to_be_visible()
    found += problems(page, "placements")
    screenshot(page, "placements-phone")
    open_page(page, f"{live_server.url}/admin/placements/rules/")
    page.get_by_role("button", name="Add a rule").press("Enter")
    found += [*problems(page, "rules"), *too_wide(page)]
    assert not found, "\n".join(found)
