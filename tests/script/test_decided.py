"""Places that are decided: asked for once a page, filled safely and in time, told of when seen and clicked."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser_support import Browsing
from tests.script.conftest import Open
from tests.script.sink import Answer, Request, Sink, product

pytestmark = pytest.mark.browser

HERO = '<section id="hero" data-cdp-placement="home-hero" style="min-height:80px"><p>As it stands</p></section>'
BANNER = {
    "kind": "banner",
    "title": "Tents <b>now</b>",
    "text": "Light ones.",
    "image": "",
    "href": "https://shop.example/tents",
    "button": "See them",
}


def decision(placement: str = "home-hero", number: int = 1, **more: Any) -> dict[str, Any]:
    """One decision as the platform answers it."""
    told = {"decision_id": f"0000-{number}", "placement": placement, "version": 1, "decided_by": "table", "reason": "x"}
    return told | {"type": "content", "key": "tents", "content": BANNER} | more


def answers(sink: Sink, *decisions: dict[str, Any], late_s: float = 0.0) -> None:
    """What the sink says to decide from now on."""
    sink.decisions = lambda request: Answer(body={"decisions": list(decisions)})
    sink.decide_late_s = late_s


def told(sink: Sink, path: str) -> list[dict[str, Any]]:
    """Bodies received at a path."""
    return [json.loads(one.body) for one in list(sink.requests) if one.path == path and one.method == "POST"]


def decided(page: Page) -> None:
    page.wait_for_selector("[data-cdp-decided]", state="attached")


def test_a_page_asks_once_for_all_its_places_and_shows_words_as_words(open_shop: Open, sink: Sink) -> None:
    answers(sink, decision(), decision("footer", 2, type="nothing"))
    page = open_shop(body=HERO + '<p id="foot" data-cdp-placement="footer">Free returns</p>')
    decided(page)
    assert page.inner_text("#hero .cdp-banner-title") == "Tents <b>now</b>"
    assert page.get_attribute("#hero a", "href") == "https://shop.example/tents"
    assert "As it stands" not in page.inner_text("#hero")
    assert page.is_hidden("#foot")
    (asked,) = told(sink, "/v1/decide")
    assert (asked["placements"], asked["writeKey"]) == (["home-hero", "footer"], "wk_test")
    assert asked["anonymous_id"] == page.evaluate("cdp.anonymousId()")
    assert {"channel", "locale", "device", "page"} <= asked["context"].keys()


def test_markup_that_could_run_does_not(open_shop: Open, sink: Sink) -> None:
    html = '<p onclick="x()">Hi <a href="javascript:x()">a</a><script>ran=1</script><img src=x onerror="ran=1"></p>'
    answers(sink, decision(content={"kind": "html", "html": html + "<iframe srcdoc='x'></iframe>"}))
    page = open_shop(body=HERO)
    decided(page)
    found = page.inner_html("#hero")
    assert found.startswith("<p>Hi <a>a</a>")
    assert not any(part in found for part in ("onclick", "onerror", "script", "iframe", "javascript"))
    assert page.evaluate("window.ran") is None


def test_what_comes_too_late_changes_nothing_that_is_being_read(open_shop: Open, sink: Sink) -> None:
    below = '<div style="height:3000px"></div><section id="low" data-cdp-placement="low"><p>Below</p></section>'
    answers(sink, decision(), decision("low", 2), late_s=0.8)
    page = open_shop(body=HERO + below)
    assert page.is_visible("#hero p")
    decided(page)
    assert page.inner_text("#hero") == "As it stands"
    assert page.inner_text("#low .cdp-banner-title") == "Tents <b>now</b>"
    page.wait_for_timeout(1300)
    assert told(sink, "/v1/exposures") == []  # nobody saw what was decided


def test_without_an_answer_the_page_is_as_it_stands(open_shop: Open, sink: Sink, browsing: Browsing) -> None:
    browsing.allow("Failed to load resource", "answer 503")
    sink.decisions = lambda request: Answer(503, {"code": "down"})
    page = open_shop(body=HERO)
    decided(page)
    assert page.is_visible("#hero p")
    assert page.inner_text("#hero") == "As it stands"


def test_seen_and_clicked_are_told_once_by_the_decisions_id(open_shop: Open, sink: Sink) -> None:
    answers(sink, decision(content=BANNER | {"href": "#tents"}))
    page = open_shop(body=HERO)
    decided(page)
    sink.wait(lambda one: bool(told(one, "/v1/exposures")))
    page.click("#hero a")
    page.click("#hero a")
    sink.wait(lambda one: bool(told(one, "/v1/conversions")))
    ((seen,), (clicked,)) = told(sink, "/v1/exposures"), told(sink, "/v1/conversions")
    assert [one["decision_id"] for one in seen["exposures"]] == ["0000-1"]
    assert (clicked["conversions"][0]["kind"], clicked["conversions"][0]["decision_id"]) == ("click", "0000-1")


def test_recommendations_that_were_decided_are_cards_as_everywhere(open_shop: Open, sink: Sink) -> None:
    found = {"recommendation_id": "r1_x", "title": "For you", "items": [product(1), product(2)]}
    answers(sink, decision(type="recommendations", recommendations=found))
    page = open_shop(body=HERO)
    decided(page)
    cards = page.query_selector_all("#hero [data-cdp-product-id]")
    assert [card.get_attribute("data-cdp-product-id") for card in cards] == ["P-1", "P-2"]
    sink.wait(lambda one: "Product List Viewed" in one.names())
    assert sink.messages()[-1]["properties"]["recommendation_id"] == "r1_x"


def test_whoever_refuses_is_asked_for_without_a_name_and_not_told_of(open_shop: Open, sink: Sink) -> None:
    answers(sink, decision())
    page = open_shop('data-consent="required"', body=HERO)
    decided(page)
    (asked,) = told(sink, "/v1/decide")
    assert "anonymous_id" not in asked
    page.wait_for_timeout(1300)
    assert told(sink, "/v1/exposures") == []


def test_a_program_asks_for_itself(open_shop: Open, sink: Sink) -> None:
    def by_key(request: Request) -> Answer:
        asked = json.loads(request.body)
        return Answer(body={"decisions": [decision(asked["placements"][0], type="data", data={"rows": 3})]})

    sink.decisions = by_key
    page = open_shop('data-placements="manual"', body=HERO)
    found = page.evaluate("cdp.decide(['grid'], {context: {category: 'Tents'}, cart: {currency: 'EUR', lines: []}})")
    assert found[0]["data"] == {"rows": 3}
    (asked,) = told(sink, "/v1/decide")
    assert (asked["context"]["category"], asked["cart"]["currency"]) == ("Tents", "EUR")
    assert page.inner_text("#hero") == "As it stands"
