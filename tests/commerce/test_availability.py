"""What is in stock, told by programs: the latest word stands, each fault is named, and browsers claim nothing."""

# Decimals are compared with whole numbers.
# mypy: disable-error-code="comparison-overlap"

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from cdp.access.services import make_server_key
from cdp.lib.clock import utc_now
from commerce.contracts import ProductRow, StockCount, StockRow
from commerce.feeds.stock import stock_of_events
from commerce.models import Product
from commerce.services import set_stock, upsert_products
from tests.commerce.facts import fact
from tests.commerce.world import Drain, make_source, send_and_work, track

PATH = "/v1/catalog/availability"


@pytest.fixture
def post(db: None) -> Any:
    _, plain = make_server_key("erp", ["catalog:write"])

    def send(rows: Any, key: str = plain) -> Any:
        body = rows if isinstance(rows, str) else json.dumps({"products": rows})
        return Client().post(PATH, body, content_type="application/json", headers={"Authorization": f"Bearer {key}"})

    return send


def stock() -> dict[str, tuple[bool, Decimal | None]]:
    return {row[0]: row[1:] for row in Product.objects.values_list("product_id", "in_stock", "quantity")}


@pytest.fixture
def shelf(db: None) -> datetime:
    """Four products; as of an hour ago."""
    told = utc_now() - timedelta(hours=1)
    rows = [ProductRow(one, price=Decimal(10), currency="EUR", quantity=Decimal(5), in_stock=True) for one in "abcd"]
    upsert_products(rows, told)
    return told


def test_stock_is_taken_and_each_fault_is_named_with_how_to_mend_it(post: Any, shelf: datetime) -> None:
    answer = post(
        [
            {"product_id": "a", "in_stock": False},
            {"product_id": "b", "quantity": 0},
            {"product_id": "c", "quantity": 3, "price": 8.5},
            {"product_id": "ghost", "in_stock": True},
            {"product_id": "d"},
            {"product_id": "d", "quantity": -1},
            {"product_id": "d", "at": "2999-01-01T00:00:00Z", "quantity": 1},
            {"product_id": "d", "in_stock": "yes"},
            {"product_id": "d", "count": 1},
            {"in_stock": True},
            5,
        ]
    )
    body = answer.json()
    assert (answer.status_code, body["updated"], body["older"], body["rejected"]) == (200, 3, 0, 8)
    assert [(error["index"], error["reason"]) for error in body["errors"]] == [
        (3, "product_unknown"),
        (4, "nothing_told"),
        (5, "quantity"),
        (6, "at"),
        (7, "in_stock"),
        (8, "field_unknown"),
        (9, "product_id"),
        (10, "row_shape"),
    ]
    assert all(error["detail"] for error in body["errors"])
    assert stock() == {"a": (False, 0), "b": (False, 0), "c": (True, 3), "d": (True, 5)}
    assert Product.objects.get(product_id="c").price == Decimal("8.5")


@pytest.mark.parametrize(
    ("body", "code"), [("{", "malformed_json"), ("[]", "feed_shape"), ('{"products": 5}', "feed_shape")]
)
def test_what_is_no_list_of_products_is_refused_whole(post: Any, body: str, code: str) -> None:
    answer = post(body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_more_than_a_thousand_are_refused_and_the_scope_is_wanted(post: Any, shelf: datetime) -> None:
    assert post([{"product_id": "a", "in_stock": False}] * 1001).json()["code"] == "feed_too_long"
    _, other = make_server_key("other", ["recommendations:read"])
    assert post([{"product_id": "a", "in_stock": False}], key=other).status_code == 403
    assert Client().post(PATH, "{}", content_type="application/json").status_code == 401
    assert stock()["a"] == (True, 5)


def test_the_latest_word_stands_in_any_order_of_arrival(shelf: datetime) -> None:
    now = utc_now()
    newer, older = now - timedelta(minutes=5), now - timedelta(minutes=6)
    assert set_stock([StockRow("a", newer, False)], now)[0] == StockCount(1, 0)
    assert set_stock([StockRow("a", older, True)], now)[0] == StockCount(0, 1)
    assert stock()["a"] == (False, 0)
    upsert_products([ProductRow("a", name="Mug", in_stock=True)], now, told_at=older)  # a file pulled before
    assert (stock()["a"], Product.objects.get(product_id="a").name) == ((False, 0), "Mug")
    upsert_products([ProductRow("a", in_stock=True)], now, told_at=now)
    assert stock()["a"] == (True, None)


def test_of_two_rows_of_one_product_the_later_one_counts(post: Any, shelf: datetime) -> None:
    at = [(utc_now() - timedelta(minutes=minutes)).isoformat() for minutes in (3, 2, 2)]
    rows = [{"product_id": "a", "quantity": n, "at": at[n]} for n in (1, 2, 0)]
    assert post(rows).json()["updated"] == 1
    assert stock()["a"] == (True, 2)


@pytest.mark.django_db
def test_a_price_of_a_product_that_only_events_describe_is_refused(post: Any) -> None:
    Product.objects.create(product_id="e", seen_at=utc_now(), stamps={"seen": [True, 1, "", ""]})
    assert [error["reason"] for error in post([{"product_id": "e", "price": 5}]).json()["errors"]] == [
        "price_of_events"
    ]
    assert post([{"product_id": "e", "in_stock": False}]).json()["updated"] == 1


@pytest.mark.django_db(transaction=True)
def test_events_of_a_server_tell_stock_and_those_of_a_browser_do_not(drain: Drain) -> None:
    upsert_products([ProductRow("a", quantity=Decimal(5)), ProductRow("b", in_stock=False)], START_OF_ALL)
    lie = [track("Product Stock Changed", 9, anonymous="x", product_id=one, in_stock=one == "b") for one in "ab"]
    send_and_work(drain, make_source("browser"), [lie])
    assert stock() == {"a": (True, 5), "b": (False, None)}
    told = [
        track("Product Stock Changed", 2, anonymous="erp", product_id="a", quantity=0),
        track("product_availability_updated", 1, anonymous="erp", product_id="a", in_stock=True),
        track(
            "Product Availability Updated", 3, anonymous="erp", products=[{"sku": "b", "in_stock": True}, {"sku": "n"}]
        ),
        track("Product Stock Changed", 3, anonymous="erp", product_id="c", quantity=2),
    ]
    send_and_work(drain, make_source(), [[told[0]], [told[1]], told[2:]])
    assert stock() == {"a": (False, 0), "b": (True, None), "c": (True, 2), "n": (True, None)}


START_OF_ALL = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


def test_without_the_source_s_trust_a_browser_would_empty_the_shelves() -> None:
    """The negative control: the same event is heard once it counts as a server's."""
    claim = fact("Product Stock Changed", product_id="a", in_stock=False)
    believed = fact("Product Stock Changed", is_server=True, product_id="a", in_stock=False)
    now = utc_now()
    assert stock_of_events([claim], now) == []
    assert [row.product_id for row in stock_of_events([believed], now)] == ["a"]


def test_orders_take_nothing_off(shelf: datetime, drain: Drain) -> None:
    line = {"product_id": "a", "quantity": 2, "price": 10}
    send_and_work(
        drain, make_source(), [[track("Order Completed", 1, user="u", order_id="o", total=20, products=[line])]]
    )
    assert stock()["a"] == (True, 5)
