"""Scores by quantile and by thresholds, held to pandas; ties; the table of groups."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiences.rfm import GROUPS, TABLE, Edges, Settings, cells_of, edges_of, finite, infinite, quantile_edges, score


def scores(values: list[float], edges: tuple[float, ...]) -> list[int]:
    return (1 + np.searchsorted(np.asarray(edges), np.asarray(values), side="right")).tolist()  # type: ignore[no-any-return]


@given(st.lists(st.integers(-20, 20), min_size=1, max_size=60))
def test_a_quantile_score_is_what_pandas_says(values: list[int]) -> None:
    found = scores([float(value) for value in values], quantile_edges(np.asarray(values, dtype=np.float64)))
    by_hand = 1 + (pd.Series(values).rank(method="min") - 1) * 5 // len(values)
    assert found == by_hand.astype(int).tolist()


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_equal_values_get_equal_scores_and_larger_ones_no_lower(values: list[int]) -> None:
    found = scores([float(value) for value in values], quantile_edges(np.asarray(values, dtype=np.float64)))
    for value, mark in zip(values, found, strict=True):
        assert all(
            (other >= mark) if larger >= value else (other <= mark) for larger, other in zip(values, found, strict=True)
        )


def test_ten_different_people_are_two_a_fifth() -> None:
    assert scores([float(n) for n in range(10)], quantile_edges(np.arange(10.0))) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_where_most_are_equal_they_share_the_lowest_score() -> None:
    values = np.asarray([1.0] * 7 + [2, 3, 9])
    assert scores(values.tolist(), quantile_edges(values)) == [1] * 7 + [4, 5, 5]


def test_edges_of_nobody_give_everybody_the_lowest_score() -> None:
    edges = quantile_edges(np.asarray([]))
    assert scores([3.0], edges) == [1]
    assert infinite(finite(edges)) == edges


def test_fixed_thresholds_belong_to_the_better_score() -> None:
    settings = Settings(
        method="fixed", recency_days=(30, 90, 180, 365), orders=(2, 3, 5, 10), revenue=(50, 150, 300, 1000)
    )
    days = np.asarray([0.0, 30, 31, 90, 180, 365, 366])
    orders = np.asarray([1.0, 2, 3, 4, 5, 10, 99])
    money = np.asarray([-5.0, 49.99, 50, 150, 300, 999.99, 1000])
    found = score(days, orders, money, Edges.fixed(settings))
    assert found.r.tolist() == [5, 5, 4, 4, 3, 2, 1]
    assert found.f.tolist() == [1, 2, 3, 3, 4, 5, 5]
    assert found.m.tolist() == [1, 1, 2, 3, 4, 4, 5]
    assert found.fm.tolist() == [1, 2, 3, 3, 4, 5, 5]
    assert found.group == [
        *("new_customers", "potential_loyalists", "loyal", "loyal", "loyal", "at_risk", "cant_lose"),
    ]


def test_a_newcomer_is_scored_by_the_edges_of_those_before() -> None:
    settings = Settings()
    days, orders, money = (
        np.asarray([1.0, 10, 20, 30, 40]),
        np.asarray([5.0, 4, 3, 2, 1]),
        np.asarray([50.0, 40, 30, 20, 10]),
    )
    edges = edges_of(settings, days, orders, money)
    assert score(days, orders, money, edges).group == ["champions", "loyal", "need_attention", "hibernating", "lost"]
    new = score(np.asarray([0.0]), np.asarray([1.0]), np.asarray([15.0]), edges)
    assert (new.r.tolist(), new.f.tolist(), new.m.tolist(), new.group) == ([5], [1], [1], ["new_customers"])


def test_the_table_has_the_eleven_groups_and_every_cell_one() -> None:
    assert sorted({group for row in TABLE.values() for group in row}) == sorted(GROUPS)
    assert len(GROUPS) == 11
    assert sorted(cell for group in GROUPS for cell in cells_of(group)) == [
        (r, fm) for r in range(1, 6) for fm in range(1, 6)
    ]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"method": "fancy"}, "the method is quantile or fixed"),
        ({"orders": [2, 2, 3, 4]}, "each larger than the one before"),
        ({"recency_days": [1, 2, 3]}, "takes four numbers"),
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Settings.from_json(wrong)


def test_settings_come_back_as_they_were_kept() -> None:
    settings = Settings(method="fixed", window_days=365, currency="GBP", orders=(1, 2, 3, 4))
    assert Settings.from_json(settings.as_json()) == settings
