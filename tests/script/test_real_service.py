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
from events.models import Event, RejectedEvent, Source
from tests.script.conftest import wait_for_script
from tests.script.sink import Sink

pytestmark = pytest.mark.browser

# Out of view, so that it is not seen and nothing is sent once the test is over.
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
