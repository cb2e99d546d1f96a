"""Metrics worked by hand, and a time split that lets nothing of the future through."""

from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from recommendations import evaluation, training
from recommendations.estimators import Interactions, Kind
from recommendations.estimators.interactions import DAY_US
from tests.recommendations.test_estimators import interactions


def test_the_metrics_of_two_people_worked_by_hand() -> None:
    hits = np.array([[False, True, True], [False, False, False]])
    top = np.array([[5, 6, 7], [5, 6, 8]])
    found = evaluation.summary(hits, np.array([4, 1]), top, products=10)
    gain = 1 / log2(3) + 1 / log2(4)
    ideal = 1 + 1 / log2(3) + 1 / log2(4) + 1 / log2(5)
    assert found.ndcg == pytest.approx(gain / ideal / 2)
    assert found.recall == pytest.approx((2 / 4 + 0) / 2)
    assert found.hit_rate == 0.5
    assert found.mrr == pytest.approx(1 / 2 / 2)
    assert found.coverage == 0.4
    assert found.people == 2


def test_recall_divides_by_twenty_where_the_truth_is_longer() -> None:
    found = evaluation.summary(np.ones((1, 20), bool), np.array([50]), np.arange(20)[None], products=60)
    assert found.recall == 1.0
    assert found.ndcg == pytest.approx(1.0)


def test_the_new_slice_asks_only_for_what_was_not_bought_before() -> None:
    data = interactions((0, 0, 1), (0, 0, 9), (0, 1, 9), (1, 1, 1), (1, 1, 9))
    split = evaluation.split_at(data, 5 * DAY_US)
    marks = evaluation.compare(
        split, {"zero_first": lambda people: np.tile(np.array([4, 3, 2, 1], np.float32), (len(people), 1))}
    )
    assert marks["all"]["zero_first"]["people"] == 2
    assert marks["all"]["zero_first"]["mrr"] == 0.75
    assert marks["new"]["zero_first"]["people"] == 1
    assert marks["new"]["zero_first"]["mrr"] == 1.0  # item 0 is owned, so item 1 comes first


def test_a_short_history_is_cut_at_its_last_fifth_a_long_one_at_ninety_days() -> None:
    short = interactions((0, 0, 0), (0, 1, 100))
    long = interactions((0, 0, 0), (0, 1, 1000))
    assert evaluation.time_split(short).cut_us == 80 * DAY_US
    assert evaluation.time_split(long).cut_us == 910 * DAY_US


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 50)), max_size=40), st.integers(0, 50))
def test_nothing_at_or_after_the_cut_is_trained_on(rows: list[tuple[int, int, int]], cut_day: int) -> None:
    split = evaluation.split_at(interactions(*rows), cut_day * DAY_US)
    assert (split.train.at_us < split.cut_us).all()
    assert (split.test.at_us >= split.cut_us).all()
    assert len(split.train) + len(split.test) == len(rows)


def test_the_fitted_rankers_do_not_change_with_the_future() -> None:
    """Leakage: whatever happens after the cut, the scores for everybody stay the same."""
    rng = np.random.default_rng(3)
    past = [(int(p), int(i), float(d)) for p, i, d in rng.integers(0, [20, 15, 50], size=(300, 3))]
    one = [*past, *((int(p), int(i), 80.0) for p, i in rng.integers(0, [20, 15], size=(100, 2)))]
    other = [*past, *((int(p), int(i), 90.0) for p, i in rng.integers(0, [20, 15], size=(100, 2)))]

    def scores(rows: list[tuple[int, int, float]]) -> dict[str, NDArray[np.float32]]:
        split = evaluation.split_at(interactions(*rows, items=15), 60 * DAY_US)
        rankers = training.rankers(split.train, split.cut_us, training.Params())
        return {name: np.array(ranker(np.arange(20))) for name, ranker in rankers.items()}

    before, after = scores(one), scores(other)
    assert before.keys() == {"popularity", "popularity_all_time", "buy_again", "for_you"}
    for name, values in before.items():
        np.testing.assert_array_equal(values, after[name])


def test_views_after_the_cut_are_no_truth() -> None:
    data = interactions((0, 0, 1), (0, 1, 9, Kind.VIEW))
    assert (
        evaluation.compare(
            evaluation.split_at(data, 5 * DAY_US), {"any": lambda people: np.ones((len(people), 4), np.float32)}
        )
        == {}
    )


def test_an_empty_history_has_no_marks_and_a_model_without_pairs() -> None:
    empty = Interactions(
        np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.int8), ("a",), 0
    )
    trained = training.train(empty, training.Params(), lambda step, note: None)
    assert "new" not in trained.metrics
    assert trained.model.popularity.tolist() == [0.0]


@pytest.mark.parametrize(
    ("fresh", "live", "goes_live"),
    [
        (None, None, True),
        (0.5, None, True),
        (1.3, 2.0, True),
        (0.8, 2.0, False),
        (0.8, 0.7, True),
        (None, 2.0, True),
    ],
)
def test_a_run_goes_live_unless_it_is_worse_than_popularity_and_than_the_live_one(
    fresh: float | None, live: float | None, goes_live: bool
) -> None:
    def metrics(lift: float | None) -> dict[str, object]:
        return {} if lift is None else {"new": {"for_you": {"ndcg": lift / 10}, "popularity": {"ndcg": 0.1}}}

    assert training.verdict(metrics(fresh), None if live is None else metrics(live))[0] is goes_live


def test_an_unknown_training_parameter_is_named() -> None:
    with pytest.raises(ValueError, match="unknown parameter 'lambda'"):
        training.Params.from_json({"lambda": 3})
    with pytest.raises(ValueError, match="method must be auto, ease or cosine, not 'svd'"):
        training.Params.from_json({"method": "svd"})
