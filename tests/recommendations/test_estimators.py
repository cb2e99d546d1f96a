"""The estimators against small matrices worked by hand."""

import numpy as np
import pytest

from recommendations.estimators import BuyAgain, CoOccurrence, Interactions, Kind, Popularity
from recommendations.estimators.interactions import DAY_US


def interactions(*rows: tuple[int, int, float] | tuple[int, int, float, Kind], items: int = 4) -> Interactions:
    """Rows of (person, item, days[, kind])."""
    return Interactions(
        people=np.array([row[0] for row in rows], dtype=np.int32),
        items=np.array([row[1] for row in rows], dtype=np.int32),
        at_us=np.array([int(row[2] * DAY_US) for row in rows], dtype=np.int64),
        kinds=np.array([row[3] if len(row) > 3 else Kind.PURCHASE for row in rows], dtype=np.int8),
        products=tuple(f"p{item}" for item in range(items)),
        n_people=max((row[0] for row in rows), default=-1) + 1,
    )


def test_popularity_halves_what_is_a_half_life_old() -> None:
    data = interactions((0, 0, 30), (1, 0, 60), (0, 1, 60), (0, 2, 60, Kind.VIEW), items=4)
    fitted = Popularity(half_life_days=30).fit(data, 60 * DAY_US)
    assert fitted.scores_.tolist() == [1.5, 1.0, 0.25, 0.0]


def test_popularity_without_a_half_life_counts_people_not_purchases() -> None:
    data = interactions((0, 0, 1), (0, 0, 2), (1, 0, 3), (1, 1, 3))
    assert Popularity(None).fit(data, 5 * DAY_US).scores_.tolist() == [2.0, 1.0, 0.0, 0.0]


def test_buy_again_ranks_own_purchases_before_anything_popular() -> None:
    data = interactions((0, 3, 0), (0, 2, 180), (1, 0, 180), (2, 0, 180), (1, 1, 180))
    scores = BuyAgain(half_life_days=180).fit(data, 180 * DAY_US).scores(np.array([0]))
    assert np.argsort(-scores[0], kind="stable").tolist() == [2, 3, 0, 1]
    assert scores[0, 2] == pytest.approx(1 + 0.01 * 0.5)
    assert scores[0, 3] == pytest.approx(0.5 + 0.01 * 0.5 * 0.5**6, rel=1e-4)


def test_views_are_not_bought_again() -> None:
    data = interactions((0, 1, 1, Kind.VIEW), (0, 2, 1))
    assert BuyAgain().fit(data, DAY_US).own_.toarray().tolist() == [[0.0, 0.0, 1.0, 0.0]]


def test_cosine_of_two_items_always_bought_together_is_one() -> None:
    data = interactions((0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1), (2, 2, 1), (2, 0, 1))
    plain = CoOccurrence(method="cosine", min_people=1, trend_half_life_days=None).fit(data, DAY_US)
    dense = plain.weights_.toarray()
    assert plain.method_ == "cosine"
    assert dense[0, 1] == pytest.approx(2 / (3**0.5 * 2**0.5))
    assert dense[0, 2] == pytest.approx(1 / 3**0.5)
    assert dense[1, 2] == 0
    assert dense.diagonal().tolist() == [0, 0, 0, 0]


def test_ease_equals_its_closed_form() -> None:
    rng = np.random.default_rng(1)
    bought = {(int(person), int(item)) for person, item in rng.integers(0, 12, size=(70, 2))}
    data = interactions(*((person, item, 1.0) for person, item in sorted(bought)), items=12)
    fitted = CoOccurrence(method="ease", l2=3.0, min_people=1, trend_half_life_days=None).fit(data, DAY_US)
    matrix = fitted.profiles(data, DAY_US).toarray().astype(np.float64)
    inverse = np.linalg.inv(matrix.T @ matrix + 3.0 * np.eye(12))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(fitted.weights_.toarray(), expected, atol=1e-5)


def test_only_the_strongest_pairs_of_a_row_are_kept() -> None:
    rng = np.random.default_rng(2)
    rows = [(int(person), int(item), 1.0) for person, item in rng.integers(0, 30, size=(400, 2))]
    data = interactions(*rows, items=30)
    whole = (
        CoOccurrence(method="ease", min_people=1, top_k=30, trend_half_life_days=None)
        .fit(data, DAY_US)
        .weights_.toarray()
    )
    cut = (
        CoOccurrence(method="ease", min_people=1, top_k=5, trend_half_life_days=None)
        .fit(data, DAY_US)
        .weights_.toarray()
    )
    for full, kept in zip(whole, cut, strict=True):
        strongest = np.argsort(-np.abs(full), kind="stable")[:5]
        assert set(np.flatnonzero(kept)) == set(strongest)
        np.testing.assert_allclose(kept[strongest], full[strongest])


def test_what_went_out_of_fashion_is_recommended_less() -> None:
    old = [(person, item, 0.0) for person in range(3) for item in (0, 1)]
    new = [(person, item, 360.0) for person in range(3, 6) for item in (0, 2)]
    data = interactions(*old, *new)
    fitted = CoOccurrence(method="cosine", min_people=1, half_life_days=1e9, trend_half_life_days=90)
    row = fitted.fit(data, 360 * DAY_US).weights_.toarray()[0]
    assert row[1] == pytest.approx(row[2] / 16)


def test_an_item_of_too_few_people_is_not_learned() -> None:
    data = interactions((0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1), (0, 2, 1))
    fitted = CoOccurrence(min_people=2).fit(data, DAY_US)
    assert fitted.weights_.toarray()[:, 2].tolist() == [0, 0, 0, 0]
    assert fitted.weights_.toarray()[0, 1] > 0


def test_a_large_catalog_takes_cosine() -> None:
    data = interactions((0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1))
    assert CoOccurrence(min_people=1, ease_max_items=1).fit(data, DAY_US).method_ == "cosine"
    assert CoOccurrence(min_people=1, ease_max_items=2).fit(data, DAY_US).method_ == "ease"


@pytest.mark.parametrize("method", ["ease", "cosine"])
def test_nothing_learnable_gives_an_empty_matrix(method: str) -> None:
    fitted = CoOccurrence(method=method, min_people=9).fit(interactions((0, 0, 1)), DAY_US)  # type: ignore[arg-type]
    assert fitted.weights_.nnz == 0
    assert fitted.weights_.shape == (4, 4)


def test_columns_of_different_lengths_are_refused() -> None:
    none = np.zeros(0, dtype=np.int64)
    with pytest.raises(ValueError, match="must have one length"):
        Interactions(np.zeros(1, np.int32), none.astype(np.int32), none, none.astype(np.int8), (), 1)
