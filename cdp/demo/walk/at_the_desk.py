"""The staff's part: the day at a glance, the shopper's profile, a segment and its preview, the journey, the lake."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from cdp.demo.walk.taking import Walk

Step = tuple[str, Callable[[Walk], None]]


def sign_in(walk: Walk, group: str) -> Page:
    """The admin's home page, signed in as a member of a group; kept for the next steps of that group."""
    page = walk.open(group, "/admin/")
    if page.locator("#id_username").count():
        email, password = walk.account(group)
        page.locator("#id_username").fill(email)
        page.locator("#id_password").fill(password)
        page.locator('button[type="submit"], input[type="submit"]').first.click()
    expect(page.locator("#id_username")).to_have_count(0)
    return page


def see_the_day(walk: Walk) -> None:
    """The home page of the marketer: the day in charts."""
    page = sign_in(walk, "marketer")
    expect(page.get_by_text("Orders").first).to_be_visible()
    walk.picture(page, "admin-home")
    with walk.narrow(page):
        walk.picture(page, "admin-home-phone")


def see_the_shopper(walk: Walk) -> None:
    """Support finds the shopper by her address: timeline, identity, segments with why, carts, orders, messages."""
    page = sign_in(walk, "support")
    walk.open("support", f"/admin/profiles/profile/?q={walk.notes['email']}")
    page.locator("#result_list tbody a").first.click()
    expect(page.get_by_text(walk.notes["email"]).first).to_be_visible()
    expect(page.get_by_text(f"ordered {walk.notes['order']}")).to_be_visible()
    walk.picture(page, "profile")


def see_a_segment(walk: Walk) -> None:
    """The rule as a sentence, who is in it, its size over time."""
    page = walk.open("marketer", "/admin/segments/segment/")
    page.get_by_role("link", name="Recent buyers").first.click()
    expect(page.get_by_text("Order Completed at least once in the last 30 days").first).to_be_visible()
    expect(page.get_by_text(re.compile("people are in it now")).first).to_be_visible()
    walk.picture(page, "segment")


def change_its_rule(walk: Walk) -> None:
    """The builder counts while one types; nothing is saved."""
    page = walk.page("marketer")
    page.get_by_role("link", name="Rule", exact=True).click()
    page.locator("[data-tree]").get_by_label("Days").fill("7")
    expect(page.locator(".b-change")).to_contain_text(re.compile("0 would enter, [1-9][0-9,]* would leave"))
    expect(page.locator(".b-sentence")).to_contain_text("in the last 7 days")
    page.locator("[data-tree]").evaluate("tree => scrollTo(0, scrollY + tree.getBoundingClientRect().top - 160)")
    walk.picture(page, "segment-preview")


def see_the_journey(walk: Walk) -> None:
    """Who waits, who was mailed, who is held out, and why others were not."""
    page = walk.open("marketer", "/admin/automation/journey/")
    page.get_by_role("link", name="Abandoned cart").first.click()
    expect(page.get_by_text(re.compile("held out", re.I)).first).to_be_visible()
    walk.picture(page, "journey")


def see_the_lake(walk: Walk) -> None:
    """The columnar projection: tables, files, lag."""
    sign_in(walk, "admin")
    page = walk.open("admin", "/admin/system/lake/")
    expect(page.get_by_role("row", name=re.compile("^events"))).to_be_visible()
    walk.picture(page, "lake")


def see_the_placements(walk: Walk) -> None:
    """What stands where: a placement as a sentence, and its products for the shopper with why, as the form stands."""
    page = walk.open("marketer", "/admin/placements/")
    page.get_by_role("link", name="Home: for you", exact=True).first.click()
    expect(page.locator("[data-sentence]")).to_contain_text("Shows 8 products: for you")
    page.get_by_role("radio", name="A person").check()
    page.get_by_label("Find a person").fill(walk.notes["email"])
    page.keyboard.press("Enter")
    expect(page.locator("[data-preview]")).to_contain_text("8 products for this person")


def see_the_model(walk: Walk) -> None:
    """The live model beside what is popular."""
    sign_in(walk, "analyst")
    page = walk.open("analyst", "/admin/model/runs/")
    expect(page.get_by_text(re.compile("popular")).first).to_be_visible()


DESK_STEPS: tuple[Step, ...] = (
    ("the day, as the marketer sees it", see_the_day),
    ("the shopper, as support sees her", see_the_shopper),
    ("a segment", see_a_segment),
    ("its rule changed: the preview counts", change_its_rule),
    ("the journey", see_the_journey),
    ("a placement: what the shopper sees there, and why", see_the_placements),
    ("the model behind it", see_the_model),
    ("the lake", see_the_lake),
)
