"""Whom to believe about a product: a browser's write key is public, so a server's word stands against it."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.lib.clock import utc_now
from commerce import products, queries
from commerce.contracts import Fact, ProductRow
from commerce.models import Product
from commerce.services import upsert_products
from tests.commerce.facts import fact
from tests.commerce.world import Drain, make_source, send_and_work, track

EVIL: dict[str, Any] = {
    "name": "Scam",
    "price": 0.01,
    "url": "https://evil.example/",
    "image_url": "https://evil.example/x.png",
}
GOOD: dict[str, Any] = {"name": "Mug", "price": 8, "url": "https://shop.example/mug", "currency": "EUR"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("browser_first", [False, True])
def test_a_browser_rewrites_nothing_a_server_told(drain: Drain, browser_first: bool) -> None:
    shop, browser = make_source(), make_source("browser")
    told = (shop, [track("Product Viewed", 1, user="u", product_id="a", **GOOD)])
    lie = (browser, [track("Product Viewed", 9, anonymous="x", product_id="a", **EVIL)])
    for source, items in (lie, told) if browser_first else (told, lie):
        send_and_work(drain, source, [items])
    found = queries.products(["a"])["a"]
    assert (found.name, found.price, found.url, found.image_url) == ("Mug", Decimal(8), GOOD["url"], "")
    assert found.is_trusted


@pytest.mark.django_db(transaction=True)
def test_what_only_browsers_told_of_is_not_trusted_and_has_no_links_until_a_feed_or_a_server_tells_of_it(
    drain: Drain,
) -> None:
    lies = [track("Product Viewed", 9, anonymous="x", product_id=product_id, **EVIL) for product_id in ("a", "b")]
    send_and_work(drain, make_source("browser"), [lies])
    found = queries.products(["a", "b"])
    assert [(one.name, one.url, one.image_url, one.is_trusted) for one in found.values()] == [
        ("Scam", "", "", False)
    ] * 2
    before = Product.objects.get(product_id="b").updated_at
    upsert_products([ProductRow("a", name="Mug")], utc_now())
    send_and_work(drain, make_source(), [[track("Product Viewed", 1, user="u", product_id="b")]])
    assert [one.is_trusted for one in queries.products(["a", "b"]).values()] == [True, True]
    assert Product.objects.get(product_id="b").updated_at > before  # so that catalogs in memory notice


@pytest.mark.django_db(transaction=True)
def test_of_a_trusted_product_only_what_a_feed_or_a_server_told_is_believed(drain: Drain) -> None:
    lies = [track("Product Viewed", 9, anonymous="x", product_id=product_id, **EVIL) for product_id in ("a", "b", "c")]
    send_and_work(drain, make_source("browser"), [lies])
    upsert_products([ProductRow("a")], utc_now())
    send_and_work(drain, make_source(), [[track("Product Viewed", 1, user="u", product_id="b", brand="Us")]])
    assert queries.products(["b"])["b"].name == "Scam"
    found = queries.believed_products(["a", "b", "c"])
    assert {i: (one.name, one.price, one.brand) for i, one in found.items()} == {
        "a": ("", None, ""),
        "b": ("", None, "Us"),
    }


FACTS = st.builds(
    lambda told, minutes, is_server: msgspec.structs.replace(
        fact("Product Viewed", minutes, is_server=is_server), properties={"product_id": "a", **told}
    ),
    st.dictionaries(st.sampled_from(["name", "url", "price"]), st.sampled_from(["1", "2"])),
    st.integers(0, 3),
    st.booleans(),
)


@given(st.lists(FACTS, max_size=6), st.integers(0, 6), st.randoms(use_true_random=False))
def test_words_in_any_order_and_any_batches_join_to_the_same_and_servers_come_first(
    facts: list[Fact], cut: int, random: object
) -> None:
    whole = products.learn(facts).get("a", {})
    shuffled = list(facts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    parts = [products.learn(part).get("a", {}) for part in (shuffled[:cut], shuffled[cut:])]
    assert products.join(*parts) == products.join(*reversed(parts)) == whole
    for field in ("name", "price"):
        if any(one.is_server and field in one.properties for one in facts):
            assert whole[field][0]
    assert "url" not in whole or whole["url"][0]
