"""The fold of one order."""

# Decimals are compared with whole numbers.
# mypy: disable-error-code="comparison-overlap"

from decimal import Decimal
from typing import Any

from commerce.contracts import Fact, OrderState
from commerce.orders import fold_order
from tests.commerce.facts import at, completed, fact

TWO = [{"product_id": "a", "quantity": 2, "price": "5.00"}, {"product_id": "b", "price": 7}]


def order(*events: Fact) -> OrderState:
    state = fold_order("o1", events)
    assert state is not None
    return state


def refund(minutes: float, **rest: Any) -> Fact:
    return fact("Order Refunded", minutes, order_id="o1", **rest)


def refunds(state: OrderState) -> list[tuple[str, Decimal, Decimal]]:
    return [(line.product_id, line.quantity, line.amount) for line in state.lines if line.kind == "refund"]


def test_a_completed_order_has_its_lines_and_money() -> None:
    told: dict[str, Any] = {
        "revenue": "16.5",
        "total": 20,
        "tax": 2,
        "shipping": "1.5",
        "discount": 0.5,
        "currency": "gbp",
    }
    state = order(completed(3, products=TWO, country="Norway", cart_id="c9", **told))
    assert (state.status, state.currency, state.country, state.cart_id) == ("placed", "GBP", "Norway", "c9")
    assert (state.revenue, state.total, state.tax) == (Decimal("16.5"), Decimal(20), Decimal(2))
    assert (state.shipping, state.discount, state.refunded) == (Decimal("1.5"), Decimal("0.5"), Decimal(0))
    assert state.placed_at == at(3)
    assert [(line.kind, line.product_id, line.quantity, line.amount, line.occurred_at) for line in state.lines] == [
        ("goods", "a", 2, Decimal(10), at(3)),
        ("goods", "b", 1, Decimal(7), at(3)),
    ]


def test_revenue_untold_is_total_less_tax_and_shipping_else_subtotal_else_the_lines() -> None:
    assert order(completed(total=20, tax=2, shipping=3)).revenue == 15
    assert order(completed(subtotal=11, products=TWO)).revenue == 11
    assert order(completed(products=TWO)).revenue == 17


def test_each_field_is_told_by_a_server_before_a_browser_then_by_the_latest() -> None:
    server = completed(1, revenue=10, is_server=True, identifier_id=4)
    browser = completed(9, revenue=99, currency="EUR", products=TWO, identifier_id=5)
    update = fact("Order Updated", 3, revenue=12, is_server=True, identifier_id=4)
    state = order(browser, server, update)
    assert (state.revenue, state.currency, state.identifier_id, state.placed_at) == (12, "EUR", 4, at(1))
    assert len(state.lines) == 2


def test_a_started_checkout_tells_only_what_no_order_event_tells() -> None:
    started = fact("Checkout Started", 0, order_id="o1", revenue=50, currency="USD", is_server=True)
    assert order(started).status == "started"
    assert order(started).placed_at is None
    state = order(started, completed(1, revenue=45))
    assert (state.status, state.revenue, state.currency) == ("placed", 45, "USD")


def test_a_cancelled_order_is_cancelled_whatever_comes_later() -> None:
    state = order(completed(revenue=5), fact("Order Cancelled", 1), fact("Order Updated", 2, revenue=6))
    assert (state.status, state.revenue) == ("cancelled", 6)


def test_a_refund_of_products_is_partial_and_priced_by_the_order() -> None:
    state = order(completed(products=TWO), refund(5, products=[{"product_id": "a", "quantity": 1}]))
    assert refunds(state) == [("a", -1, Decimal(-5))]
    assert (state.status, state.refunded, state.lines[-1].occurred_at) == ("partly_refunded", 5, at(5))


def test_a_refund_of_an_amount_is_one_line() -> None:
    state = order(completed(products=TWO), refund(5, total=3))
    assert (refunds(state), state.status) == ([("", -1, Decimal(-3))], "partly_refunded")


def test_a_refund_of_neither_gives_back_all_that_is_left_once() -> None:
    partly = refund(4, products=[{"product_id": "a", "quantity": 1}])
    state = order(completed(products=TWO), partly, refund(5), refund(6))
    assert refunds(state) == [("a", -1, Decimal(-5)), ("a", -1, Decimal(-5)), ("b", -1, Decimal(-7))]
    assert (state.status, state.refunded) == ("refunded", 17)


def test_a_full_refund_without_lines_gives_back_the_revenue() -> None:
    assert refunds(order(completed(revenue=30), refund(1, total=10), refund(2))) == [("", -1, -10), ("", -1, -20)]


def test_one_refund_told_by_server_and_browser_counts_once() -> None:
    state = order(completed(products=TWO), refund(1, total=3), refund(2, total=3, is_server=True))
    assert state.refunded == 3


def test_a_refund_without_its_order_is_pending_and_its_lines_count() -> None:
    early = refund(5, products=[{"product_id": "a", "quantity": 1, "price": 5}], country="Norway", currency="GBP")
    state = order(early)
    assert (state.status, state.placed_at, state.refunded, state.country) == ("pending", None, 5, "Norway")
    assert refunds(state) == [("a", -1, Decimal(-5))]
    assert order(early, completed(1, products=TWO)).status == "partly_refunded"


def test_a_full_refund_before_its_order_takes_effect_when_the_order_arrives() -> None:
    assert refunds(order(refund(5))) == []
    assert order(refund(5), completed(9, products=TWO)).status == "refunded"


def test_negative_quantities_and_prices_stay_what_they_are() -> None:
    state = order(
        completed(products=[{"product_id": "x", "quantity": -3, "price": 0}, {"quantity": 1, "price": "-11062.06"}])
    )
    assert [line.amount for line in state.lines] == [0, Decimal("-11062.06")]
    assert state.revenue == Decimal("-11062.06")


def test_wild_values_never_raise() -> None:
    wild = [{"product_id": {"a": 1}, "quantity": 10**10, "price": 10**10}, {"price": True}, "text", None]
    state = order(completed(products=wild, revenue={"x": 1}, currency=5, country=[1], total="1e400"))
    assert [line.amount for line in state.lines] == [Decimal("1e11"), 0]
    assert fold_order("o1", [fact("Product Added", order_id="o1")]) is None
