"""V-STAN against visits worked by hand."""

import math

import numpy as np
import pytest

from recommendations.estimators.facing import NO_CAUSE, Candidates, Context, Touched, TrainingData, best
from recommendations.estimators.interactions import DAY_US, Interactions, Kind
from recommendations.estimators.returning import BELIEF, MOST_HABIT, USUAL
from recommendations.estimators.vstan import GRID, S_KNN, VStan
from tests.recommendations.rows import restored, same
from tests.recommendations.test_visits import did

NOW = 100 * DAY_US
PLAIN = {**S_KNN, "length_power": 0.0}


def visits(*sequences: list[int], days: list[float] | None = None, products: int = 8) -> TrainingData:
    """Each visit a person's, views a minute apart, all on one day or on `days`."""
    starts = days or [1.0] * len(sequences)
    rows = [
        (person, item, starts[person] * 1440 + minute)
        for person, items in enumerate(sequences)
        for minute, item in enumerate(items)
    ]
    return TrainingData(did(*rows, products=products))


def seeing(*codes: int, kinds: dict[int, Kind] | None = None) -> Context:
    return Context(
        now_us=NOW,
        session=[
            Touched(code, 1.0, NOW - len(codes) + place, (kinds or {}).get(place, Kind.VIEW))
            for place, code in enumerate(codes)
        ],
    )


def scores(found: Candidates) -> dict[int, float]:
    return dict(zip(found.codes.tolist(), found.scores.tolist(), strict=True))


def test_plain_neighbours_count_the_visits_that_share_a_product() -> None:
    fitted = VStan(**PLAIN).fit(visits([1, 2], [1, 2], [1, 3], [4, 5]), NOW)
    assert scores(fitted.recommend(seeing(1), 9)) == pytest.approx({1: 3.0, 2: 2.0, 3: 1.0}, rel=0.01)


def test_a_neighbour_that_shares_more_says_more() -> None:
    fitted = VStan(**PLAIN).fit(visits([1, 2, 3], [1, 4]), NOW)
    assert scores(fitted.recommend(seeing(1, 2), 9)) == pytest.approx({1: 3.0, 2: 2.0, 3: 2.0, 4: 1.0}, rel=0.01)


def test_the_newest_touch_says_more_than_the_first() -> None:
    fitted = VStan(**{**PLAIN, "position_decay": 2.0}).fit(visits([1, 3], [2, 4]), NOW)
    found = scores(fitted.recommend(seeing(1, 2), 9))
    assert found[3] / found[4] == pytest.approx(math.exp(-1 / 2), rel=0.01)


def test_what_is_near_the_shared_product_says_more_and_after_it_more_than_before() -> None:
    fitted = VStan(**{**PLAIN, "distance_decay": 2.0, "after": 1.5}).fit(visits([4, 1, 2, 3]), NOW)
    found = scores(fitted.recommend(seeing(1), 9))
    near = math.exp(-1 / 2)
    assert [found[code] for code in (1, 2, 3, 4)] == pytest.approx([1.0, 1.5 * near, 1.5 * near**2, near], rel=0.01)


def test_a_neighbour_is_worth_half_after_a_half_life() -> None:
    fitted = VStan(**{**PLAIN, "half_life_days": 10.0}).fit(visits([1, 2], [1, 3], days=[80.0, 90.0]), NOW)
    found = scores(fitted.recommend(seeing(1), 9))
    assert found[2] / found[3] == pytest.approx(0.5, rel=1e-4)


def test_a_rare_product_finds_louder_neighbours() -> None:
    data = visits([1, 3], [2, 4], [2, 5], [2, 6])
    found = scores(VStan(**{**PLAIN, "idf_power": 1.0}).fit(data, NOW).recommend(seeing(2, 1), 9))
    assert found[3] / found[4] == pytest.approx(math.log1p(4 / 1) / math.log1p(4 / 3), rel=0.01)


def test_the_visits_own_products_have_a_weight_of_their_own() -> None:
    fitted = VStan(**{**PLAIN, "own_weight": 0.5, "own_decay": 2.0}).fit(visits([1, 2], [1, 2], [1, 3]), NOW)
    found = scores(fitted.recommend(seeing(5, 1), 9))
    again, back = fitted.habits_.tolist()
    assert found[1] == pytest.approx(3 + 0.5 * again * 3, rel=0.01)
    assert found[5] == pytest.approx(0.5 * back * math.exp(-1 / 2) * 3, rel=0.01)


def test_the_habits_of_looking_again_and_of_coming_back_are_learned() -> None:
    belief = BELIEF * np.array(USUAL)
    fitted = VStan().fit(visits([1, 1, 2, 1], [1, 2]), NOW)
    assert fitted.habits_ == pytest.approx((np.array([1, 1]) + belief) / (4 + BELIEF) / USUAL, rel=1e-5)
    assert VStan().fit(TrainingData(did()), NOW).habits_.tolist() == [1.0, 1.0]
    eager = VStan().fit(visits(*([1, 1, 1, 1] for _ in range(100))), NOW)
    assert eager.habits_[0] == MOST_HABIT


def test_where_nobody_looks_at_a_product_again_the_visits_own_are_hardly_given_back() -> None:
    straight = [[a, b, c] for a in range(8) for b in range(8) for c in range(8) if len({a, b, c}) == 3]
    found = best(VStan().fit(visits(*straight * 5), NOW).recommend(seeing(1, 2), 9), 9)
    assert set(found.codes[-2:].tolist()) == {1, 2}
    returning = [[a, b, a] for a in range(8) for b in range(8) if a != b] * 5
    found = best(VStan().fit(visits(*returning), NOW).recommend(seeing(1, 2), 9), 9)
    assert found.codes[0] == 1


def test_only_the_newest_visits_of_a_product_are_asked() -> None:
    data = visits([1, 2], [1, 3], [1, 4], days=[1.0, 2.0, 3.0])
    assert set(VStan(**PLAIN, recent_per_product=2).fit(data, NOW).recommend(seeing(1), 9).codes) == {1, 3, 4}
    assert set(VStan(**PLAIN, neighbours=1).fit(data, NOW).recommend(seeing(1), 9).codes) == {1, 4}


def test_the_cause_is_the_product_of_the_visit_that_spoke_most() -> None:
    fitted = VStan(**PLAIN).fit(visits([1, 3], [2, 4], [2, 4], [1, 5], [2, 5], [2, 5]), NOW)
    found = fitted.recommend(seeing(1, 2), 9)
    causes = dict(zip(found.codes.tolist(), found.causes.tolist(), strict=True))
    assert causes[3] == 1
    assert causes[4] == 2
    assert causes[5] == 2
    assert NO_CAUSE not in causes.values()


def test_an_addition_counts_more_than_a_view() -> None:
    data = visits([1, 3], [2, 4])
    fitted = VStan(**{**PLAIN, "add_weight": 1.5}).fit(data, NOW)
    found = scores(fitted.recommend(seeing(1, 2, kinds={0: Kind.ADD}), 9))
    assert found[3] / found[4] == pytest.approx(1.5, rel=0.01)


def test_what_was_bought_in_the_visit_is_not_given_back() -> None:
    fitted = VStan().fit(visits([1, 2], [1, 3]), NOW)
    assert set(fitted.recommend(seeing(1, kinds={0: Kind.PURCHASE}), 9).codes.tolist()) == {2, 3}


def test_interest_from_before_a_purchase_has_ended() -> None:
    fitted = VStan().fit(visits([1, 2], [4, 5]), NOW)
    assert set(fitted.recommend(seeing(1, 4, kinds={0: Kind.PURCHASE}), 9).codes.tolist()) == {4, 5}


def test_the_product_in_front_and_the_cart_are_asked_for_and_not_given_back() -> None:
    fitted = VStan().fit(visits([1, 2], [1, 3], [2, 4]), NOW)
    assert set(fitted.recommend(Context(now_us=NOW, product=1), 9).codes.tolist()) == {2, 3}
    assert set(fitted.recommend(Context(now_us=NOW, cart=(1, 2)), 9).codes.tolist()) == {3, 4}
    in_visit = Context(now_us=NOW, session=seeing(2).session, product=1)
    assert set(fitted.recommend(in_visit, 9).codes.tolist()) == {3, 4}


def test_a_visit_of_one_unknown_product_gives_back_that_product_alone() -> None:
    found = VStan().fit(visits([1, 2]), NOW).recommend(seeing(7), 9)
    assert found.codes.tolist() == [7]
    assert found.causes.tolist() == [7]


def test_nobody_and_nothing_get_no_candidates() -> None:
    assert len(VStan().fit(visits([1, 2]), NOW).recommend(Context(now_us=NOW), 9)) == 0
    empty = VStan().fit(TrainingData(did()), NOW)
    assert len(empty.recommend(Context(now_us=NOW, product=3), 9)) == 0
    assert empty.recommend(seeing(3), 9).codes.tolist() == [3]


def random_visits(seed: int = 3) -> TrainingData:
    rng = np.random.default_rng(seed)
    return visits(*(rng.integers(0, 40, rng.integers(2, 9)).tolist() for _ in range(300)), products=40)


def test_what_is_restored_answers_alike_and_so_does_a_second_fit() -> None:
    data = random_visits()
    fitted, again = VStan().fit(data, NOW), VStan().fit(data, NOW)
    kept = restored(fitted)
    assert kept.params() == fitted.params()
    for codes in ([1], [5, 9], [7, 7, 3], list(range(40)), [1, 2] * 30):
        found = fitted.recommend(seeing(*codes), 20)
        assert same(found, kept.recommend(seeing(*codes), 20))
        assert same(found, again.recommend(seeing(*codes), 20))
        assert len(set(found.codes.tolist())) == len(found)
        assert (found.scores > 0).all()
        assert np.isin(found.causes, codes).all()


@pytest.mark.parametrize("params", GRID)
def test_every_setting_to_be_tried_can_be_fitted(params: dict[str, object]) -> None:
    fitted = VStan(**params).fit(random_visits(), NOW)  # type: ignore[arg-type]
    assert len(best(fitted.recommend(seeing(1, 2), 20), 20)) == 20


def test_interactions_are_not_changed_by_learning_from_them() -> None:
    data = random_visits()
    before = [column.copy() for column in columns(data.interactions)]
    VStan().fit(data, NOW)
    assert all(np.array_equal(one, other) for one, other in zip(before, columns(data.interactions), strict=True))


def columns(rows: Interactions) -> tuple[np.ndarray, ...]:
    return rows.people, rows.items, rows.at_us, rows.kinds
