"""Settings that only answering reads, and the trend, are changed without a fit: with the answers of a fit."""

from typing import Any

import numpy as np
import pytest

from recommendations.estimators import Interactions, Own, Taste, VStan, ease
from recommendations.estimators.adapting import adapted
from recommendations.estimators.facing import Context, Estimator, Touched, TrainingData
from recommendations.estimators.interactions import DAY_US
from recommendations.training import Params, Watch
from recommendations.training.running import train

NOW_US = 200 * DAY_US
ROWS, PEOPLE, PRODUCTS = 2_000, 100, 30


def data() -> TrainingData:
    rng = np.random.default_rng(3)
    people = rng.integers(0, PEOPLE, ROWS).astype(np.int32)
    items = ((people % 3) * 10 + rng.integers(0, 10, ROWS)).astype(np.int32)
    at_us = rng.integers(0, 200 * DAY_US, ROWS)
    names = tuple(f"p{number}" for number in range(PRODUCTS))
    return TrainingData(Interactions(people, items, at_us, rng.integers(0, 3, ROWS).astype(np.int8), names, PEOPLE))


def context() -> Context:
    touched = tuple(Touched(code, 1.0, NOW_US - code * DAY_US, 2) for code in (3, 7, 14))
    return Context(now_us=NOW_US, history=touched, purchases=touched, session=touched[::-1])


@pytest.mark.parametrize(
    ("part", "params"),
    [
        (Taste(min_people=1), {"trend_half_life_days": 20.0}),
        (Taste(min_people=1), {"trend_half_life_days": None}),
        (Taste(min_people=1, method="bm25"), {"trend_half_life_days": 120.0}),
        (VStan(), {"own_weight": 0.2, "sharpness": 1.5, "idf_power": 1.0}),
        (VStan(), {"position_decay": 1.5, "distance_decay": 2.0, "own_decay": 3.0}),
        (Own(), {"floor": 0.5}),
    ],
)
def test_what_needs_no_learning_is_as_if_it_had_been_learned(part: Estimator, params: dict[str, Any]) -> None:
    fitted, wanted = part.fit(data(), NOW_US), {**part.params(), **params}
    other = adapted(fitted, wanted, data(), NOW_US)
    assert other is not None
    assert other.params() == wanted
    expected = type(part)(**wanted).fit(data(), NOW_US).recommend(context(), 10)
    found = other.recommend(context(), 10)
    assert len(found) > 0
    np.testing.assert_array_equal(found.codes, expected.codes)
    np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-5)


@pytest.mark.parametrize(
    ("part", "params"), [(Taste(), {"l2": 5.0}), (VStan(), {"half_life_days": 5.0}), (Own(), {"prior": 1.0})]
)
def test_what_is_learned_is_learned_anew(part: Estimator, params: dict[str, Any]) -> None:
    fitted = part.fit(data(), NOW_US)
    assert adapted(fitted, {**part.params(), **params}, data(), NOW_US) is None


def test_single_precision_finds_what_double_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    double = Taste(min_people=1).fit(data(), NOW_US).recommend(context(), 10)
    monkeypatch.setattr(ease, "SINGLE_ABOVE", 5)
    single = Taste(min_people=1).fit(data(), NOW_US).recommend(context(), 10)
    np.testing.assert_array_equal(single.codes, double.codes)
    np.testing.assert_allclose(single.scores, double.scores, rtol=1e-4)


def test_what_is_judged_learns_taste_as_what_is_served_does() -> None:
    """Fewer products can be learned before the cut: by itself that fit would take the other method."""
    rows = data()
    taste = {"min_people": 1, "ease_max_items": PRODUCTS - 1}
    found = train(rows, Params(tune=False, parts={"taste": taste}), Watch(lambda *_: None, lambda: 0.0))
    assert found.recipe.parts["taste"].params["method"] == "bm25"
    assert found.model.method == "bm25"
