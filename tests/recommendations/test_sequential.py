"""Sequential rules against visits worked by hand."""

import numpy as np
import pytest

from recommendations.estimators import neighbors
from recommendations.estimators.facing import Context, TrainingData
from recommendations.estimators.interactions import DAY_US, Kind
from recommendations.estimators.sequential import Sequential
from tests.recommendations.rows import restored, same
from tests.recommendations.test_visits import did
from tests.recommendations.test_vstan import NOW, random_visits, scores, seeing, visits

FOREVER = 1e9


def rules(fitted: Sequential) -> np.ndarray:
    return np.asarray(fitted.rules_.matrix(len(fitted.rules_.indptr) - 1).toarray())


def test_what_follows_at_once_counts_one_and_what_follows_later_less() -> None:
    fitted = Sequential(half_life_days=FOREVER).fit(visits([1, 2, 3]), NOW)
    total = 1 + 1 / 2
    assert rules(fitted)[1, [2, 3]] == pytest.approx([1 / total, 1 / 2 / total])
    assert rules(fitted)[2, 3] == pytest.approx(1.0)
    assert rules(fitted)[3].sum() == 0


def test_rules_do_not_reach_further_than_said_nor_into_the_next_visit() -> None:
    fitted = Sequential(reach=1, half_life_days=FOREVER).fit(visits([1, 2, 3], [4, 5]), NOW)
    assert sorted(zip(*(place.tolist() for place in np.nonzero(rules(fitted))), strict=True)) == [
        (1, 2),
        (2, 3),
        (4, 5),
    ]


def test_a_visit_counts_half_after_a_half_life() -> None:
    fitted = Sequential(half_life_days=10.0).fit(visits([1, 2], [1, 3], days=[80.0, 90.0]), NOW)
    assert rules(fitted)[1, 2] / rules(fitted)[1, 3] == pytest.approx(0.5, rel=1e-4)


def test_only_the_strongest_rules_of_a_product_are_kept() -> None:
    fitted = Sequential(top_k=1, half_life_days=FOREVER).fit(visits([1, 2], [1, 2], [1, 3]), NOW)
    assert np.flatnonzero(rules(fitted)[1]).tolist() == [2]


def test_lines_of_one_order_follow_each_other_in_no_order() -> None:
    rows = did((0, 1, 0, Kind.PURCHASE), (0, 2, 0, Kind.PURCHASE), products=4)
    assert Sequential().fit(TrainingData(rows), NOW).rules_.data.size == 0


def test_the_newest_product_of_a_visit_says_most_and_is_the_cause() -> None:
    fitted = Sequential(half_life_days=FOREVER, fading=0.5).fit(visits([1, 3], [2, 4]), NOW)
    found = fitted.recommend(seeing(1, 2), 9)
    assert scores(found) == pytest.approx({3: 0.5, 4: 1.0})
    assert dict(zip(found.codes.tolist(), found.causes.tolist(), strict=True)) == {3: 1, 4: 2}


def test_the_product_in_front_is_asked_instead_of_the_visit() -> None:
    fitted = Sequential().fit(visits([1, 3], [2, 4]), NOW)
    in_visit = Context(now_us=NOW, session=seeing(2).session, product=1)
    assert fitted.recommend(in_visit, 9).codes.tolist() == [3]


def test_the_products_asked_for_are_not_given_back() -> None:
    fitted = Sequential().fit(visits([1, 2, 1, 3]), NOW)
    assert fitted.recommend(seeing(2, 1), 9).codes.tolist() == [3]


@pytest.mark.parametrize("context", [Context(now_us=NOW), seeing(7), Context(now_us=NOW, product=7)])
def test_where_nothing_is_known_there_are_no_candidates(context: Context) -> None:
    assert len(Sequential().fit(visits([1, 2]), NOW).recommend(context, 9)) == 0
    assert len(Sequential().fit(TrainingData(did(products=8)), NOW).recommend(context, 9)) == 0


def test_blocks_of_any_size_learn_the_same_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    data = random_visits()
    whole = Sequential(top_k=5).fit(data, NOW).rules_
    spans = neighbors.spans
    monkeypatch.setattr(neighbors, "spans", lambda costs, most=0: spans(costs, 300))
    again = Sequential(top_k=5).fit(data, NOW).rules_
    for name, values in whole.arrays().items():
        assert np.array_equal(values, again.arrays()[name])


def test_what_is_restored_answers_alike() -> None:
    fitted = Sequential().fit(random_visits(), 2 * DAY_US)
    kept = restored(fitted)
    assert kept.params() == fitted.params()
    for codes in ([1], [5, 9], list(range(40))):
        assert same(fitted.recommend(seeing(*codes), 20), kept.recommend(seeing(*codes), 20))
