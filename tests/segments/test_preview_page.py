"""The preview in a real Chromium: it follows what is typed, the last question wins, a bad rule is named."""

import json

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.admin import sign_in
from tests.browser_support import PHONE, Browsing
from tests.segments.test_preview import another_one_running
from tests.segments.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]
PASSWORD = "correct horse battery"  # of this test's own user


def country(*codes: str) -> str:
    return json.dumps({"trait": "country", "is": "in", "value": list(codes)})


def test_the_preview_follows_the_rule(live_server: LiveServer, browsing: Browsing) -> None:
    world = World()
    world.send(world.identify("ada", country="DE"), world.identify("ben", country="AT"))
    germans = world.segment({"trait": "country", "is": "eq", "value": "DE"})
    User.objects.create_superuser("admin@demo.example", password=PASSWORD)
    page = browsing.open(PHONE)
    sign_in(page, live_server.url, "admin", PASSWORD)
    page.goto(f"{live_server.url}/admin/segments/segment/{germans}/change/")
    rule = page.locator("textarea[name=definition]")
    headline, more = page.locator(".s-preview-headline"), page.locator(".s-preview-more")
    expect(headline).to_have_text("1 person matches now, 50.0 % of 2.")
    expect(more).to_contain_text("Saving it would change nothing for anybody.")

    rule.fill(country("AT"))
    expect(headline).to_have_text("1 person matches now, 50.0 % of 2.")
    expect(more).to_contain_text("1 would enter, 1 would leave.")
    expect(more.locator("li")).to_have_text(["user id ben"])

    rule.fill('{"did": ""}')
    expect(headline).to_contain_text("At $.did: takes the name of an event")
    expect(more).to_be_empty()

    _type_twice(page, country("DE", "AT"), country("CH"))
    expect(headline).to_have_text("0 people match now, 0.0 % of 2.")
    page.wait_for_timeout(1500)
    expect(headline).to_have_text("0 people match now, 0.0 % of 2.")


def test_a_busy_server_is_asked_again(live_server: LiveServer, browsing: Browsing) -> None:
    world = World()
    world.send(world.identify("ada", country="DE"))
    User.objects.create_superuser("admin@demo.example", password=PASSWORD)
    page = browsing.open(PHONE)
    sign_in(page, live_server.url, "admin", PASSWORD)
    headline = page.locator(".s-preview-headline")
    with another_one_running():
        page.goto(f"{live_server.url}/admin/segments/segment/add/")
        page.locator("textarea[name=definition]").fill(country("DE"))
        expect(headline).to_have_text("Another preview is being computed. Trying again…")
    expect(headline).to_have_text("1 person matches now: everybody.")


def _type_twice(page: Page, first: str, second: str) -> None:
    """The first question is answered late, after the second one."""

    def slow(route: Route) -> None:
        if "AT" in (route.request.post_data or ""):
            page.wait_for_timeout(800)
        route.continue_()

    page.route("**/preview/", slow)
    rule = page.locator("textarea[name=definition]")
    with page.expect_request("**/preview/"):
        rule.fill(first)
    expect(page.locator(".s-preview-headline")).to_have_text("computing…")
    rule.fill(second)
