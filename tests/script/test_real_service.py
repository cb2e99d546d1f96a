"""The pasted tag against the real service: the script pinned, events stored, consent in the ledger, recommendations."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from cdp.script.snippet import script_tag
from commerce.models import Product
from consent.models import Entry
from decisions.models import Conversion, Decision
from decisions.services import publishing
from events.models import Event, RejectedEvent, Source
from tests.decisions.deciding_world import content
from tests.script.conftest import wait_for_script
from tests.script.sink import Sink

pytestmark = pytest.mark.browser

# Out of view, so that it is not seen and nothing is sent once the test is over.
# Below what is in view: what a slow machine answers late is shown there, and is seen only when it is scrolled to.
FAR = '<div style="height: 3000px"></div>'
HERO = '<section id="hero" data-cdp-placement="home-hero" style="height:90px"><p>As it stands</p></section>'
PLACE = '<p style="height: 5000px"><div id="place" data-cdp-recommendations data-strategy="popular" data-n="2"></div>'


@pytest.fixture
def source(transactional_db: None) -> Source:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    for number in (1, 2):
        Product.objects.create(
            product_id=f"P-{number}",
            name=f"Teapot {number}",
            price=Decimal("12.5"),
            currency="EUR",
            url=f"https://shop.example/p/{number}",
            from_feed=True,
            seen_at=now,
        )
    return Source.objects.create(name="shop pages", kind=Source.Kind.BROWSER)


def test_the_pasted_tag_works_across_origins(
    page: Page, sink: Sink, live_server: LiveServer, source: Source, drain: Callable[..., int]
) -> None:
    tag = script_tag(source.write_key, live_server.url)
    sink.pages["/"] = f'<!doctype html><title>Teapots</title><link rel="icon" href="data:,">{tag}{PLACE}'
    page.goto(sink.shop)
    wait_for_script(page)
    page.wait_for_selector("#place [data-cdp-product-id]")
    page.evaluate(
        """async () => {
          await cdp.identify("ada", {plan: "gold"});
          await cdp.track("Product Viewed", {product_id: "P-1", price: 12.5, currency: "EUR"});
          cdp.consent({personalization: false});
          await cdp.flush();
        }"""
    )
    page.close()
    drain()
    assert RejectedEvent.objects.count() == 0
    assert list(Event.objects.order_by("occurred_at", "id").values_list("name", flat=True)) == [
        "page",
        "identify",
        "Product Viewed",
        "Segment Consent Preference Updated",
    ]
    assert {(entry.purpose_id, entry.state) for entry in Entry.objects.all()} == {("personalization", "denied")}


def test_a_decided_place_is_filled_and_told_of_as_seen_and_clicked(
    page: Page, sink: Sink, live_server: LiveServer, source: Source
) -> None:
    """Across origins, without a preflight, and with a device whose clock is a day behind."""
    content("tents", "Tents now")
    rows = [{"id": "r1", "when": {}, "outcome": {"data": {}}, "ends_at": "2020-01-01T00:00:00Z"}]
    rows.append({"id": "r2", "when": {"c1": {"is": "eq", "value": "web"}}, "outcome": {"content": "tents"}})
    inputs = [{"id": "c1", "on": "context.channel"}]
    draft = {"by": "table", "inputs": inputs, "rows": rows, "fallback": {"nothing": True}}
    publishing.publish(publishing.save_draft("home-hero", "Home hero", draft).pk)
    page.add_init_script("const now = Date.now; Date.now = () => now() - 86400000;")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url.rpartition('/')[2]}"))
    tag = script_tag(source.write_key, live_server.url)
    button = "<template><button data-cdp-text='title'></button></template>"
    sink.pages["/"] = f'<!doctype html><link rel="icon" href="data:,">{tag}{FAR}{HERO.replace("<p>", button + "<p>")}'
    page.goto(sink.shop)
    page.get_by_role("button", name="Tents now").wait_for()
    with page.expect_response("**/v1/exposures") as seen:
        page.get_by_role("button", name="Tents now").scroll_into_view_if_needed()
    with page.expect_response("**/v1/conversions") as clicked:
        page.get_by_role("button", name="Tents now").click()
    assert (seen.value.status, clicked.value.status) == (202, 202)
    decision = Decision.objects.get()
    assert (decision.arm, decision.reason) == ("r2", "row_matched")
    assert decision.exposed_at is not None
    assert Conversion.objects.values_list("decision_id", "kind").get() == (decision.pk, "click")
    assert "OPTIONS decide" not in asked
