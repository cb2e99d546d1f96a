"""Preferences inside a shop's page: switches as the platform tells them, changed one at a time, nothing kept."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import problems
from tests.browser_support import PHONE, Browsing
from tests.script.conftest import Open
from tests.script.sink import Answer, Request, Sink
from tests.script.test_consent import kept

pytestmark = pytest.mark.browser

PLACE = '<main><h1>Account</h1><div id="mine"></div></main>'
WORDS = {"title": "Your choices", "frequency": "How often?", "saved": "Saved.", "waiting": "Confirm by mail."}


def switch(code: str, *topics: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A purpose as GET /v1/preferences tells it."""
    told = {"purpose": code, "title": code.title(), "text": f"About {code}.", "on": False, "fixed": False, "note": ""}
    return {**told, "channel": "", "topics": list(topics), **more}


class Platform:
    """Answers for /v1/preferences, and what was asked of it."""

    def __init__(self, sink: Sink) -> None:
        self.on = {"analytics": False, "email": True, "news": True}
        self.asked: list[Request] = []
        self.waiting: list[str] = []
        self.status = 200
        sink.preferences = self.answer

    def answer(self, request: Request) -> Answer:
        """What holds, after the change if one is asked for."""
        self.asked.append(request)
        if request.method == "POST" and self.status == 200:
            self.on |= json.loads(request.body).get("purposes", {})
        if self.status != 200:
            return Answer(self.status, {"code": "error"})
        news = switch("news", on=self.on["news"])
        frequencies = [{"code": "all", "title": "As it comes"}, {"code": "weekly", "title": "Weekly"}]
        body = {
            "masked": "j•••@e•••.com",
            "locale": "en",
            "notice": "",
            "purposes": [
                switch("analytics", on=self.on["analytics"]),
                switch("email", news, on=self.on["email"]),
                switch("sharing", fixed=True, note="Off, as you asked us."),
            ],
            "mail": {"frequency": "all", "frequencies": frequencies, "paused_until": None, "pause_days": 30},
            "words": {**WORDS, "failed": "That could not be saved."},
            "waiting": self.waiting,
        }
        return Answer(body=body)


@pytest.fixture
def platform(sink: Sink) -> Platform:
    return Platform(sink)


def shown(page: Page) -> dict[str, bool]:
    """{name: on} of the switches."""
    return {each.get_attribute("name") or "": each.is_checked() for each in page.get_by_role("switch").all()}


def test_switches_topics_and_frequency_are_shown_by_the_links_token_and_nothing_is_kept(
    open_shop: Open, platform: Platform
) -> None:
    page = open_shop('data-consent="required"', PLACE)
    told = page.evaluate("cdp.preferences('#mine', {token: 'link-token'})")
    assert told["masked"] == "j•••@e•••.com"
    expect(page.get_by_role("region", name="Your choices")).to_be_visible()
    assert shown(page) == {"analytics": False, "email": True, "news": True, "sharing": False}
    expect(page.get_by_label("Sharing")).to_be_disabled()
    expect(page.get_by_label("How often?")).to_have_value("all")
    (asked,) = platform.asked
    assert (asked.method, asked.query, asked.headers["x-preference-token"]) == ("GET", {"locale": "en"}, "link-token")
    assert not {"cookie", "referer", "x-user-token"} & set(asked.headers)
    assert kept(page) == []


def test_a_switch_is_changed_alone_and_what_holds_then_is_shown(open_shop: Open, platform: Platform) -> None:
    page = open_shop("", PLACE)
    page.evaluate("cdp.preferences('#mine', {userToken: 'ut_ada'})")
    page.get_by_label("Analytics").check()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    assert json.loads(platform.asked[-1].body) == {"purposes": {"analytics": True}}
    assert platform.asked[-1].headers["x-user-token"] == "ut_ada"
    platform.waiting = ["email"]
    page.get_by_label("How often?").select_option("weekly")
    expect(page.get_by_role("status")).to_have_text("Confirm by mail.")
    assert json.loads(platform.asked[-1].body) == {"frequency": "weekly"}


def test_what_could_not_be_saved_is_said_and_shown_as_it_was(
    open_shop: Open, platform: Platform, browsing: Browsing
) -> None:
    browsing.allow("Failed to load resource", "answer 503")
    page = open_shop("", PLACE)
    page.evaluate("cdp.preferences('#mine', {token: 'link-token'})")
    platform.status = 503
    page.get_by_label("Analytics").click()
    expect(page.get_by_role("status")).to_have_text("That could not be saved.")
    assert shown(page)["analytics"] is False


def test_without_a_token_or_an_answer_there_is_nothing(open_shop: Open, platform: Platform, browsing: Browsing) -> None:
    browsing.allow("Failed to load resource")
    page = open_shop("", PLACE)
    assert page.evaluate("cdp.preferences('#mine')") is None
    assert platform.asked == []
    platform.status = 401
    assert page.evaluate("cdp.preferences('#mine', {token: 'cut'})") is None
    assert page.get_by_role("switch").count() == 0


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_no_fault_on_a_phone(dark: bool, open_shop: Open, platform: Platform, browsing: Browsing) -> None:
    page = open_shop("", PLACE, page=browsing.open(PHONE, dark=dark))
    page.evaluate("cdp.preferences('#mine', {token: 'link-token'})")
    assert problems(page, "preferences") == []
