"""Own: rebuy intervals, who comes back, and what is due, by hand."""

import numpy as np
import pytest

from recommendations.estimators import Kind, Own
from recommendations.estimators.interactions import DAY_US
from recommendations.estimators.own import DUE
from tests.recommendations.rows import Row, data_of, purchases, restored, same

NOW = 400 * DAY_US


def every(days: float, item: int, people: range, times: int = 4, start: float = 0.0) -> list[Row]:
    return [(person, item, start + days * at) for person in people for at in range(times)]


def test_the_interval_of_a_product_is_that_between_purchases_of_one_person() -> None:
    data = data_of(*every(30, 0, range(50)), *every(7, 1, range(50)), items=2)
    fitted = Own(prior=1e-6).fit(data, NOW)
    assert fitted.interval(0).median_days == pytest.approx(30, rel=1e-3)
    assert fitted.interval(1).median_days == pytest.approx(7, rel=1e-3)
    assert fitted.interval(0).rebuy_share == pytest.approx(1)


def test_orders_of_one_day_and_views_are_no_interval() -> None:
    data = data_of((0, 0, 1.0), (0, 0, 1.5), (0, 0, 20.0, Kind.VIEW), items=1)
    fitted = Own(prior=1.0).fit(data, NOW)
    assert fitted.interval(0).median_days == pytest.approx(60)
    assert fitted.interval(0).rebuy_share == 0


def test_a_product_without_intervals_has_its_categorys_and_without_a_category_the_wholes() -> None:
    rows = [*every(10, 0, range(40)), *every(90, 1, range(40)), (0, 2, 5.0), (0, 3, 5.0)]
    data = data_of(*rows, items=4, categories=["food", "gifts", "food", ""])
    fitted = Own(prior=1.0).fit(data, NOW)
    assert fitted.interval(2).median_days == pytest.approx(fitted.interval(0).median_days, rel=0.1)
    assert 10 < fitted.interval(2).median_days < 13
    assert fitted.interval(3).median_days == pytest.approx(30, rel=0.01)  # median of logs: between 10 and 90


def test_few_intervals_weigh_less_than_what_is_lent() -> None:
    data = data_of(*every(60, 0, range(100)), (0, 1, 0.0), (0, 1, 3.0), items=2)
    alone = Own(prior=1e-6).fit(data, NOW).interval(1).median_days
    lent = Own(prior=50).fit(data, NOW).interval(1).median_days
    assert alone == pytest.approx(3, rel=1e-3)
    assert lent == pytest.approx(np.exp((np.log(3) + 50 * np.log(60)) / 51), rel=1e-3)


def test_buyers_of_yesterday_do_not_tell_that_nobody_comes_back() -> None:
    settled = [*every(30, 0, range(50), times=2), *[(person, 0, 1.0) for person in range(50, 100)]]
    new = [(person, 1, 399.0) for person in range(50)]
    fitted = Own(prior=5.0).fit(data_of(*settled, *new, items=2), NOW)
    assert fitted.interval(0).rebuy_share == pytest.approx(0.5, abs=0.02)
    assert fitted.interval(1).rebuy_share == pytest.approx(0.5, abs=0.05)


def test_due_rises_to_its_interval_and_falls_long_after() -> None:
    fitted = Own(prior=1e-6).fit(data_of(*every(30, 0, range(50)), items=1), NOW)
    assert fitted.interval(0).spread == pytest.approx(0.3)
    dues = [fitted.due(0, NOW - int(days * DAY_US), NOW) for days in (0.5, 10, 30, 40, 80, 300)]
    assert dues[0] < 0.001
    assert dues[1] < DUE < dues[2]
    assert dues[2] == pytest.approx(0.99865, abs=1e-4)  # Φ(3)
    assert dues[3] > dues[4] > dues[5]
    assert dues[5] < DUE
    bought = purchases(*((0, 1.0, 400 - days) for days in (0.5, 30)), now_days=400).purchases
    assert fitted.due_codes(bought[:1], NOW) == frozenset()
    assert fitted.due_codes(bought[1:], NOW) == {0}
    assert fitted.due_codes((), NOW) == frozenset()


def test_what_nobody_buys_twice_is_never_due() -> None:
    rows = [*every(30, 0, range(50)), *[(person, 1, 1.0) for person in range(500)]]
    fitted = Own(prior=1.0).fit(data_of(*rows, items=2), NOW)
    assert fitted.due(1, NOW - 30 * DAY_US, NOW) == 0
    assert fitted.due(0, NOW - 30 * DAY_US, NOW) > DUE


def test_more_often_bought_comes_first_and_everything_is_because_of_itself() -> None:
    fitted = Own().fit(data_of(*every(30, 0, range(9)), *every(30, 1, range(9)), items=3), NOW)
    found = fitted.recommend(purchases((0, 1.0, 370), (1, 2.0, 370), now_days=400), 5)
    assert found.codes.tolist() == [1, 0]
    assert found.causes.tolist() == [1, 0]


def test_of_equal_counts_the_due_one_comes_first_and_timing_is_why() -> None:
    data = data_of(*every(30, 0, range(50)), *every(30, 1, range(50)), items=2)
    bought = purchases((0, 1.0, 399), (1, 1.0, 370), now_days=400)
    assert Own().fit(data, NOW).recommend(bought, 5).codes.tolist() == [1, 0]
    assert Own(floor=1.0).fit(data, NOW).recommend(bought, 5).codes.tolist() == [0, 1]


def test_what_people_come_back_for_comes_before_what_they_do_not() -> None:
    rows = [*every(30, 0, range(50)), *[(person, 1, 1.0) for person in range(50)]]
    found = Own().fit(data_of(*rows, items=2), NOW).recommend(purchases((0, 1.0, 300), (1, 1.2, 300), now_days=400), 5)
    assert found.codes.tolist() == [0, 1]


def test_a_person_with_one_purchase_gets_it_and_one_without_gets_nothing() -> None:
    fitted = Own().fit(data_of(*every(30, 0, range(9)), items=2), NOW)
    assert fitted.recommend(purchases((0, 1.0, 390), now_days=400), 5).codes.tolist() == [0]
    assert len(fitted.recommend(purchases(now_days=400), 5)) == 0


def test_before_anything_was_bought_twice_own_purchases_still_come_by_their_counts() -> None:
    fitted = Own().fit(data_of(items=2), NOW)
    assert fitted.recommend(purchases((0, 1.0, 390), (1, 3.0, 390), now_days=400), 5).codes.tolist() == [1, 0]
    assert fitted.due(0, 0, NOW) == 0


def test_a_restored_one_answers_alike() -> None:
    fitted = Own().fit(data_of(*every(30, 0, range(9)), *every(5, 1, range(5)), items=3), NOW)
    again = restored(fitted)
    bought = purchases((0, 1.0, 390), (1, 0.3, 399), (2, 2.0, 100), now_days=400)
    assert same(fitted.recommend(bought, 5), again.recommend(bought, 5))
    assert again.due(0, 370 * DAY_US, NOW) == fitted.due(0, 370 * DAY_US, NOW)
    assert again.params() == fitted.params()
