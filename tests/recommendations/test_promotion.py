"""The verdict on a fresh run: better on the same cases, or the same recipe on newer events, else kept back."""

import numpy as np
import pytest
from numpy.typing import NDArray

from recommendations.training.promotion import Live, Paired, verdict
from recommendations.training.recipe import Params, Recipe, recipe_of

ASKED = Params().as_json()
OTHER = Params(half_life_days=30.0).as_json()
RECIPE = recipe_of(Params())


def pair(ours: float, live: float | None, popularity: float = 0.1, task: str = "person", cases: int = 200) -> Paired:
    rng = np.random.default_rng(5)

    def around(mean: float) -> NDArray[np.float64]:
        return mean + rng.normal(0, 0.001, cases)

    theirs = None if live is None else around(live)
    return Paired(task, "new", "ndcg", around(ours), around(popularity), theirs, np.arange(cases))


@pytest.mark.parametrize(
    ("pairs", "live", "goes_live", "says"),
    [
        ([], None, True, "the first model: too little history to judge"),
        ([pair(0.05, None, cases=29)], None, True, "the first model: too little history to judge"),
        ([pair(0.05, None)], None, True, "the first model: 0.50 × popularity"),
        (
            [pair(0.3, None), pair(0.5, None, task="cart")],
            None,
            True,
            "the first model: 4.00 × popularity on the mean of 2 tasks",
        ),
        ([pair(0.3, None)], Live(1, ASKED, None), True, "the live model is of an older version: 3.00 × popularity"),
        ([], Live(1, OTHER, RECIPE), True, "too little history to judge; it has seen the newest events"),
        ([pair(0.3, 0.2)], Live(1, OTHER, RECIPE), True, "better than the live model by +0.1000 on the same people"),
        ([pair(0.2, 0.3)], Live(1, OTHER, RECIPE), False, "kept back: not better than the live model: -0.1000"),
        ([pair(0.2, 0.21)], Live(1, ASKED, RECIPE), True, "the live model's recipe on newer events; 2.00 × popularity"),
        (
            [pair(0.05, 0.2)],
            Live(1, ASKED, RECIPE),
            True,
            "the live model's recipe on newer events; but only 0.50 × popularity: see the alarm",
        ),
    ],
)
def test_a_run_goes_live_for_a_reason(pairs: list[Paired], live: Live | None, goes_live: bool, says: str) -> None:
    found = verdict(pairs, live, ASKED)
    assert found.goes_live is goes_live
    assert found.reason.startswith(says)


def test_the_mean_over_the_tasks_decides_and_every_task_stands_in_the_figures() -> None:
    found = verdict([pair(0.3, 0.2), pair(0.1, 0.16, task="cart")], Live(7, OTHER, RECIPE), ASKED)
    against = found.against_live
    assert found.goes_live
    assert (against["run"], against["same_recipe"]) == (7, False)
    assert against["tasks"]["person"]["difference"] == pytest.approx(0.1, abs=0.001)
    assert against["tasks"]["cart"]["difference"] == pytest.approx(-0.06, abs=0.001)
    assert against["difference"] == pytest.approx(0.02, abs=0.001)
    assert against["low"] < against["difference"] < against["high"]


def test_a_recipe_survives_its_json_and_one_of_another_version_is_none() -> None:
    told = RECIPE.as_json()
    again = Recipe.from_json(told)
    assert again is not None
    assert again.as_json() == told
    assert Recipe.from_json({"method": "ease", "l2": 200.0}) is None
    assert Recipe.from_json({**told, "parts": {"taste": {"kind": "Gone", "params": {}}}}) is None
