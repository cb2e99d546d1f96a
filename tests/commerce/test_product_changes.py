"""Prices and stock that change: noted whoever changed them, told once in the same transaction, flapping left out."""

# Decimals are compared with whole numbers.
# mypy: disable-error-code="comparison-overlap"

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client

from cdp.lib.clock import utc_now
from cdp.outbox.models import TopicRow
from commerce.contracts import ProductRow, StockRow
from commerce.models import Product, ProductChange
from commerce.queries import changes_of
from commerce.services import set_stock, upsert_products
from tests.commerce.world import Drain, make_source, send_and_work, track

pytestmark = pytest.mark.django_db(transaction=True)
BACK, DROPPED = "product.back_in_stock", "product.price_dropped"
NOW = datetime.fromisoformat("2026-03-10T12:00:00+00:00")


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def told(topic: str) -> list[dict[str, Any]]:
    rows = TopicRow.objects.filter(topic=topic).order_by("id")
    return [change for row in rows for change in row.payload["changes"]]


def feed(minutes: float, *, stock: bool | None = None, price: float | str | None = None, **more: Any) -> None:
    amount = None if price is None else Decimal(str(price))
    upsert_products([ProductRow("a", in_stock=stock, price=amount, currency="EUR", **more)], at(minutes))


def noted() -> list[tuple[str, Decimal, Decimal]]:
    return list(ProductChange.objects.order_by("id").values_list("what", "old", "new"))


def test_a_first_import_and_the_same_again_are_no_news() -> None:
    rows = [ProductRow(f"p{n}", price=Decimal(n), currency="EUR", in_stock=True) for n in range(200)]
    upsert_products(rows, at(0))
    upsert_products(rows, at(1))
    assert (noted(), told(BACK), told(DROPPED)) == ([], [], [])


def test_the_first_feed_of_a_product_known_from_events_is_no_change(drain: Drain) -> None:
    shop = make_source()
    send_and_work(drain, shop, [[track("Product Viewed", 1, user="u", product_id="a", price=20, currency="EUR")]])
    feed(100, price=5)
    assert (noted(), told(DROPPED)) == ([], [])


def test_back_in_stock_is_told_once_with_its_instant() -> None:
    feed(0, stock=True)
    feed(1, stock=False)
    feed(60, stock=True)
    feed(61, stock=True)
    assert told(BACK) == [{"product_id": "a", "at": at(60).isoformat()}]
    assert [(change.what, change.new, change.topic) for change in changes_of("a")] == [
        ("stock", 1, BACK),
        ("stock", 0, ""),
    ]


def test_what_was_gone_for_minutes_only_is_noted_and_not_told() -> None:
    feed(0, stock=True)
    for minutes in (1, 12, 14, 16, 18):
        feed(minutes, stock=False)
        feed(minutes + 1, stock=True)
    assert (len(noted()), told(BACK)) == (10, [])
    feed(40, stock=False)
    feed(50, stock=True)
    assert len(told(BACK)) == 1


def test_a_price_drop_is_told_with_both_prices_and_its_currency() -> None:
    feed(0, price="19.99")
    feed(1, price="14.5")
    assert told(DROPPED) == [
        {"product_id": "a", "old": "19.99", "new": "14.5", "currency": "EUR", "at": at(1).isoformat()}
    ]


def test_a_price_that_only_comes_back_to_what_it_was_is_no_drop() -> None:
    feed(0, price=10)
    feed(10, price=14)
    feed(20, price=10)
    assert told(DROPPED) == []
    feed(30, price=9)
    feed(40, price=10)
    feed(50, price=9)
    assert [change["new"] for change in told(DROPPED)] == ["9"]
    feed(50 + 25 * 60, price=12)
    feed(50 + 26 * 60, price="8.5")
    assert [change["new"] for change in told(DROPPED)] == ["9", "8.5"]


def test_another_currency_is_another_price_and_further_prices_have_their_own_history() -> None:
    feed(0, price=20, prices={"USD": "25", "CHF": "22"})
    upsert_products([ProductRow("a", price=Decimal(15), currency="GBP", prices={"USD": "19", "CHF": "22.0"})], at(1))
    assert told(DROPPED) == [{"product_id": "a", "old": "25", "new": "19", "currency": "USD", "at": at(1).isoformat()}]
    assert noted() == [("price", Decimal(25), Decimal(19))]


def test_what_is_not_shown_is_told_of_to_nobody() -> None:
    feed(0, stock=False, price=20, active=False)
    feed(60, stock=True, price=10)
    assert (len(noted()), told(BACK), told(DROPPED)) == (2, [], [])


def _by_feed() -> None:
    feed(60, stock=True)


def _by_api() -> None:
    set_stock([StockRow("a", at(60), True)], at(60))


def _by_staff() -> None:
    staff = Client()
    staff.force_login(User.objects.create(username="ann", is_staff=True, is_superuser=True))
    chosen = Product.objects.get().pk
    staff.post("/admin/commerce/product/", {"action": "put_in_stock", "_selected_action": [chosen]})


def _by_page() -> None:
    staff = Client()
    staff.force_login(User.objects.create(username="ann", is_staff=True, is_superuser=True))
    page = f"/admin/commerce/product/{Product.objects.get().pk}/change/"
    assert staff.post(page, {"in_stock": "on", "active": "on"}).status_code == 302


@pytest.mark.parametrize("door", [_by_feed, _by_api, _by_staff, _by_page])
def test_every_door_tells(door: Callable[[], None]) -> None:
    feed(0, stock=True)
    feed(1, stock=False)
    door()
    assert Product.objects.get().in_stock
    assert [change["product_id"] for change in told(BACK)] == ["a"]


def test_events_tell(drain: Drain) -> None:
    feed(-100_000, stock=False)
    send_and_work(
        drain, make_source(), [[track("Product Stock Changed", 1, anonymous="erp", product_id="a", quantity=3)]]
    )
    assert len(told(BACK)) == 1


def test_a_price_that_events_of_a_server_tell_drops_too(drain: Drain) -> None:
    shop = make_source()
    for minutes, price in ((1, 20), (2, 15)):
        send_and_work(
            drain, shop, [[track("Product Viewed", minutes, user="u", product_id="a", price=price, currency="EUR")]]
        )
    assert [change["new"] for change in told(DROPPED)] == ["15"]


def test_what_is_rolled_back_is_neither_noted_nor_told() -> None:
    feed(0, price=20)
    with transaction.atomic():
        feed(1, price=10)
        assert len(told(DROPPED)) == 1
        transaction.set_rollback(True)
    assert (noted(), told(DROPPED)) == ([], [])


def test_thousands_are_told_in_pieces() -> None:
    rows = [ProductRow(f"p{n}", price=Decimal(10), currency="EUR") for n in range(1200)]
    upsert_products(rows, at(0))
    upsert_products([ProductRow(row.product_id, price=Decimal(9)) for row in rows], at(1))
    assert [len(row.payload["changes"]) for row in TopicRow.objects.filter(topic=DROPPED).order_by("id")] == [
        500,
        500,
        200,
    ]
    assert len({change["product_id"] for change in told(DROPPED)}) == 1200
    assert max(len(json.dumps(row.payload)) for row in TopicRow.objects.filter(topic=DROPPED)) < 100_000


def test_the_database_refuses_a_change_that_is_none() -> None:
    values = {"product_id": "a", "what": "price", "at": utc_now(), "transaction": 1}
    with pytest.raises(IntegrityError, match="commerce_change_differs"), transaction.atomic():
        ProductChange.objects.create(**values, old=1, new=1)
    with pytest.raises(IntegrityError, match="commerce_change_topic"), transaction.atomic():
        ProductChange.objects.create(**values, old=1, new=2, topic="product.sold")
