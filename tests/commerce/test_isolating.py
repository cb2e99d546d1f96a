"""One fact that cannot be folded keeps back nothing but what it stands in."""

from collections.abc import Iterator

import pytest
from django.db import connection

from cdp.outbox import services
from cdp.outbox.models import Delivery
from commerce.models import Cart, Order, Product
from tests.commerce.world import Drain, make_source, send, track

pytestmark = pytest.mark.django_db(transaction=True)
LINES = [{"product_id": "a", "quantity": 1, "price": 5}]


@pytest.fixture
def _poison() -> Iterator[None]:
    """The database refuses the cart and the order called bad, as it refuses what no check of ours foresaw."""
    with connection.cursor() as cursor:
        cursor.execute(
            """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
               RAISE EXCEPTION 'a.customer@example.com'; END $$;
               CREATE TRIGGER refuse BEFORE INSERT ON commerce_cart FOR EACH ROW WHEN (NEW.cart_id = 'bad')
               EXECUTE FUNCTION refuse();
               CREATE TRIGGER refuse BEFORE INSERT ON commerce_order FOR EACH ROW WHEN (NEW.order_id = 'bad')
               EXECUTE FUNCTION refuse()"""
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION IF EXISTS refuse() CASCADE")


def work() -> None:
    services.run_consumer("commerce.refold", seconds=0)
    Delivery.objects.filter(parked_at=None).update(available_at="2000-01-01T00:00Z")


@pytest.mark.usefixtures("_poison")
def test_a_poison_cart_and_a_poison_order_park_alone_and_everything_else_goes_on(drain: Drain) -> None:
    people = [track("Product Added", user=f"u{n}", product_id=f"p{n}", cart_id=f"c{n}") for n in range(9)]
    orders = [track("Order Completed", 5, user=f"u{n}", order_id=f"o{n}", products=LINES) for n in range(3)]
    people.insert(4, track("Product Added", user="x", product_id="px", cart_id="bad"))
    orders.insert(1, track("Order Completed", 5, user="y", order_id="bad", products=LINES))
    send(make_source(), *people, *orders)
    drain(only=frozenset({"events.process"}))
    work()
    delivery = Delivery.objects.get(consumer="commerce.refold")
    assert (Cart.objects.count(), Order.objects.count(), delivery.attempts) == (0, 0, 1)

    work()
    assert set(Cart.objects.values_list("cart_id", flat=True)) == {f"c{n}" for n in range(9)}
    assert set(Order.objects.values_list("order_id", flat=True)) == {"o0", "o1", "o2"}
    assert Product.objects.count() == 11
    delivery.refresh_from_db()
    assert delivery.done_at is None
    assert delivery.parked_at is not None
    assert "order bad: " in delivery.last_error
    assert "carts of identifier " in delivery.last_error
    assert delivery.last_error.count("; ") == 1
    assert "example.com" not in delivery.last_error

    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION refuse() CASCADE")
    services.retry_deliveries([delivery.pk])
    work()
    delivery.refresh_from_db()
    assert delivery.done_at is not None
    assert Cart.objects.filter(cart_id="bad").exists()
    assert Order.objects.filter(order_id="bad").exists()
