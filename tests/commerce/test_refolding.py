"""From the inbox to carts and orders in the database, whatever the order and the batches."""

# Decimals are compared with whole numbers.
# mypy: disable-error-code="comparison-overlap"

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.lib.clock import to_us
from cdp.outbox.models import TopicRow
from commerce import queries
from commerce.models import Cart, Order, OrderLine
from events.models import Source
from tests.commerce.facts import at
from tests.commerce.world import (
    Drain,
    cart_states,
    everything,
    identify,
    make_source,
    send_and_work,
    track,
)
from tests.emptying import empty_tables

pytestmark = pytest.mark.django_db(transaction=True)
LINES = [{"product_id": "a", "quantity": 2, "price": 5}]


@pytest.fixture
def shop() -> Source:
    return make_source()


def told(topic: str, name: str) -> list[list[str]]:
    return [row.payload[name] for row in TopicRow.objects.filter(topic=topic).order_by("id")]


def test_a_cart_and_its_order_are_stored_and_told_of(shop: Source, drain: Drain) -> None:
    first = [track("Product Added", user="u", cart_id="c1", product_id="a", quantity=2, price="2.5", currency="EUR")]
    send_and_work(
        drain, shop, [first, [track("Order Completed", 5, user="u", order_id="o1", cart_id="c1", products=LINES)]]
    )
    cart = queries.cart_by_key("cart:c1")
    assert cart is not None
    assert (cart.state, cart.value, cart.currency, cart.order_id) == ("ordered", 5, "EUR", "o1")
    assert not cart.is_open
    order = Order.objects.get()
    assert (order.status, order.revenue, order.is_guest, order.placed_at) == ("placed", 10, False, at(5))
    assert told("cart.changed", "keys") == [["cart:c1"], ["cart:c1"]]
    assert told("order.changed", "order_ids") == [["o1"]]


def test_what_did_not_change_is_neither_written_nor_told(shop: Source, drain: Drain) -> None:
    send_and_work(drain, shop, [[track("Order Completed", user="u", order_id="o1", products=LINES)]])
    before = Order.objects.values_list("updated_at", "pk").get()
    lines = list(OrderLine.objects.values_list("pk", flat=True))
    send_and_work(drain, shop, [[track("Order Completed", user="u", order_id="o1", products=LINES)]])
    assert Order.objects.values_list("updated_at", "pk").get() == before
    assert list(OrderLine.objects.values_list("pk", flat=True)) == lines
    assert told("order.changed", "order_ids") == [["o1"]]


def test_a_refund_before_its_order_is_pending_then_settled(shop: Source, drain: Drain) -> None:
    send_and_work(drain, shop, [[track("Order Refunded", 9, user="u", order_id="o1", products=LINES)]])
    order = Order.objects.get()
    assert (order.status, order.refunded, order.placed_at) == ("pending", 10, None)
    send_and_work(drain, shop, [[track("Order Completed", 1, user="u", order_id="o1", products=LINES)]])
    order = Order.objects.get()
    assert (order.status, order.revenue, order.refunded) == ("refunded", 10, 10)
    assert list(order.lines.order_by("position").values_list("kind", "amount")) == [("goods", 10), ("refund", -10)]


def test_an_order_of_the_account_closes_the_guest_cart_whether_the_link_comes_before_or_after(
    shop: Source, drain: Drain
) -> None:
    added = track("Product Added", 0, anonymous="browser", product_id="a")
    link = identify("u", "browser", 1)
    order = track("Order Completed", 5, user="u", order_id="o1", products=LINES)
    send_and_work(drain, shop, [[added], [order]])
    assert cart_states() == ["open"]
    send_and_work(drain, shop, [[link]])
    assert cart_states() == ["ordered"]
    assert Cart.objects.get().order_id == "o1"


def test_a_new_item_after_the_order_opens_a_new_run(shop: Source, drain: Drain) -> None:
    send_and_work(
        drain,
        shop,
        [
            [track("Product Added", 0, user="u", product_id="a"), track("Order Completed", 5, user="u", order_id="o1")],
            [track("Product Added", 9, user="u", product_id="b")],
        ],
    )
    assert cart_states() == ["ordered", "open"]


def test_a_late_order_splits_a_run_and_a_late_item_moves_its_start(shop: Source, drain: Drain) -> None:
    items = [track("Product Added", minutes, user="u", product_id="a") for minutes in (10, 20)]
    send_and_work(drain, shop, [items])
    old = Cart.objects.get().key
    send_and_work(drain, shop, [[track("Order Completed", 15, user="u", order_id="o1")]])
    assert cart_states() == ["ordered", "open"]
    send_and_work(drain, shop, [[track("Product Added", 5, user="u", product_id="b")]])
    assert cart_states() == ["ordered", "open"]
    assert not Cart.objects.filter(key=old).exists()
    assert old in told("cart.changed", "keys")[-1]


def test_a_product_view_touches_neither_cart_nor_order(shop: Source, drain: Drain) -> None:
    send_and_work(drain, shop, [[track("Product Viewed", user="u", product_id="a", cart_id="c1", order_id="o1")]])
    assert (Cart.objects.count(), Order.objects.count(), told("cart.changed", "keys")) == (0, 0, [])


def test_an_order_placed_without_a_user_id_is_a_guest_s(shop: Source, drain: Drain) -> None:
    send_and_work(drain, shop, [[track("Order Completed", anonymous="x", order_id="o1")]])
    assert Order.objects.get().is_guest


def test_queries_answer_what_mail_and_training_ask(shop: Source, drain: Drain) -> None:
    send_and_work(
        drain,
        shop,
        [
            [
                track("Product Added", 0, user="u", product_id="a", price=3),
                track("Order Completed", 5, user="u", order_id="o1", products=LINES),
                track("Order Completed", 6, anonymous="guest", order_id="o2", products=LINES),
            ]
        ],
    )
    owner = Order.objects.get(order_id="o1").identifier_id
    assert owner is not None
    assert [order.order_id for order in queries.orders_since([owner], at(5))] == ["o1"]
    assert queries.orders_since([owner], at(6)) == []
    assert [cart.state for cart in queries.carts_of([owner])] == ["ordered"]
    bought = queries.purchases(until=at(6)).to_pylist()
    assert [(row["product_id"], row["occurred_us"]) for row in bought] == [("a", to_us(at(5)))]
    added = queries.product_events(["Product Added"], since=at(0), until=at(6))
    assert added["what"].to_pylist() == ["Product Added"]
    assert len(queries.purchases(until=at(5))) == 0


SCRIPT = [
    track("Product Added", 0, anonymous="browser", product_id="a", quantity=2, price=5),
    track("Product Added", 1, anonymous="browser", product_id="b", quantity=1, price=7, cart_id="c1"),
    track("Product Removed", 2, anonymous="browser", product_id="a", quantity=1),
    identify("u", "browser", 3),
    track("Order Completed", 4, user="u", order_id="o1", products=LINES, revenue=9),
    track("Order Refunded", 5, user="u", order_id="o1", products=[{"product_id": "a", "quantity": 1}]),
    track("Product Added", 6, user="u", product_id="c", price="1.5"),
    track("Order Refunded", 7, user="v", order_id="o2", total=3),
    track("Product Added", 8, user="v", cart_id="c1", product_id="d"),
    track("Cart Viewed", 20_000, user="u", products=LINES),
]


@given(st.permutations(range(len(SCRIPT))), st.lists(st.integers(1, 9), max_size=4), st.booleans())
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_shuffled_repeated_and_rebatched_events_end_the_same(
    drain: Drain, order: list[int], cuts: list[int], again: bool
) -> None:
    if not EXPECTED:
        EXPECTED.update(_replay(drain, [list(SCRIPT)]))
    shuffled = [SCRIPT[index] for index in order]
    edges = sorted({0, *cuts, len(shuffled)})
    batches = [shuffled[start:end] for start, end in pairwise(edges)]
    assert _replay(drain, [*batches, shuffled[:5] if again else []]) == EXPECTED


EXPECTED: dict[str, Any] = {}


def _replay(drain: Drain, batches: list[list[dict[str, Any]]]) -> dict[str, Any]:
    empty_tables()
    send_and_work(drain, make_source(), batches)
    return everything()
