"""Products, carts and orders in the admin: found by whole ids, derived rows never edited, no list counts its table."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commerce.models import Cart, Order, OrderLine, Product
from tests.commerce.facts import START

pytestmark = pytest.mark.django_db
LINE = {"product_id": "a", "name": "Mug", "quantity": "2", "price": None, "variant": "", "image_url": "", "url": ""}


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("ann", "ann@example.com", "not-a-secret"))
    return client


def fill(start: int, end: int) -> None:
    for number in range(start, end):
        Product.objects.create(product_id=f"p{number}", name="Mug", seen_at=START)
        times = {"opened_at": START, "last_activity_at": START}
        Cart.objects.create(
            key=f"cart:{number}", identifier_id=1, state="open", digest=b"", lines=[LINE], order_id="o0", **times
        )
        order = Order.objects.create(order_id=f"o{number}", status="placed", digest=b"", placed_at=START)
        for position in range(2):
            OrderLine.objects.create(
                order=order,
                position=position,
                kind="goods",
                quantity=1,
                price=1,
                amount=1,
                occurred_at=START,
                name="Mug",
            )


def queries_of(staff: Client, address: str) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert staff.get(address).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


@pytest.mark.parametrize("name", ["product", "cart", "order"])
def test_a_list_costs_the_same_at_one_and_three_rows_and_counts_nothing(staff: Client, name: str) -> None:
    address = f"/admin/commerce/{name}/"
    fill(0, 1)
    queries_of(staff, address)
    one = queries_of(staff, address)
    fill(1, 3)
    three = queries_of(staff, address)
    assert len(one) == len(three)
    assert not [sql for sql in three if "COUNT(" in sql and f"commerce_{name}" in sql]


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("cart/?q=1", ["cart:1"]),
        ("cart/?q=cart:2", ["cart:2"]),
        ("cart/?q=o0", ["cart:0", "cart:1", "cart:2"]),
        ("order/?q=o1", ["o1"]),
        ("order/?q=nothing", []),
        ("product/?q=p2", ["p2"]),
    ],
)
def test_rows_are_found_by_id(staff: Client, address: str, found: list[str]) -> None:
    fill(0, 3)
    rows = staff.get(f"/admin/commerce/{address}").context["cl"].result_list
    assert (
        sorted(getattr(row, "key", None) or str(row.order_id if "order" in address else row.product_id) for row in rows)
        == found
    )


@pytest.mark.parametrize("name", ["cart", "order"])
def test_derived_rows_are_shown_and_neither_made_nor_changed_nor_deleted(staff: Client, name: str) -> None:
    fill(0, 1)
    row: Any = Cart.objects.get() if name == "cart" else Order.objects.get()
    page = staff.get(f"/admin/commerce/{name}/{row.pk}/change/")
    assert page.status_code == 200
    assert "Mug" in page.content.decode()
    for action in ("add/", f"{row.pk}/delete/"):
        assert staff.get(f"/admin/commerce/{name}/{action}").status_code == 403
    assert staff.post(f"/admin/commerce/{name}/{row.pk}/change/", {"state": "x"}).status_code == 403


def test_staff_takes_products_out_of_stock(staff: Client) -> None:
    fill(0, 2)
    chosen = Product.objects.get(product_id="p1")
    staff.post("/admin/commerce/product/", {"action": "take_out_of_stock", "_selected_action": [chosen.pk]})
    assert list(Product.objects.filter(in_stock=False).values_list("product_id", flat=True)) == ["p1"]
