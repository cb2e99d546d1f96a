"""Carts go with their person; orders stay for the books and lead to nobody, whatever comes for them later."""

from decimal import Decimal
from typing import Any

import pytest

from cdp.lib.clock import utc_now
from cdp.lib.rights import Held, Person
from commerce import rights
from commerce.models import Cart, Order, OrderLine
from commerce.services import refold
from events.models import Event, Source
from privacy.stores import stores
from profiles.models import Identifier
from tests.commerce.world import Drain, make_source, send, send_and_work, track

pytestmark = pytest.mark.django_db
LINE: dict[str, Any] = {"product_id": "p1", "name": "Lamp", "price": "9.50", "quantity": 2}

SUM: dict[str, Any] = {"total": 19, "currency": "EUR", "products": [LINE]}


@pytest.fixture
def shop() -> Source:
    return make_source()


@pytest.fixture
def jane(shop: Source, drain: Drain) -> Person:
    """A cart and a later order; John has an order, too."""
    events = [
        track("Product Added", 1, user="jane", cart_id="jane-cart", **LINE),
        track(
            "Order Completed", 5, user="jane", order_id="o1", cart_id="old", total=19, currency="EUR", products=[LINE]
        ),
        track("Order Completed", 6, user="john", order_id="o2", total=19, currency="EUR", products=[LINE]),
    ]
    send_and_work(drain, shop, [events])
    found = Identifier.objects.get(kind="user_id", value="jane")
    return Person((Held(found.pk, found.kind, found.value),), (found.profile_id,))


def test_carts_and_orders_are_exported_whole(jane: Person) -> None:
    (carts,) = [list(part.rows) for part in rights.export_carts(jane)]
    (orders,) = [list(part.rows) for part in rights.export_orders(jane)]
    assert [row["cart_id"] for row in carts] == ["jane-cart"]
    assert [(row["order_id"], row["total"], len(row["lines"])) for row in orders] == [("o1", "19.000000", 1)]
    assert orders[0]["lines"][0]["product_id"] == "p1"


def test_a_cart_is_deleted_and_an_order_stays_without_its_person(jane: Person) -> None:
    lines = list(OrderLine.objects.order_by("pk").values("pk", "amount"))
    assert (rights.carts_remain(jane), rights.orders_remain(jane)) == (1, 1)
    assert rights.erase_carts(jane, utc_now()).counts == {"carts deleted": 1}
    assert rights.erase_orders(jane, utc_now()).counts == {"orders made nobody's, kept for the books": 1}
    assert (rights.carts_remain(jane), rights.orders_remain(jane), Cart.objects.count()) == (0, 0, 0)
    order = Order.objects.get(order_id="o1")
    assert (order.identifier_id, order.cart_id, order.country, order.total) == (None, None, "", Decimal("19"))
    assert list(OrderLine.objects.order_by("pk").values("pk", "amount")) == lines
    assert Order.objects.get(order_id="o2").identifier_id is not None
    assert rights.erase_orders(jane, utc_now()).counts == {"orders made nobody's, kept for the books": 0}


def test_an_order_that_is_not_folded_yet_is_not_lost_for_the_books(jane: Person, shop: Source, drain: Drain) -> None:
    """Its event is stored, and its topic waits: erasing the events next must not take the order with them."""
    send(shop, track("Order Completed", 7, user="jane", order_id="o3", **SUM))
    send(shop, track("Order Refunded", 8, user="jane", order_id="o1", total=19, currency="EUR"))
    drain(only={"events.process"})
    assert rights.erase_orders(jane, utc_now()).counts == {"orders made nobody's, kept for the books": 2}
    Event.objects.filter(identifier_id__in=jane.ids).delete()
    drain(only={"commerce.refold"})
    found = Order.objects.filter(order_id__in=["o1", "o3"]).order_by("order_id")
    assert list(found.values_list("order_id", "identifier_id", "total", "refunded")) == [
        ("o1", None, Decimal("19"), Decimal("19")),
        ("o3", None, Decimal("19"), Decimal("0")),
    ]
    assert found[0].is_guest is False


def test_orders_are_parted_before_their_events_go() -> None:
    """Else a refold in between finds an order without events and deletes it."""
    names = [store.name for store in stores()]
    assert names.index("orders") < names.index("events")


def test_refolding_brings_neither_back(jane: Person, shop: Source, drain: Drain) -> None:
    """Events of the person are gone by then; what a server still tells of the order changes nothing."""
    rights.erase_carts(jane, utc_now())
    rights.erase_orders(jane, utc_now())
    Event.objects.filter(identifier_id__in=jane.ids).delete()
    refold(identifier_ids=jane.ids, cart_ids=["jane-cart"], order_ids=["o1"], now=utc_now())
    send_and_work(drain, shop, [[track("Order Refunded", 9, user="erp", order_id="o1", total=19, currency="EUR")]])
    kept = Order.objects.get(order_id="o1")
    assert (kept.identifier_id, kept.status, kept.total) == (None, "placed", Decimal("19"))
    assert Cart.objects.count() == 0


def test_without_the_mark_a_refund_would_take_the_order_out_of_the_books(
    jane: Person, shop: Source, drain: Drain
) -> None:
    """The negative control: what the mark of an order kept without a person is for."""
    rights.erase_orders(jane, utc_now())
    Order.objects.update(digest=b"\0" * 16)
    Event.objects.filter(identifier_id__in=jane.ids).delete()
    refold(order_ids=["o1"], now=utc_now())
    assert not Order.objects.filter(order_id="o1").exists()
