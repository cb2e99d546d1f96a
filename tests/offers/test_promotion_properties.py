"""What holds of every cart and every set of offers; the best combination against trying all of them."""

from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.lib.money import split_minor
from offers.contracts import Cart
from offers.promotions import LiveOffer, compile_offer
from offers.promotions.baskets import basket_of
from offers.promotions.best import best_of
from offers.promotions.compiled import Compiled, conflict
from offers.promotions.screening import needs_of
from offers.promotions.search import Costs, State, Table
from offers.terms import parse_terms
from tests.offers.carts import cart, evaluated, line, terms

PRICES = st.integers(0, 5000).map(lambda cents: f"{cents / 100:.2f}")
LINES = st.lists(
    st.builds(
        lambda product, price, quantity, brand: line(product, price, str(quantity), brand=brand),
        st.sampled_from("abc"),
        PRICES,
        st.integers(0, 4),
        st.sampled_from(["x", "y"]),
    ),
    max_size=5,
)
SCOPES = st.sampled_from([{}, {}, {"product_ids": ["a"]}, {"product_ids": ["a", "b"]}, {"brands": ["x"]}])
STACKING = st.sampled_from([{}, {}, {}, {"with": "none"}, {"group": "g"}, {"with": "all", "group": "g"}])
LEAST = st.sampled_from(["", "", "10", "40", "75.5"])
PERCENTS = st.sampled_from(["5", "10", "12.5", "33.3333", "50", "100"])


def _bundle(buy: int, get: int, price: str, scope: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    bought = {"quantity": buy, "scope": scope}
    if get:
        return {"buy": bought, "get": {"quantity": get, "scope": other, "percent": "50"}}
    return {"buy": bought, "price": price}


BUNDLES = st.builds(_bundle, st.integers(1, 3), st.integers(0, 2), PRICES, SCOPES, SCOPES)
OFFERS = st.builds(
    lambda kind, least, stacking, priority: {
        **kind, "stacking": stacking, "priority": priority, "conditions": {"subtotal_min": least},
    },
    st.one_of(
        st.builds(lambda value, scope, most: terms("percent", value, scope=scope, most_units=most or None),
                  PERCENTS, SCOPES, st.integers(0, 2)),
        st.builds(lambda value, scope, most: terms("amount", value, scope=scope, max_discount=most),
                  st.sampled_from(["0.01", "3", "20"]), SCOPES, st.sampled_from(["", "2.5"])),
        st.builds(lambda bundle: terms("bundle", bundle=bundle), BUNDLES),
        st.just(terms("free_shipping")),
        st.just(terms("points", points={"per": "1", "points": 1})),
    ),
    LEAST,
    STACKING,
    st.sampled_from([50, 60]),
)  # fmt: skip
SETS = st.lists(OFFERS, max_size=6).map(lambda found: {f"o{index}": one for index, one in enumerate(found)})


def compiled(offers: dict[str, dict[str, Any]]) -> list[Compiled]:
    return [
        compile_offer(LiveOffer(id=1, key=key, name=key, version=1, version_id=1, terms=parse_terms(raw)))
        for key, raw in offers.items()
    ]


def rank(state: State) -> tuple[int, int]:
    return state.saving, state.points


def best_by_trying_all(table: Table) -> tuple[int, int]:
    """Every compatible set, whole."""
    best = (0, 0)
    for size in range(1, len(table.offers) + 1):
        for chosen in combinations(table.offers, size):
            if not any(conflict(one, other) for one, other in combinations(chosen, 2)):
                state = table.run(chosen)
                if isinstance(state, State):
                    best = max(best, rank(state))
    return best


@given(LINES, SETS)
@settings(max_examples=80)
def test_parts_sum_to_the_whole_and_nothing_falls_below_0(lines: list[Any], offers: dict[str, Any]) -> None:
    found = evaluated(offers, cart(*lines, shipping="4.90"))
    off = sum(part.amount for one in found.best.applied for part in one.lines)
    assert found.totals.discount == off == sum(one.discount for one in found.lines)
    assert found.totals.total == found.totals.subtotal - off + found.totals.shipping
    assert found.best.saving == off + found.totals.shipping_discount
    assert all(0 <= one.total == one.subtotal - one.discount for one in found.lines)
    assert found.totals.shipping >= 0
    for one in found.best.applied:
        assert all(part.amount > 0 and part.quantity <= lines[part.index].quantity for part in one.lines)
        assert one.saving == one.discount + one.shipping


@given(LINES, SETS)
@settings(max_examples=120)
def test_the_best_combination_is_the_best_of_all(lines: list[Any], offers: dict[str, Any]) -> None:
    basket = basket_of(cart(*lines, shipping="4.90"))
    fit = [one for one in compiled(offers) if basket.live and not needs_of(one, basket, basket.amounts)]
    table = Table(basket, fit, {}, Costs(basket, {}))
    assert rank(best_of(table)) == best_by_trying_all(table)


@given(LINES, SETS)
@settings(max_examples=40)
def test_a_greedy_choice_is_a_compatible_set_too(lines: list[Any], offers: dict[str, Any]) -> None:
    many = {f"{key}-{copy}": raw for key, raw in offers.items() for copy in range(4)}
    basket = basket_of(cart(*lines, shipping="4.90"))
    fit = [one for one in compiled(many) if basket.live and not needs_of(one, basket, basket.amounts)]
    table = Table(basket, fit, {}, Costs(basket, {}))
    best = best_of(table)
    again = table.run([step.offer for step in best.steps])
    assert isinstance(again, State)
    assert (again.left, rank(again)) == (best.left, rank(best))
    assert not any(conflict(a.offer, b.offer) for a, b in combinations(best.steps, 2))
    alone = [state for one in table.offers if isinstance(state := table.run([one]), State)]
    assert rank(best)[0] >= max((state.saving for state in alone), default=0)


@given(LINES, st.lists(st.sampled_from(["10", "20.01", "99", "300"]), min_size=1, max_size=3))
@settings(max_examples=40)
def test_one_more_piece_never_makes_more_missing(lines: list[Any], least: list[str]) -> None:
    offers = {f"t{amount}": terms("percent", "10", conditions={"subtotal_min": amount}) for amount in least}

    def missing(basket: Cart) -> dict[str, Any]:
        return {one.offer: one.needs[0].missing for one in evaluated(offers, basket).missing}

    if before := missing(cart(*lines)):
        after = missing(cart(*lines, line("c", "7.77")))
        assert all(after.get(key, 0) < amount for key, amount in before.items())


@given(st.integers(-(10**6), 10**6), st.lists(st.integers(0, 10**4), min_size=1, max_size=8).filter(any))
@settings(max_examples=60)
def test_what_is_split_sums_to_the_whole_and_no_part_is_a_unit_off(amount: int, weights: list[int]) -> None:
    parts = split_minor(amount, weights)
    assert sum(parts) == amount
    total = sum(weights)
    assert all(abs(part * total - amount * weight) < total for part, weight in zip(parts, weights, strict=True))
