"""Marks worked by hand, cases that let nothing of the future through, and a training that does not change with it."""

from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations import training
from recommendations.estimators.facing import TrainingData
from recommendations.estimators.interactions import DAY_US, Interactions, Kind
from recommendations.evaluation.marking import K, gini, interval, padded, score, summary
from recommendations.training import cases
from recommendations.training.cases import Past
from recommendations.training.fitting import Fitter, Watch, before, between
from recommendations.training.judging import Scene
from recommendations.training.metrics import lift, marks_of
from recommendations.training.recipe import Params, recipe_of
from recommendations.training.running import Cuts
from recommendations.training.span import span_of
from tests.recommendations.rows import Row, data_of, interactions

QUIET = Watch(lambda percent, note: None, lambda: 0.0)


def codes(*given_codes: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(given_codes, dtype=np.int64)


def test_the_marks_of_two_cases_worked_by_hand() -> None:
    scored = score(padded([codes(5, 6, 7), codes(5, 6)]), [codes(6, 7, 1, 2), codes(9)])
    gain = 1 / log2(3) + 1 / log2(4)
    ideal = 1 + 1 / log2(3) + 1 / log2(4) + 1 / log2(5)
    assert scored.ndcg.tolist() == pytest.approx([gain / ideal, 0])
    assert scored.recall.tolist() == [2 / 4, 0]
    assert scored.hit_rate.tolist() == [1, 0]
    assert scored.mrr.tolist() == [1 / 2, 0]
    marks = summary(scored, codes(0, 1), products=10, known_by=np.full(10, 0.25))
    assert (marks["coverage"], marks["novelty"], marks["cases"]) == (0.3, 2.0, 2)
    assert marks["gini"] == round(gini(np.bincount([5, 6, 7, 5, 6], minlength=10)), 5)
    assert marks["mrr_low"] <= marks["mrr"] <= marks["mrr_high"]


def test_recall_divides_by_twenty_where_the_truth_is_longer() -> None:
    scored = score(padded([np.arange(50)]), [np.arange(50)])
    assert (scored.recall[0], scored.ndcg[0]) == (1.0, pytest.approx(1.0))
    assert scored.tops.shape == (1, K)


def test_intervals_are_by_people_and_the_same_every_time() -> None:
    values = np.tile([0.0, 1.0], 200)
    by_case = interval(values, np.arange(400))
    by_person = interval(values, np.repeat(np.arange(2), 200)[np.argsort(np.tile([0, 1], 200), kind="stable")])
    assert by_case == interval(values, np.arange(400))
    assert by_case[0] < 0.5 < by_case[1]
    assert by_case[1] - by_case[0] < by_person[1] - by_person[0]


def test_gini_is_zero_where_all_are_shown_alike_and_near_one_where_one_is_shown_alone() -> None:
    assert gini(np.full(100, 3)) == pytest.approx(0)
    assert gini(np.bincount([0] * 50, minlength=100)) == pytest.approx(0.99)


def past_of(*rows: Row, cut: float) -> tuple[Past, Interactions]:
    data = TrainingData(interactions(*rows))
    cut_us = int(cut * DAY_US)
    later = between(data, cut_us, data.interactions.until_us + 1).interactions
    return Past(before(data, cut_us).interactions, cut_us, 180.0), later


def test_the_cases_of_people_ask_only_for_what_was_not_bought_before() -> None:
    past, after = past_of((0, 0, 1), (0, 0, 9), (0, 1, 9), (1, 1, 1), (1, 1, 9), (2, 2, 9), cut=5)
    (one,) = cases.person_cases(past, after)
    assert (one.group, one.truth.tolist(), one.excluded) == (0, [1], frozenset({0}))
    assert [touch.code for touch in one.context.history] == [0]
    everything = cases.person_cases(past, after, new_only=False)
    assert [(case.group, case.truth.tolist()) for case in everything] == [(0, [0, 1]), (1, [1])]


def test_the_cases_of_visits_ask_at_every_moment_for_the_next_view() -> None:
    minute = 1 / 1440
    visit: list[Row] = [(0, 0, 9.0, Kind.VIEW), (0, 1, 9 + minute, Kind.VIEW), (0, 1, 9 + 2 * minute, Kind.ADD)]
    visit += [(0, 2, 9 + 3 * minute, Kind.VIEW), (0, 3, 9.5, Kind.VIEW)]
    past, after = past_of((0, 3, 1.0), *visit, cut=5)
    found = cases.session_cases(past, after)
    assert [([t.code for t in case.context.session], case.truth.tolist()) for case in found] == [
        ([0], [1]),
        ([0, 1, 1], [2]),
    ]
    assert [case.context.now_us for case in found] == [int(9 * DAY_US + m * 60e6) for m in (1, 3)]
    orders_only, later = past_of((0, 0, 1), (0, 1, 9), (0, 2, 9 + minute), cut=5)
    assert cases.session_cases(orders_only, later) == []


def test_the_cases_of_carts_take_one_product_out_and_carts_of_one_product_are_none() -> None:
    past, after = past_of((0, 0, 1), (0, 1, 9), (0, 2, 9), (1, 3, 9), cut=5)
    (one,) = cases.cart_cases(past, after)
    assert sorted([*one.context.cart, *one.truth.tolist()]) == [1, 2]
    assert (one.excluded, one.is_new_person) == (frozenset(one.context.cart), True)


def test_the_cases_of_products_know_the_visit_before_the_product_in_front() -> None:
    minute = 1 / 1440
    visits: list[Row] = [(who, code, 9 + code * minute, Kind.VIEW) for who in range(20) for code in range(4)]
    past, after = past_of((0, 0, 1), *visits, cut=5)
    found = {
        (case.context.product, tuple(t.code for t in case.context.session)) for case in cases.product_cases(past, after)
    }
    assert found == {(0, ()), (1, (0,)), (2, (0, 1))}


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 50)), max_size=40))
def test_contexts_hold_nothing_of_what_came_later(rows: list[tuple[int, int, int]]) -> None:
    past, after = past_of(*rows, cut=25)
    scene = Scene.of(TrainingData(past.interactions), TrainingData(after), past.cut_us, 180.0)
    for task in ("person", "session", "product", "cart", "own"):
        for case in scene.cases(task):
            assert all(touch.at_us < past.cut_us for touch in (*case.context.history, *case.context.purchases))
            assert all(touch.at_us < case.context.now_us for touch in case.context.session)
            assert len(case.truth)
            assert not set(case.truth.tolist()) & case.excluded


def test_a_short_history_is_cut_at_its_last_fifths_a_long_one_at_ninety_days() -> None:
    short, long = (data_of((0, 0, 0), (0, 1, days)) for days in (100, 1000))
    assert Cuts.of(short, Params()) == Cuts(64 * DAY_US, 80 * DAY_US)
    assert Cuts.of(long, Params()) == Cuts(820 * DAY_US, 910 * DAY_US)


def test_a_few_stragglers_neither_stretch_the_history_nor_are_its_test() -> None:
    usual: list[Row] = [(number % 7, 0, 3_000 + number / 10) for number in range(1_000)]
    assert span_of(data_of(*usual).interactions) == (3_000 * DAY_US, int(3_099.9 * DAY_US))
    data = data_of((0, 0, 0.0), *usual, (0, 1, 9_000))
    assert span_of(data.interactions) == (int(3_000.4 * DAY_US), int(3_099.5 * DAY_US))
    assert Cuts.of(data, Params()).test_us == pytest.approx(3_080 * DAY_US, rel=1e-3)
    assert training.train(data, Params(), QUIET).model.trained_until_us == int(3_099.5 * DAY_US)
    assert span_of(data_of(items=1).interactions) == (0, 0)


def test_parts_fitted_before_the_cut_do_not_change_with_the_future() -> None:
    """Leakage: whatever happens after the cut, every part learns the same to the last bit."""
    rng = np.random.default_rng(3)
    past: list[Row] = [(int(p), int(i), float(d)) for p, i, d in rng.integers(0, [20, 15, 50], size=(300, 3))]
    recipe = recipe_of(Params())

    def learned(day: float) -> dict[str, dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]]:
        later: list[Row] = [(int(p), int(i), day) for p, i in rng.integers(0, [20, 15], size=(100, 2))]
        data = before(data_of(*past, *later, items=15), 60 * DAY_US)
        parts = Fitter(data, 60 * DAY_US, QUIET).fit(recipe, start=0, end=100, what="test")
        return {name: part.arrays() for name, part in parts.items()}

    one, other = learned(80.0), learned(90.0)
    assert one.keys() == set(recipe.parts)
    for name, arrays in one.items():
        for key, values in arrays.items():
            np.testing.assert_array_equal(values, other[name][key])


def test_an_empty_history_has_no_table_and_a_model_that_knows_nothing() -> None:
    trained = training.train(data_of(items=1), Params(), QUIET)
    assert trained.metrics["tasks"] == {}
    assert trained.verdict.reason == "the first model: too little history to judge"
    assert list(trained.model.products) == ["p0"]


def test_metrics_of_a_run_before_this_version_are_still_read() -> None:
    old = {"new": {"for_you": {"ndcg": 0.12}, "popularity": {"ndcg": 0.05}}, "all": {}}
    assert marks_of(old, "person", "new", "model") == {"ndcg": 0.12}
    assert lift(old) == pytest.approx(2.4)
    assert (lift({}), lift(old, "session"), marks_of({}, "cart", "all", "model")) == (None, None, {})


def test_an_unknown_training_parameter_is_named() -> None:
    for asked, complaint in (
        ({"lambda": 3}, "unknown parameter 'lambda'; there are: half_life_days"),
        ({"test_share": 1.0}, "test_share must be below 1"),
        ({"max_interactions": 0}, "max_interactions must be a number above 0, not 0"),
        ({"parts": {"magic": {}}}, "unknown part 'magic'; there are: popularity, own, taste"),
        ({"parts": {"taste": {"l3": 1}}}, "unknown parameter 'l3' of taste; there are: method"),
    ):
        with pytest.raises(ValueError, match=complaint):
            Params.from_json(asked)


def test_every_task_stands_beside_popularity() -> None:
    """Also the cart, whose answers popularity has no part in."""
    rng = np.random.default_rng(5)
    rows: list[Row] = [
        (person, int(item), float(day))
        for person in range(60)
        for day in rng.choice(100, size=3, replace=False)
        for item in rng.choice(15, size=3, replace=False)
    ]
    tables = training.train(data_of(*rows, items=15), Params(), QUIET).metrics["tasks"]
    assert {"person", "cart", "own"} <= tables.keys()
    for task, slices in tables.items():
        for where, rankers in slices.items():
            assert {"popularity", "popularity_all_time"} <= rankers.keys(), (task, where)
