"""Placeholders: filled by the shop's template with text and safe addresses only, kept in place, seen once, clicked."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser_support import Browsing
from tests.script.conftest import Open
from tests.script.sink import RECOMMENDATION_ID, Answer, Request, Sink, product, products

pytestmark = pytest.mark.browser

TEMPLATE = """<template id="card"><article class="card">
  <a data-cdp-attr="href:url, title:name">
  <img width="90" height="90" data-cdp-attr="src:image_url,alt:name" data-cdp-if="image_url">
  <i data-cdp-if="!image_url">no picture</i></a>
  <h3 data-cdp-text="name"></h3><b data-cdp-price></b><small data-cdp-sentence></small>
  <em data-cdp-text="brand" data-cdp-if="brand"></em><u data-cdp-attr="data-id:product_id,aria-label:name"></u>
  <button data-cdp-click>Add</button><span class="idle">idle</span></article></template>"""
PLACE = """<section id="place" data-cdp-recommendations data-strategy="similar" data-product-id="P-9" data-n="2"
  data-placement="product-page" data-template="#card"><h2>You may also like</h2><div data-cdp-items></div></section>"""
AT_ONCE = 'data-flush-at="1"'


def filled(page: Page) -> None:
    page.wait_for_selector("[data-cdp-recommendations]:not([aria-busy])", state="attached")


def html(page: Page, selector: str) -> str:
    found: str = page.eval_on_selector(selector, "(element) => element.outerHTML")
    return found


def test_a_placeholder_is_filled_by_the_shops_own_template(open_shop: Open, sink: Sink) -> None:
    page = open_shop(body=PLACE + TEMPLATE)
    filled(page)
    cards = page.query_selector_all("#place [data-cdp-items] > article.card")
    assert [card.get_attribute("data-cdp-product-id") for card in cards] == ["P-1", "P-2"]
    first = cards[0]
    link = first.query_selector("a")
    assert link is not None
    assert link.get_attribute("href") == f"{sink.shop}/p/1"
    assert link.get_attribute("title") == "Teapot 1"
    texts = [page.inner_text(f"#place article >> nth=0 >> {tag}") for tag in ("h3", "b", "small")]
    assert texts == ["Teapot 1", "€12.50", "Often bought together"]
    assert first.query_selector("em") is None
    assert first.query_selector("i") is None
    assert page.inner_text("#place h2") == "You may also like"
    (asked,) = sink.asked()
    expected = {"writeKey": "wk_test", "strategy": "similar", "product_id": "P-9", "n": "2"}
    assert asked.query == expected | {"anonymous_id": page.evaluate("cdp.anonymousId()")}


def test_what_a_product_lacks_takes_no_room(open_shop: Open, sink: Sink) -> None:
    bare = product(1, image_url="", price=None, url="")
    sink.recommendations = lambda request: Answer(body=products(bare))
    page = open_shop(body=PLACE + TEMPLATE)
    filled(page)
    assert page.query_selector("#place img") is None
    assert page.query_selector("#place b") is None
    assert page.inner_text("#place i") == "no picture"
    assert page.get_attribute("#place a", "href") is None


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "http://",
    ],
)
def test_an_address_that_is_none_of_the_web_is_left_out(address: str, open_shop: Open, sink: Sink) -> None:
    bad = product(1, url=address, image_url=address)
    sink.recommendations = lambda request: Answer(body=products(bad))
    page = open_shop(body=PLACE + TEMPLATE)
    filled(page)
    assert page.get_attribute("#place a", "href") is None
    assert page.get_attribute("#place img", "src") is None


def test_markup_in_a_products_name_is_text(open_shop: Open, sink: Sink) -> None:
    name = '<img src=x onerror="window.isHit = 1"><script>window.isHit = 1</script>" onmouseover="x'
    bad = product(1, name=name) | {"sentence": name}
    sink.recommendations = lambda request: Answer(body=products(bad))
    page = open_shop(body=PLACE + TEMPLATE)
    filled(page)
    assert page.text_content("#place h3") == name
    assert page.text_content("#place small") == name
    assert page.get_attribute("#place a", "title") == name
    assert page.evaluate("window.isHit") is None
    assert len(page.query_selector_all("#place img")) == 1


def test_a_template_can_set_no_attribute_that_runs(open_shop: Open, sink: Sink) -> None:
    template = """<template id="card"><div data-cdp-attr="onclick:name,style:name,srcdoc:name,href:url,src:url,id:name">
      <script data-cdp-text="name" type="text/x"></script><iframe data-cdp-attr="src:url"></iframe></div></template>"""
    page = open_shop(body=PLACE + template)
    warnings: list[str] = []
    page.on("console", lambda message: warnings.append(message.text))
    filled(page)
    page.evaluate("cdp.recommendations.render(document.querySelector('#place'))")
    card = html(page, "#place [data-cdp-product-id]")
    for attribute in ("onclick=", "style=", "srcdoc=", "href=", " src=", "Teapot"):
        assert attribute not in card.replace("data-cdp-attr", "")
    said = len([text for text in warnings if "a template may not set" in text])
    assert said in (7 * 2, 2 * 7 * 2), "drawn by hand, and perhaps by itself before"


def test_without_a_template_there_is_a_plain_card(open_shop: Open, sink: Sink) -> None:
    page = open_shop(body='<div id="place" data-cdp-recommendations></div>')
    filled(page)
    assert page.inner_text("#place .cdp-card >> nth=0").split("\n") == ["Teapot 1", "€12.50", "Often bought together"]
    assert page.get_attribute("#place .cdp-card img", "alt") == "Teapot 1"
    assert sink.asked()[0].query["n"] == "4"


def test_nothing_jumps_while_the_answer_is_on_its_way(open_shop: Open, sink: Sink, browsing: Browsing) -> None:
    page = browsing.open()
    sink.put("/", 'data-recommendations="manual"', PLACE + TEMPLATE + "<p id='below'>below</p>")
    page.goto(sink.shop)
    page.wait_for_function("window.cdp && cdp.version")
    before, waiting = page.evaluate(
        """() => {
          const top = () => document.querySelector("#below").offsetTop;
          const before = top();
          window.rendered = cdp.recommendations.render();
          const cards = [...document.querySelectorAll(".cdp-skeleton")];
          return [before, {top: top(), busy: document.querySelector("#place").getAttribute("aria-busy"),
            cards: cards.map((card) => [card.inert, card.getAttribute("aria-hidden")])}];
        }"""
    )
    assert waiting["busy"] == "true"
    assert waiting["cards"] == [[True, "true"]] * 2
    assert waiting["top"] > before + 150  # the pictures' room is kept
    page.evaluate("rendered.then(() => null)")
    assert page.query_selector(".cdp-skeleton") is None


@pytest.mark.parametrize("answer", [Answer(body=products() | {"items": []}), Answer(500), Answer(401)])
def test_with_nothing_to_show_the_placeholder_is_hidden(
    answer: Answer, open_shop: Open, sink: Sink, browsing: Browsing
) -> None:
    browsing.allow("Failed to load resource", "answer 500")
    sink.recommendations = lambda request: answer
    page = open_shop(body=PLACE + TEMPLATE)
    filled(page)
    assert page.evaluate("document.querySelector('#place').hidden") is True
    assert page.query_selector("#place article") is None
    sink.recommendations = lambda request: Answer(body=products())
    page.evaluate("cdp.recommendations.render(document.querySelector('#place'))")
    assert page.evaluate("document.querySelector('#place').hidden") is False


def test_half_in_view_for_a_second_is_seen_and_told_once(open_shop: Open, sink: Sink) -> None:
    page = open_shop(AT_ONCE, "<div style='height: 3000px'></div>" + PLACE + TEMPLATE)
    filled(page)
    page.evaluate("scrollTo(0, 9999)")
    sink.wait(lambda sink: sink.names() == ["Product List Viewed"])
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(50)
    page.evaluate("scrollTo(0, 9999)")
    page.wait_for_timeout(1_300)
    (message,) = sink.messages()
    shown = {"price": 12.5, "currency": "EUR", "strategy": "similar", "reason": "bought_together"}
    assert message["properties"] == {
        "list_id": RECOMMENDATION_ID,
        "recommendation_id": RECOMMENDATION_ID,
        "placement": "product-page",
        "strategy": "similar",
        "model": 7,
        "products": [
            {"product_id": "P-1", "name": "Teapot 1", "position": 1, **shown},
            {"product_id": "P-2", "name": "Teapot 2", "position": 2, **shown},
        ],
    }


def test_what_is_out_of_view_or_gone_within_a_second_was_not_seen(open_shop: Open, sink: Sink) -> None:
    page = open_shop(AT_ONCE, "<div style='height: 3000px'></div>" + PLACE + TEMPLATE)
    filled(page)
    page.wait_for_timeout(1_200)
    page.evaluate(
        """new Promise((done) => {
          scrollTo(0, 9999);
          setTimeout(() => { scrollTo(0, 0); setTimeout(done, 1200); }, 100);
        })"""
    )
    assert sink.names() == []


def test_a_placeholder_taller_than_the_window_is_seen_too(open_shop: Open, sink: Sink) -> None:
    open_shop(AT_ONCE, PLACE.replace("<section", "<section style='display: block; height: 5000px'") + TEMPLATE)
    sink.wait(lambda sink: sink.names() == ["Product List Viewed"])


def test_a_click_on_a_card_is_told_with_its_place_in_the_answer(open_shop: Open, sink: Sink) -> None:
    page = open_shop(AT_ONCE, PLACE + TEMPLATE)
    filled(page)
    page.click("#place article >> nth=1 >> .idle")
    page.click("#place article >> nth=1 >> button")
    sink.wait(lambda sink: "Product Clicked" in sink.names())
    clicked = next(message for message in sink.messages() if message.get("event") == "Product Clicked")
    assert clicked["properties"] == {
        "product_id": "P-2",
        "name": "Teapot 2",
        "price": 12.5,
        "currency": "EUR",
        "url": f"{sink.shop}/p/2",
        "position": 2,
        "strategy": "similar",
        "reason": "bought_together",
        "list_id": RECOMMENDATION_ID,
        "recommendation_id": RECOMMENDATION_ID,
        "placement": "product-page",
    }
    sink.put("/p/1")
    page.click("#place article >> nth=0 >> a")
    page.wait_for_url("**/p/1")
    sink.wait(lambda sink: sink.names().count("Product Clicked") == 2)


def test_render_fills_what_is_new_or_changed_and_leaves_the_rest(open_shop: Open, sink: Sink) -> None:
    page = open_shop(body=PLACE + TEMPLATE)
    filled(page)
    page.evaluate("cdp.recommendations.render()")
    assert len(sink.asked()) == 1
    page.evaluate("document.querySelector('#place').dataset.productId = 'P-1'; cdp.recommendations.render()")
    assert [request.query["product_id"] for request in sink.asked()] == ["P-9", "P-1"]
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<div data-cdp-recommendations data-cart=\"P-1,P-2\">')"
    )
    page.evaluate("cdp.recommendations.render()")
    assert sink.asked()[2].query["cart"] == "P-1,P-2"
    assert len(page.query_selector_all("#place article")) == 2


def test_the_shop_can_fetch_and_listen_and_draw_for_itself(open_shop: Open, sink: Sink) -> None:
    page = open_shop('data-recommendations="manual"', PLACE + TEMPLATE)
    answer: dict[str, Any] = page.evaluate("cdp.recommendations.fetch({strategy: 'cart', cart: ['a', 'b'], n: 1})")
    assert answer == {"id": RECOMMENDATION_ID, **products()}
    assert sink.asked()[0].query["cart"] == "a,b"
    heard = page.evaluate(
        """async () => {
          const heard = [];
          document.addEventListener("cdp:recommendations", (event) => heard.push(event.target.id, event.detail.id));
          cdp.on("recommendations", (answer) => heard.push(answer.items.length));
          await cdp.recommendations.render();
          return heard;
        }"""
    )
    assert heard == ["place", RECOMMENDATION_ID, 2]


def test_a_signed_in_customer_is_asked_for_by_token_and_a_stale_token_falls_back_to_the_browser(
    open_shop: Open, sink: Sink, browsing: Browsing
) -> None:
    def only_fresh(request: Request) -> Answer:
        return Answer(401) if request.headers.get("x-user-token") == "ut_stale" else Answer(body=products())

    browsing.allow("Failed to load resource")
    sink.recommendations = only_fresh
    page = open_shop('data-user-token="ut_fresh"', PLACE + TEMPLATE)
    filled(page)
    page.evaluate("cdp.setUserToken('ut_stale'); cdp.recommendations.render(document.querySelector('#place'))")
    page.evaluate("cdp.reset(); cdp.recommendations.render(document.querySelector('#place'))")
    tokens = [request.headers.get("x-user-token") for request in sink.asked()]
    assert tokens == ["ut_fresh", "ut_stale", None, None]
    assert ["anonymous_id" in request.query for request in sink.asked()] == [False, False, True, True]
    assert len(page.query_selector_all("#place article")) == 2
    assert page.evaluate("Object.keys(localStorage).concat(document.cookie).join().includes('ut_')") is False


def test_it_works_under_a_strict_content_security_policy(open_shop: Open, sink: Sink) -> None:
    policy = f"default-src 'none'; script-src {sink.host} 'unsafe-eval'; connect-src {sink.host}; img-src * data:"
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}; require-trusted-types-for \'script\'">'
    page = open_shop(AT_ONCE, PLACE + TEMPLATE, head)
    filled(page)
    sink.wait(lambda sink: sink.names() == ["Product List Viewed"])
    assert len(page.query_selector_all("#place article")) == 2
