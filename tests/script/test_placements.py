"""Placeholders that name a placement: asked for, titled, seen even where nothing is shown, followed into the cart."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser_support import Browsing
from tests.script.conftest import Open
from tests.script.sink import RECOMMENDATION_ID, Answer, Request, Sink, product, products

pytestmark = pytest.mark.browser

CARD = """<template id="card"><article><h3 data-cdp-text="name"></h3>
  <small data-cdp-sentence></small>
  <button type="button" data-cdp-click>Look</button></article></template>"""
HOME = """<section id="home" data-cdp-recommendations data-placement="home-for-you" data-category="Tea"
  data-currency="EUR" data-region="DE" data-template="#card"><h2 data-cdp-title>For you</h2>
  <div data-cdp-items></div></section>"""
AT_ONCE = 'data-flush-at="1"'
OF_HOME = {"placement": "home-for-you", "title": "Picked for you"}


def placed(*items: dict[str, Any], variant: str | None = None, **more: Any) -> Answer:
    """What a placement answers."""
    body = {**products(*items), **OF_HOME, "variant": variant, "recommendation_id": RECOMMENDATION_ID, **more}
    return Answer(body=body)


def filled(page: Page, count: int = 1) -> None:
    page.wait_for_function(
        f"document.querySelectorAll('[data-cdp-recommendations]:not([aria-busy])').length === {count}"
    )


def ids(page: Page, place: str) -> list[str]:
    found: list[str] = page.eval_on_selector_all(
        f"{place} [data-cdp-product-id]", "(cards) => cards.map((card) => card.dataset.cdpProductId)"
    )
    return found


def test_a_placement_is_asked_for_by_its_key_and_brings_its_title(open_shop: Open, sink: Sink) -> None:
    sink.recommendations = lambda request: placed()
    page = open_shop(AT_ONCE, HOME + CARD)
    filled(page)
    (asked,) = sink.asked()
    expected = {"writeKey": "wk_test", "placement": "home-for-you", "category": "Tea", "region": "DE"}
    assert asked.query == expected | {"currency": "EUR", "anonymous_id": page.evaluate("cdp.anonymousId()")}
    assert page.inner_text("#home h2") == "Picked for you"
    assert page.inner_text("#home small >> nth=0") == "Often bought together"
    sink.wait(lambda sink: sink.names() == ["Product List Viewed"])
    page.click("#home button >> nth=0")
    sink.wait(lambda sink: sink.names() == ["Product List Viewed", "Product Clicked"])
    seen, clicked = (message["properties"] for message in sink.messages())
    for told in (seen, clicked):
        assert (told["recommendation_id"], told["placement"]) == (RECOMMENDATION_ID, "home-for-you")


def test_whoever_refuses_is_not_named(open_shop: Open, sink: Sink) -> None:
    page = open_shop('data-consent="required" data-user-token="ut_1"', HOME + CARD)
    filled(page)
    (asked,) = sink.asked()
    assert "anonymous_id" not in asked.query
    assert "x-user-token" not in asked.headers


def test_a_strategy_goes_before_a_placement_which_then_is_a_name_only(open_shop: Open, sink: Sink) -> None:
    page = open_shop(body=HOME.replace("data-category", 'data-strategy="popular" data-category') + CARD)
    filled(page)
    assert ("placement" in sink.asked()[0].query, sink.asked()[0].query["strategy"]) == (False, "popular")


def test_an_empty_place_that_is_measured_is_hidden_and_counts_as_seen_once(open_shop: Open, sink: Sink) -> None:
    sink.recommendations = lambda request: placed(variant="holdout", items=[])
    page = open_shop(AT_ONCE, "<div style='height: 3000px'></div>" + HOME + CARD)
    filled(page)
    assert page.evaluate("document.querySelector('#home').hidden") is True
    height = page.evaluate("document.documentElement.scrollHeight")
    page.wait_for_timeout(1_100)
    assert sink.names() == []
    page.evaluate("scrollTo(0, 9999)")
    sink.wait(lambda sink: sink.names() == ["Product List Viewed"])
    (message,) = sink.messages()
    told = {name: message["properties"][name] for name in ("recommendation_id", "placement", "products")}
    assert told == {"recommendation_id": RECOMMENDATION_ID, "placement": "home-for-you", "products": []}
    assert page.evaluate("document.documentElement.scrollHeight") == height


def test_an_unknown_placement_warns_by_name_and_is_hidden(open_shop: Open, sink: Sink, browsing: Browsing) -> None:
    browsing.allow("Failed to load resource")
    sink.recommendations = lambda request: Answer(404, {"code": "unknown_placement"})
    warnings: list[str] = []
    page = browsing.open()
    page.on("console", lambda message: warnings.append(message.text))
    open_shop(AT_ONCE, HOME + CARD, page=page)
    filled(page)
    said = "cdp.js: recommendations were answered 404 unknown_placement home-for-you"
    assert [text for text in warnings if text.startswith("cdp.js")] == [said]
    assert page.evaluate("document.querySelector('#home').hidden") is True
    assert page.query_selector("#home [data-cdp-product-id], #home .cdp-skeleton") is None


def test_a_unique_row_leaves_out_what_stands_above_it(open_shop: Open, sink: Sink) -> None:
    def but_for(request: Request) -> Answer:
        out = request.query.get("exclude", "").split(",")
        return placed(*[item for number in range(1, 7) if (item := product(number))["product_id"] not in out][:2])

    sink.recommendations = but_for
    row = '<div id="{}" data-cdp-recommendations data-unique data-placement="p" data-exclude="{}"></div>'
    page = open_shop(body=row.format("a", "P-2") + row.format("b", "") + row.format("c", ""))
    filled(page, 3)
    assert [ids(page, place) for place in ("#a", "#b", "#c")] == [["P-1", "P-3"], ["P-2", "P-4"], ["P-5", "P-6"]]


def test_many_results_are_posted_and_ranked(open_shop: Open, sink: Sink) -> None:
    sink.recommendations = lambda request: placed(product(2), product(1))
    page = open_shop('data-recommendations="manual"')
    found = page.evaluate(
        "cdp.recommendations.fetch({placement: 'search', n: 2, product_id: 'P-9', exclude: ['P-7'],"
        " results: Array.from({length: 400}, (_, number) => 'P-' + number)})"
    )
    assert [item["product_id"] for item in found["items"]] == ["P-2", "P-1"]
    (request,) = [one for one in sink.requests if one.path == "/v1/recommendations"]
    assert (request.method, request.query) == ("POST", {})
    body = json.loads(request.body)
    assert (len(body.pop("results")), body.pop("anonymous_id")) == (400, page.evaluate("cdp.anonymousId()"))
    expected = {"writeKey": "wk_test", "placement": "search", "product_id": "P-9", "n": 2}
    assert body == expected | {"filters": {"exclude": ["P-7"]}}


def test_what_was_clicked_carries_the_answers_id_into_cart_and_order(open_shop: Open, sink: Sink) -> None:
    sink.recommendations = lambda request: placed()
    page = open_shop(AT_ONCE, HOME + CARD)
    filled(page)
    page.click("#home button >> nth=1")
    page.evaluate(
        """async () => {
          await cdp.track("Product Added", {product_id: "P-2"});
          await cdp.track("Product Added", {product_id: "P-1"});
          await cdp.track("Order Completed", {order_id: "o1", products: [{product_id: "P-1"}, {product_id: "P-2"}]});
        }"""
    )
    sink.wait(lambda sink: "Order Completed" in sink.names())
    told = [message["properties"] for message in sink.messages() if message["event"].endswith(("Added", "Completed"))]
    assert [one.get("recommendation_id") for one in told] == [RECOMMENDATION_ID, None, None]
    assert [line.get("recommendation_id") for line in told[2]["products"]] == [None, RECOMMENDATION_ID]
    page.evaluate("cdp.reset(); cdp.track('Product Added', {product_id: 'P-2', position: 9})")
    sink.wait(lambda sink: sink.messages()[-1].get("properties", {}).get("position") == 9)
    assert "recommendation_id" not in sink.messages()[-1]["properties"]
