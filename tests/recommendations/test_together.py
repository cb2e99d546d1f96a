"""Bought and viewed together, against baskets worked by hand."""

import math
from typing import Any

import numpy as np
import pytest

from recommendations.estimators import neighbors
from recommendations.estimators.facing import Context, TrainingData
from recommendations.estimators.interactions import Kind
from recommendations.estimators.together import LARGEST, BoughtTogether, Together, ViewedTogether
from tests.recommendations.rows import restored, same
from tests.recommendations.test_visits import did
from tests.recommendations.test_vstan import NOW, scores, seeing, visits

BARE: dict[str, Any] = {"shrink": 0.0, "min_support": 1}


def orders(*baskets: list[int], products: int = 8) -> TrainingData:
    """Each basket an order of another person, a minute apart."""
    rows = [(person, item, float(person), Kind.PURCHASE) for person, items in enumerate(baskets) for item in items]
    return TrainingData(did(*rows, products=products))


def pairs(fitted: Together) -> np.ndarray:
    return np.asarray(fitted.pairs_.matrix(len(fitted.pairs_.indptr) - 1).toarray())


def test_strength_is_support_over_the_geometric_mean_and_the_same_both_ways() -> None:
    fitted = BoughtTogether(popularity_power=0.5, **BARE).fit(orders([1, 2], [1, 2], [1, 3], [4], [5]), NOW)
    assert pairs(fitted)[1, 2] == pytest.approx(2 / math.sqrt(3 * 2))
    assert pairs(fitted)[2, 1] == pairs(fitted)[1, 2]
    assert pairs(fitted).diagonal().tolist() == [0.0] * 8


def test_small_support_is_shrunk_and_the_smallest_is_none() -> None:
    data = orders([1, 2], [1, 2], [3, 4], [5])
    shrunk = pairs(BoughtTogether(popularity_power=0.5, shrink=2.0, min_support=2).fit(data, NOW))
    assert shrunk[1, 2] == pytest.approx(2 / (2 + 2))
    assert shrunk[3, 4] == 0


def test_what_is_in_every_basket_goes_with_nothing() -> None:
    fitted = BoughtTogether(**BARE).fit(orders([1, 2, 0], [1, 2, 0], [3, 4, 0], [3, 4, 0]), NOW)
    assert pairs(fitted)[:, 0].sum() == 0
    assert np.flatnonzero(pairs(fitted)[1]).tolist() == [2]


@pytest.mark.parametrize("more", [[], [[1]], [[1], [2]]], ids=["in every order", "one alone", "each alone once"])
def test_in_a_small_shop_where_nothing_is_above_chance_what_is_usual_goes_together(more: list[list[int]]) -> None:
    fitted = BoughtTogether().fit(orders(*[[1, 2]] * 4, *more), NOW)
    assert fitted.recommend(Context(now_us=NOW, cart=(1,)), 9).codes.tolist() == [2]
    assert fitted.recommend(Context(now_us=NOW, cart=(2,)), 9).codes.tolist() == [1]


def test_what_met_far_less_often_than_by_chance_goes_with_nothing() -> None:
    fitted = BoughtTogether(**BARE).fit(orders(*[[1]] * 20, *[[2]] * 20, [1, 2]), NOW)
    assert fitted.pairs_.data.size == 0


def test_two_orders_of_one_person_are_two_baskets() -> None:
    rows = did((0, 1, 0, Kind.PURCHASE), (0, 2, 1, Kind.PURCHASE), (1, 3, 0, Kind.PURCHASE), products=4)
    assert BoughtTogether(**BARE).fit(TrainingData(rows), NOW).pairs_.data.size == 0


def test_a_product_twice_in_an_order_counts_once() -> None:
    once = BoughtTogether(**BARE).fit(orders([1, 2], [3]), NOW)
    twice = BoughtTogether(**BARE).fit(orders([1, 1, 2], [3]), NOW)
    assert pairs(once).tolist() == pairs(twice).tolist()


def test_views_are_not_bought_and_purchases_not_viewed_together() -> None:
    looked = visits([1, 2], [1, 2], [3, 4], [3, 4], [5])
    assert BoughtTogether().fit(looked, NOW).pairs_.data.size == 0
    assert set(np.flatnonzero(pairs(ViewedTogether().fit(looked, NOW))[1])) == {2}
    assert ViewedTogether().fit(orders([1, 2], [1, 2], [3, 4]), NOW).pairs_.data.size == 0


def test_only_the_newest_baskets_count() -> None:
    data = orders([1, 2], [1, 3], [4], [5])
    assert np.argwhere(pairs(BoughtTogether(**BARE, most_baskets=3).fit(data, NOW))).tolist() == [[1, 3], [3, 1]]


def test_of_a_wholesale_order_only_some_products_count() -> None:
    data = orders(list(range(3 * LARGEST)), [1], [2], products=3 * LARGEST)
    fitted = BoughtTogether(**BARE, top_k=1000).fit(data, NOW)
    assert int((pairs(fitted).sum(axis=1) > 0).sum()) == LARGEST


def test_the_cart_is_completed_by_what_goes_with_its_products() -> None:
    fitted = BoughtTogether(**BARE).fit(orders([1, 3], [2, 3], [1, 4], [5], [6], [7]), NOW)
    found = fitted.recommend(Context(now_us=NOW, cart=(1, 2)), 9)
    assert scores(found) == pytest.approx({3: pairs(fitted)[1, 3] + pairs(fitted)[2, 3], 4: pairs(fitted)[1, 4]})
    assert set(found.causes.tolist()) <= {1, 2}
    assert found.codes[0] == 3


def test_what_goes_with_the_product_in_front_and_the_visit() -> None:
    fitted = BoughtTogether(**BARE, fading=0.5).fit(orders([1, 3], [2, 4], [5], [6]), NOW)
    assert fitted.recommend(Context(now_us=NOW, product=1), 9).codes.tolist() == [3]
    found = scores(fitted.recommend(seeing(1, 2), 9))
    assert found[3] == pytest.approx(0.5 * found[4])


@pytest.mark.parametrize("kind", [BoughtTogether, ViewedTogether])
def test_where_nothing_is_known_there_are_no_candidates(kind: type[Together]) -> None:
    empty = kind().fit(TrainingData(did(products=8)), NOW)
    for context in (Context(now_us=NOW), Context(now_us=NOW, cart=(1, 7)), seeing(3)):
        assert len(empty.recommend(context, 9)) == 0


def random_orders() -> TrainingData:
    rng = np.random.default_rng(4)
    return orders(*(rng.integers(0, 30, rng.integers(1, 8)).tolist() for _ in range(400)), products=30)


def test_blocks_of_any_size_learn_the_same_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = BoughtTogether(top_k=5).fit(random_orders(), NOW).pairs_
    spans = neighbors.spans
    monkeypatch.setattr(neighbors, "spans", lambda costs, most: spans(costs, 50))
    again = BoughtTogether(top_k=5).fit(random_orders(), NOW).pairs_
    for name, values in whole.arrays().items():
        assert np.array_equal(values, again.arrays()[name])


def test_what_is_restored_answers_alike() -> None:
    fitted = BoughtTogether().fit(random_orders(), NOW)
    kept = restored(fitted)
    assert kept.params() == fitted.params()
    for cart in ((1,), (5, 9), tuple(range(12))):
        context = Context(now_us=NOW, cart=cart)
        assert len(fitted.recommend(context, 20)) > 0
        assert same(fitted.recommend(context, 20), kept.recommend(context, 20))
