"""The fold of one cart, as a table of what happened and what is then in it."""

# Decimals are compared with whole numbers.
# mypy: disable-error-code="comparison-overlap"

from datetime import timedelta
from decimal import Decimal

import pytest

from cdp.lib.clock import to_us
from commerce.carts import Closing, fold_cart, fold_runs
from commerce.contracts import CartState, Fact
from tests.commerce.facts import START, added, amounts_of, at, fact, removed


def cart(*events: Fact, closings: tuple[Closing, ...] = ()) -> CartState:
    state = fold_cart("c1", events, closings, 1)
    assert state is not None
    return state


def closing(minutes: float, order_id: str = "o1", *, names_it: bool = False) -> Closing:
    return Closing(at(minutes), b"\xff" * 16, order_id, names_it)


VIEW = [{"product_id": "a", "quantity": 2, "price": 3}, {"sku": "b"}]
TABLE = [
    ("additions of one product add up", [added("a"), added("a", 1, 2)], {"a": 3}, "open"),
    ("a missing quantity is one", [fact("Product Added", product_id="a")], {"a": 1}, "open"),
    ("numbers may come as text", [added("a", quantity="2")], {"a": 2}, "open"),
    ("a removal takes its quantity", [added("a", 0, 3), removed("a", 1, quantity=1)], {"a": 2}, "open"),
    ("a removal without quantity takes the line", [added("a", 0, 3), removed("a", 1)], {}, "emptied"),
    ("removing too much leaves nothing", [added("a"), added("b"), removed("a", 1, quantity=9)], {"b": 1}, "open"),
    ("a removal is over when it is over", [added("a"), removed("a", 2, quantity=5), added("a", 3)], {"a": 1}, "open"),
    ("a cart view replaces the lines", [added("z"), fact("Cart Viewed", 1, products=VIEW)], {"a": 2, "b": 1}, "open"),
    ("a cart view without products changes nothing", [added("a"), fact("Cart Viewed", 1)], {"a": 1}, "open"),
    ("an empty cart view empties", [added("a"), fact("Cart Viewed", 1, products=[])], {}, "emptied"),
    ("a checkout replaces them", [added("z"), fact("Checkout Started", 1, products=VIEW)], {"a": 2, "b": 1}, "open"),
    ("a wish list's product is added", [fact("Wishlist Product Added to Cart", product_id="a")], {"a": 1}, "open"),
    ("product views do not touch the cart", [added("a"), fact("Product Viewed", 9, product_id="b")], {"a": 1}, "open"),
    ("nonsense is not put in", [added("a"), added("b", 1, -2), added("undefined", 2)], {"a": 1}, "open"),
]  # fmt: skip


@pytest.mark.parametrize(("events", "lines", "state"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_is_in_the_cart(events: list[Fact], lines: dict[str, int], state: str) -> None:
    folded = cart(*events)
    assert amounts_of(folded.lines) == lines
    assert folded.state == state


def test_nothing_put_in_is_no_cart() -> None:
    assert fold_cart("c1", [fact("Cart Viewed"), removed("a")], [closing(1, names_it=True)], 1) is None


def test_variants_are_lines_of_their_own_and_a_removal_without_variant_takes_them_in_turn() -> None:
    folded = cart(added("a", 0, 2, variant="red"), added("a", 1, 2, variant="blue"), removed("a", 2, quantity=3))
    assert [(line.variant, line.quantity) for line in folded.lines] == [("blue", 1)]


def test_value_counts_priced_lines_exactly_and_keeps_the_latest_price() -> None:
    folded = cart(
        added("a", 0, 1, "0.1"),
        added("a", 1, 2, Decimal("0.2"), currency="eur"),
        fact("Product Added", 2, product_id="b"),
    )
    assert folded.value == Decimal("0.6")
    assert folded.currency == "EUR"


def test_times_tell_opening_adding_and_activity() -> None:
    folded = cart(fact("Cart Viewed", -5), added("a", 1), added("b", 2), removed("b", 3), fact("Cart Viewed", 4))
    assert (folded.opened_at, folded.last_added_at, folded.last_activity_at) == (at(1), at(2), at(4))


def test_a_view_of_the_same_lines_adds_nothing_but_one_with_more_does() -> None:
    same = fact("Cart Viewed", 5, products=[{"product_id": "a", "quantity": 1}])
    more = fact("Cart Viewed", 6, products=[{"product_id": "a", "quantity": 2}])
    assert cart(added("a"), same).last_added_at == at(0)
    assert cart(added("a"), same, more).last_added_at == at(6)


def test_an_order_closes_and_keeps_the_lines() -> None:
    folded = cart(added("a"), removed("a", 9), closings=(closing(5),))
    assert (folded.state, folded.order_id, amounts_of(folded.lines)) == ("ordered", "o1", {"a": 1})
    assert folded.last_activity_at == at(5)


def test_an_addition_after_the_order_opens_the_named_cart_anew() -> None:
    folded = cart(added("a"), added("b", 9), closings=(closing(5),))
    assert (folded.state, folded.order_id, amounts_of(folded.lines)) == ("open", None, {"b": 1})
    assert folded.opened_at == at(9)


def test_only_an_order_that_names_it_closes_an_emptied_cart() -> None:
    events = (added("a"), removed("a", 1))
    assert cart(*events, closings=(closing(5),)).state == "emptied"
    assert cart(*events, closings=(closing(5, names_it=True),)).state == "ordered"


def test_runs_end_with_an_order() -> None:
    runs = fold_runs(7, [added("a"), added("b", 9)], [closing(5)])
    assert [(run.key, run.state, amounts_of(run.lines)) for run in runs] == [
        (f"run:7:{to_us(at(0))}", "ordered", {"a": 1}),
        (f"run:7:{to_us(at(9))}", "open", {"b": 1}),
    ]


def test_runs_end_after_more_than_seven_idle_days() -> None:
    week = timedelta(days=7) / timedelta(minutes=1)
    assert len(fold_runs(7, [added("a"), added("b", week)], [])) == 1
    assert len(fold_runs(7, [added("a"), added("b", week + 1)], [])) == 2
    kept_warm = [added("a"), fact("Cart Viewed", week / 2), added("b", week + 1)]
    assert len(fold_runs(7, kept_warm, [])) == 1


def test_an_order_closes_idle_runs_too() -> None:
    runs = fold_runs(7, [added("a"), added("b", 20_000)], [closing(20_001)])
    assert [run.state for run in runs] == ["ordered", "ordered"]


def test_a_run_begins_with_what_is_put_in() -> None:
    runs = fold_runs(7, [fact("Cart Viewed", -3), removed("x", -2), added("a")], [])
    assert [run.key for run in runs] == [f"run:7:{to_us(START)}"]
