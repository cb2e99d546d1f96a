"""Taste, EASE and item kNN: closed forms, seeds and causes, by hand."""

from itertools import pairwise
from typing import Literal

import numpy as np
import pytest

from recommendations.estimators import Ease, ItemKnn, Taste
from recommendations.estimators.facing import Context, Touched
from recommendations.estimators.interactions import DAY_US
from recommendations.estimators.neighbors import products_of, spans
from recommendations.estimators.pairwise import Pairwise, profiles_of
from tests.recommendations.rows import Row, data_of, history, restored, same


def dense(fitted: Pairwise) -> np.ndarray:
    rows = len(fitted.weights_.indptr) - 1
    return np.asarray(fitted.weights_.matrix(rows).toarray())


def some(items: int, people: int = 12, many: int = 70, seed: int = 1) -> list[Row]:
    rng = np.random.default_rng(seed)
    pairs = {(int(rng.integers(people)), int(rng.integers(items))) for _ in range(many)}
    return [(person, item, 1.0) for person, item in sorted(pairs)]


def test_cosine_of_two_products_always_had_together_is_one() -> None:
    data = data_of((0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1), (2, 2, 1), (2, 0, 1))
    matrix = dense(ItemKnn(weighting="cosine", min_people=1, trend_half_life_days=None).fit(data, DAY_US))
    assert matrix[0, 1] == pytest.approx(2 / (3**0.5 * 2**0.5))
    assert matrix[0, 2] == pytest.approx(1 / 3**0.5)
    assert matrix[1, 2] == 0
    assert matrix.diagonal().tolist() == [0, 0, 0, 0]


def test_bm25_equals_its_formula() -> None:
    data = data_of((0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1), (1, 2, 1), (2, 2, 1), items=6)
    fitted = ItemKnn(min_people=1, trend_half_life_days=None, k1=1.2, b=0.75).fit(data, DAY_US)
    weights = profiles_of(data.interactions, 180.0, DAY_US)[:, :3].toarray().astype(float).T
    length = 0.25 + 0.75 * weights.sum(axis=1) / weights.sum(axis=1).mean()
    rarity = np.maximum(np.log(3) - np.log1p((weights > 0).sum(axis=0)), 0)
    vectors = weights * 2.2 / (1.2 * length[:, None] + weights) * rarity
    expected = vectors @ vectors.T
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(dense(fitted)[:3, :3], expected, rtol=1e-5)


def test_ease_equals_its_closed_form() -> None:
    data = data_of(*some(12), items=12)
    fitted = Ease(l2=3.0, min_people=1, trend_half_life_days=None).fit(data, DAY_US)
    matrix = profiles_of(data.interactions, 180.0, DAY_US).toarray().astype(np.float64)
    inverse = np.linalg.inv(matrix.T @ matrix + 3.0 * np.eye(12))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(dense(fitted), expected, atol=1e-5)


def test_ease_in_several_blocks_equals_its_closed_form() -> None:
    data = data_of(*some(700, people=40, many=4000), items=700)
    fitted = Ease(l2=50.0, top_k=700, min_people=1, trend_half_life_days=None).fit(data, DAY_US)
    matrix = profiles_of(data.interactions, 180.0, DAY_US).toarray().astype(np.float64)
    inverse = np.linalg.inv(matrix.T @ matrix + 50.0 * np.eye(700))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(dense(fitted), expected, atol=1e-5)


def test_ease_without_l2_says_so() -> None:
    with pytest.raises(ArithmeticError, match="l2 must be above 0"):
        Ease(l2=0.0, min_people=1).fit(data_of((0, 0, 1), (0, 1, 1), items=2), DAY_US)


def test_only_the_strongest_pairs_of_a_row_are_kept() -> None:
    data = data_of(*some(30, people=30, many=400, seed=2), items=30)
    for make in (
        lambda top_k: Ease(min_people=1, top_k=top_k, trend_half_life_days=None),
        lambda top_k: ItemKnn(min_people=1, top_k=top_k, trend_half_life_days=None),
    ):
        whole, cut = (dense(make(top_k).fit(data, DAY_US)) for top_k in (30, 5))
        for full, kept in zip(whole, cut, strict=True):
            assert np.count_nonzero(kept) == min(5, np.count_nonzero(full))
            assert np.abs(kept[kept != 0]).min() >= np.sort(np.abs(full))[-5] - 1e-9
            np.testing.assert_allclose(kept[kept != 0], full[kept != 0])


def test_what_went_out_of_fashion_is_recommended_less() -> None:
    old = [(person, item, 0.0) for person in range(3) for item in (0, 1)]
    new = [(person, item, 360.0) for person in range(3, 6) for item in (0, 2)]
    fitted = ItemKnn(weighting="cosine", min_people=1, half_life_days=1e9, trend_half_life_days=90)
    row = dense(fitted.fit(data_of(*old, *new), 360 * DAY_US))[0]
    assert row[1] == pytest.approx(row[2] / 16)


def test_a_product_of_too_few_people_is_not_learned() -> None:
    data = data_of((0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1), (0, 2, 1))
    fitted = Taste(min_people=2).fit(data, DAY_US)
    assert dense(fitted)[:, 2].tolist() == [0, 0, 0, 0]
    assert dense(fitted)[0, 1] > 0
    assert fitted.learned_ == 2


def test_a_large_catalog_takes_item_knn() -> None:
    data = data_of((0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1))
    assert Taste(min_people=1, ease_max_items=1).fit(data, DAY_US).method_ == "bm25"
    assert Taste(min_people=1, ease_max_items=1, large="cosine").fit(data, DAY_US).method_ == "cosine"
    assert Taste(min_people=1, ease_max_items=2).fit(data, DAY_US).method_ == "ease"
    assert Taste(min_people=1, method="cosine").fit(data, DAY_US).method_ == "cosine"


def test_taste_learns_what_the_method_it_chose_learns() -> None:
    data = data_of(*some(12), items=12)
    taste = Taste(min_people=2, method="bm25").fit(data, DAY_US)
    np.testing.assert_array_equal(dense(taste), dense(ItemKnn(min_people=2).fit(data, DAY_US)))
    small = Taste(min_people=2).fit(data, DAY_US)
    np.testing.assert_array_equal(dense(small), dense(Ease(min_people=2).fit(data, DAY_US)))


def test_of_a_reseller_only_the_heaviest_products_pair_up() -> None:
    reseller = [(0, item, 1.0) for item in (0, 1, 2, 3) for _ in range(5 - item)]
    fitted = ItemKnn(weighting="cosine", min_people=1, most_items=2, trend_half_life_days=None)
    assert np.argwhere(dense(fitted.fit(data_of(*reseller), DAY_US))).tolist() == [[0, 1], [1, 0]]


def test_scores_are_the_weighted_sums_of_the_seeds_rows_and_the_cause_gave_most() -> None:
    data = data_of(*some(12), items=12)
    fitted = Ease(l2=3.0, min_people=1).fit(data, DAY_US)
    weights = dense(fitted)
    found = fitted.recommend(history((3, 2.0), (7, 0.5)), 99)
    given = np.array([2.0, 0.5])[:, None] * weights[[3, 7]]
    sums = given.sum(axis=0)
    assert sorted(found.codes.tolist()) == np.flatnonzero(sums > 0).tolist()
    np.testing.assert_allclose(found.scores, sums[found.codes])
    assert (np.diff(found.scores) <= 0).all()
    assert found.causes.tolist() == [(3, 7)[place] for place in given[:, found.codes].argmax(axis=0)]
    assert same(fitted.recommend(history((3, 2.0), (7, 0.5)), 2), type(found)(*(one[:2] for one in parts(found))))


def parts(found: object) -> tuple[np.ndarray, ...]:
    return (found.codes, found.scores, found.causes)  # type: ignore[attr-defined]


def test_seeds_are_the_history_else_the_cart_else_the_product() -> None:
    pairs = [(person, item, 1.0) for person in range(5) for item in (0, 1)]
    others = [(person, item, 1.0) for person in range(5, 10) for item in (2, 3)]
    fitted = Taste(min_people=1).fit(data_of(*pairs, *others), DAY_US)
    touched = (Touched(0, 1.0, 0, 2),)
    assert fitted.recommend(Context(now_us=0, history=touched, cart=(2,), product=2), 9).codes.tolist() == [1]
    assert fitted.recommend(Context(now_us=0, cart=(2, 2), product=0), 9).codes.tolist() == [3]
    assert fitted.recommend(Context(now_us=0, product=3), 9).codes.tolist() == [2]
    assert len(fitted.recommend(Context(now_us=0), 9)) == 0


def test_only_the_heaviest_seeds_count() -> None:
    pairs = [(person, item, 1.0) for person in range(5) for item in (0, 1)]
    others = [(person, item, 1.0) for person in range(5, 10) for item in (2, 3)]
    fitted = Taste(min_people=1, most_seeds=1).fit(data_of(*pairs, *others), DAY_US)
    assert fitted.recommend(history((0, 2.0), (2, 1.0)), 9).codes.tolist() == [1]


def test_a_product_nobody_touched_speaks_for_nothing() -> None:
    fitted = Taste(min_people=1).fit(data_of((0, 0, 1), (0, 1, 1)), DAY_US)
    assert len(fitted.recommend(history((3, 1.0)), 9)) == 0


@pytest.mark.parametrize("method", ["ease", "bm25", "cosine"])
def test_a_restored_one_answers_alike_and_learning_twice_gives_the_same(
    method: Literal["ease", "bm25", "cosine"],
) -> None:
    data = data_of(*some(30, people=30, many=400, seed=2), items=30)
    fitted, second = (Taste(method=method, min_people=1).fit(data, DAY_US) for _ in range(2))
    again = restored(fitted)
    asked = history((3, 2.0), (7, 0.5), (29, 0.1))
    assert same(fitted.recommend(asked, 10), again.recommend(asked, 10))
    assert same(fitted.recommend(asked, 10), second.recommend(asked, 10))
    assert (again.method_, again.learned_, again.params()) == (method, fitted.learned_, fitted.params())


@pytest.mark.parametrize("make", [Ease, ItemKnn, Taste, lambda: Taste(method="cosine")])
@pytest.mark.parametrize("rows", [[], [(0, 0, 1.0)]])
def test_nothing_learnable_gives_nothing(make: type[Pairwise], rows: list[Row]) -> None:
    fitted = make().fit(data_of(*rows), DAY_US)  # type: ignore[call-arg]
    assert dense(fitted).tolist() == np.zeros((4, 4)).tolist()
    assert len(fitted.recommend(history((0, 1.0)), 5)) == 0
    assert len(restored(fitted).recommend(history((0, 1.0)), 5)) == 0


def test_one_product_alone_has_no_neighbors() -> None:
    for method in ("ease", "bm25", "cosine"):
        fitted = Taste(method=method, min_people=1).fit(data_of((0, 0, 1), (1, 0, 1), items=1), DAY_US)
        assert len(fitted.recommend(history((0, 1.0)), 5)) == 0


def test_blocks_are_bounded_and_add_up_to_the_whole() -> None:
    assert list(spans(np.array([3, 3, 9, 1, 1]), 6)) == [(0, 2), (2, 3), (3, 5)]
    assert list(spans(np.zeros(0, np.int64), 6)) == []
    profiles = profiles_of(data_of(*some(30, people=30, many=400, seed=2), items=30).interactions, 180.0, DAY_US)
    blocks = list(products_of(profiles.T.tocsr(), profiles, most=100))
    assert len(blocks) > 5
    assert all(block.shape[0] == after - before for (before, block), (after, _) in pairwise(blocks))
    whole = np.concatenate([block.toarray() for _, block in blocks])
    np.testing.assert_allclose(whole, (profiles.T @ profiles).toarray(), rtol=1e-6)


def test_ease_is_never_learned_of_more_products_than_it_may() -> None:
    rows = [(person, item, 0.0) for person in range(6) for item in range(4)]
    assert Taste(method="ease", ease_max_items=3).fit(data_of(*rows), 0).method_ == "bm25"
    assert Taste(method="ease", ease_max_items=4).fit(data_of(*rows), 0).method_ == "ease"
