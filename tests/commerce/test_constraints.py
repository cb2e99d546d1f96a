"""The promises the database keeps itself."""

import pytest
from django.db import IntegrityError, connection, transaction

from commerce.models import Cart, Order, OrderLine, Product
from tests.commerce.facts import START

pytestmark = pytest.mark.django_db


def test_a_product_a_cart_and_an_order_exist_once() -> None:
    times = {"opened_at": START, "last_activity_at": START}
    for make in (
        lambda: Product.objects.create(product_id="a", seen_at=START),
        lambda: Cart.objects.create(key="cart:a", identifier_id=1, state="open", digest=b"", **times),
        lambda: Order.objects.create(order_id="a", status="placed", digest=b""),
    ):
        make()
        with pytest.raises(IntegrityError), transaction.atomic():
            make()


def test_an_order_has_one_line_a_position() -> None:
    order = Order.objects.create(order_id="a", status="placed", digest=b"")
    line = {
        "order": order,
        "position": 0,
        "kind": "goods",
        "quantity": 1,
        "price": 1,
        "amount": 1,
        "occurred_at": START,
    }
    OrderLine.objects.create(**line)
    with pytest.raises(IntegrityError, match="commerce_orderline_position"), transaction.atomic():
        OrderLine.objects.create(**line)


def test_locks_are_taken_in_sorted_stripes() -> None:
    from commerce.services.locking import lock_carts_and_orders, lock_identifiers

    with transaction.atomic():
        lock_identifiers(range(5000))
        lock_carts_and_orders([f"c{number}" for number in range(5000)], ["o"])
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
            (held,) = cursor.fetchone()
    assert held <= 2048
