"""Which order closes which cart, and that arrival order never matters."""

import itertools
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.lib.clock import to_us
from commerce.closing import fold_people
from commerce.contracts import CartState, Fact
from commerce.orders import fold_order
from tests.commerce.facts import added, at, completed, fact, removed

ANN, BEN = UUID(int=1), UUID(int=2)
PERSON = {1: ANN, 2: ANN, 3: BEN}  # 1: Ann's browser, 2: Ann's account, 3: Ben
KINDS = {1: "anonymous_id", 2: "user_id", 3: "anonymous_id"}


def carts(*facts: Fact) -> dict[str, CartState]:
    named = {one.cart_id for one in facts if one.cart_id and one.name != "Order Completed"}
    return fold_people(facts, PERSON, KINDS, PERSON, named)


def states(*facts: Fact) -> dict[str, str]:
    return {key: state.state for key, state in carts(*facts).items()}


def run(identifier_id: int, minutes: float = 0) -> str:
    return f"run:{identifier_id}:{to_us(at(minutes))}"


def test_an_order_of_the_account_closes_the_guest_cart_of_the_same_person_only() -> None:
    found = states(added("a", identifier_id=1), added("b", identifier_id=3), completed(5, identifier_id=2))
    assert found == {run(1): "ordered", run(3): "open"}


def test_a_new_item_after_the_order_opens_a_new_run() -> None:
    found = states(added("a", identifier_id=1), completed(5, identifier_id=2), added("a", 9, identifier_id=1))
    assert found == {run(1): "ordered", run(1, 9): "open"}


def test_an_order_that_names_a_cart_closes_that_one_only() -> None:
    found = states(added("a", cart_id="c1"), added("b", cart_id="c2"), completed(5, cart_id="c2"))
    assert found == {"cart:c1": "open", "cart:c2": "ordered"}


def test_an_order_that_names_an_unknown_cart_closes_the_person_s_open_ones() -> None:
    found = states(added("a", cart_id="c1"), added("b"), completed(5, cart_id="c9", checkout_id="k9"))
    assert found == {"cart:c1": "ordered", run(1): "ordered"}


def test_an_order_of_somebody_else_closes_the_cart_it_names() -> None:
    found = states(added("a", cart_id="c1", identifier_id=1), completed(5, cart_id="c1", identifier_id=3))
    assert found == {"cart:c1": "ordered"}


def test_a_checkout_id_ties_an_order_to_the_cart_it_was_started_from() -> None:
    started = fact("Checkout Started", 1, cart_id="c1", checkout_id="k1")
    found = states(added("a", cart_id="c1"), started, added("b", cart_id="c2"), completed(5, checkout_id="k1"))
    assert found == {"cart:c1": "ordered", "cart:c2": "open"}


def test_a_checkout_id_may_be_the_cart_s_id() -> None:
    found = states(added("a", cart_id="c1"), added("b"), completed(5, checkout_id="c1"))
    assert found == {"cart:c1": "ordered", run(1): "open"}


def test_a_cart_shared_by_two_is_closed_by_either() -> None:
    found = states(
        added("a", cart_id="c1"), added("b", 1, cart_id="c1", identifier_id=3), completed(5, identifier_id=2)
    )
    assert found == {"cart:c1": "ordered"}


def test_an_order_told_twice_closes_at_its_earliest_time() -> None:
    told_again = completed(60, identifier_id=2, is_server=True)
    found = states(added("a"), completed(5), added("b", 30), told_again)
    assert found == {run(1): "ordered", run(1, 30): "open"}


def test_orders_without_an_id_close_too() -> None:
    assert carts(added("a"), completed(5, order_id=None))[run(1)].order_id is None
    assert states(added("a"), completed(5, order_id=None)) == {run(1): "ordered"}


def test_an_order_before_the_addition_closes_nothing() -> None:
    assert states(completed(-5), added("a")) == {run(1): "open"}


PRODUCTS = st.sampled_from(["a", "b"])
QUANTITIES = st.one_of(st.none(), st.integers(-1, 4), st.sampled_from(["2", "x", 1.5]))
CARTS = st.sampled_from([None, "c1", "c2"])
NAMES = (
    "Product Added",
    "Product Removed",
    "Cart Viewed",
    "Checkout Started",
    "Order Completed",
    "Order Refunded",
    "Order Cancelled",
)


@st.composite
def events(draw: st.DrawFn) -> Fact:
    properties: dict[str, Any] = {
        "product_id": draw(PRODUCTS),
        "quantity": draw(QUANTITIES),
        "price": draw(st.integers(0, 9)),
    }
    if draw(st.booleans()):
        entries = draw(st.lists(st.tuples(PRODUCTS, QUANTITIES), max_size=3))
        properties["products"] = [{"product_id": p, "quantity": q, "price": 2} for p, q in entries]
    if draw(st.booleans()):
        properties["checkout_id"] = draw(st.sampled_from(["k1", "c2"]))
    name = draw(st.sampled_from(NAMES))
    return fact(
        name,
        draw(st.sampled_from([0, 0, 1, 2, 3, 12_000, 24_000])),
        identifier_id=draw(st.integers(1, 3)),
        cart_id=draw(CARTS),
        order_id=draw(st.sampled_from([None, "o1", "o2"])) if name != "Product Added" else None,
        is_server=draw(st.booleans()),
        **properties,
    )


@given(st.lists(events(), max_size=12), st.randoms(use_true_random=False))
def test_shuffled_and_repeated_events_fold_to_the_same_carts_and_orders(facts: list[Fact], random: Any) -> None:
    again = [*facts, *facts[: len(facts) // 2]]
    random.shuffle(again)
    assert carts(*again) == carts(*facts)
    for order_id in ("o1", "o2"):
        own = [one for one in again if one.order_id == order_id]
        assert fold_order(order_id, own) == fold_order(order_id, [one for one in facts if one.order_id == order_id])


@given(st.lists(events(), max_size=12))
def test_no_line_is_ever_at_or_below_zero_and_a_state_fits_its_lines(facts: list[Fact]) -> None:
    for key, state in carts(*facts).items():
        assert state.key == key
        assert all(line.quantity > 0 for line in state.lines)
        assert (state.state == "open") <= bool(state.lines)
        assert (state.state == "emptied") <= (not state.lines)
        assert (state.order_id is not None) <= (state.state == "ordered")


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_an_order_before_between_or_after_its_merge_s_events_ends_the_same(order: tuple[int, ...]) -> None:
    facts = [added("a"), removed("a", 1, quantity=1), completed(5, identifier_id=2)]
    assert states(*(facts[index] for index in order)) == {run(1): "emptied"}
