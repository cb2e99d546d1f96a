"""Tuning: a few settings of the main parts, tried on validation cases only. Pure; bounded by cases and by time.

A setting is taken if it beats the present one by more than noise. What was tried stands in the run's metrics. Where
there are few cases nothing is tried.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.estimators.facing import Estimator
from recommendations.estimators.taste import Taste
from recommendations.estimators.vstan import GRID
from recommendations.training.asking import ask_parts
from recommendations.training.fitting import Fitter
from recommendations.training.judging import Scene
from recommendations.training.recipe import Recipe
from recommendations.training.weights import is_better

FEWEST = 200
MOST_CASES = 800
MOST_SECONDS = 300.0
L2_UP_TO = 6_000  # learnable products: of more, another l2 costs as much as all other parts together
OWN_GRID: tuple[dict[str, Any], ...] = ({}, {"floor": 0.5}, {"floor": 1.0})
TASTE_GRID: tuple[dict[str, Any], ...] = (
    {},
    {"l2": 100.0},
    {"l2": 500.0},
    {"trend_half_life_days": 30.0},
    {"trend_half_life_days": 120.0},
    {"trend_half_life_days": None},
)
TRIALS: Mapping[str, tuple[str, str, Sequence[Mapping[str, Any]]]] = MappingProxyType(
    {
        "taste": ("person", "ndcg", TASTE_GRID),
        "session": ("session", "mrr", GRID),
        "own": ("own", "ndcg", OWN_GRID),
    }
)


@dataclass(frozen=True, slots=True)
class Trial:
    """One setting of a part and what it reached."""

    part: str
    task: str
    params: Mapping[str, Any]
    mark: str
    value: float
    cases: int
    chosen: bool

    def as_json(self) -> dict[str, Any]:
        """For the run's metrics."""
        return {
            "task": self.task,
            "part": self.part,
            "params": dict(self.params),
            "mark": self.mark,
            "value": round(self.value, 5),
            "cases": self.cases,
            "chosen": self.chosen,
        }


def tuned(recipe: Recipe, asked: Mapping[str, Any], fitter: Fitter, scene: Scene) -> tuple[Recipe, list[Trial]]:
    """The recipe with the best settings found. Parameters that somebody `asked` for (by part) are left as they are."""
    trials: list[Trial] = []
    until = fitter.watch.seconds() + MOST_SECONDS
    for part, (task, mark, grid) in TRIALS.items():
        if part not in recipe.parts or fitter.watch.seconds() > until:
            continue
        free = [params for params in grid if not set(params) & set(asked.get(part, {}))]
        best, tried = _best(recipe, part, task, mark, free, fitter, scene, until)
        trials += tried
        recipe = recipe.with_params(part, best)
    return recipe, trials


def _best(
    recipe: Recipe,
    part: str,
    task: str,
    mark: str,
    grid: Sequence[Mapping[str, Any]],
    fitter: Fitter,
    scene: Scene,
    until: float,
) -> tuple[Mapping[str, Any], list[Trial]]:
    cases = scene.cases(task, MOST_CASES)
    if len(cases) < FEWEST or len(grid) < 2:
        return {}, []
    groups = np.array([case.group for case in cases], dtype=np.int64)
    reached: list[NDArray[np.float64]] = []
    tried: list[Mapping[str, Any]] = []
    usual: Estimator | None = None
    for params in grid:
        if reached and fitter.watch.seconds() > until:
            break
        if usual is not None and not _is_worth_trying(usual, params):
            continue
        fitter.watch.report(30, f"trying {part} with {dict(params) or 'its defaults'}")
        changed = recipe.with_params(part, params).parts[part]
        fitted = fitter.fit_part(part, changed, keep=not params or "l2" in params)
        usual = usual or fitted
        tried.append(params)
        asked = ask_parts({part: fitted}, cases, lambda: fitter.watch.report(30, f"trying {part}"))
        reached.append(asked.ranked({part: 1.0}).mark(mark))
    place = int(np.argmax([marks.mean() for marks in reached]))
    if place and not is_better(reached[place], reached[0], groups):
        place = 0
    trials = [
        Trial(part, task, params, mark, float(marks.mean()), len(cases), at == place)
        for at, (params, marks) in enumerate(zip(tried, reached, strict=True))
    ]
    return tried[place], trials


def _is_worth_trying(usual: Estimator, params: Mapping[str, Any]) -> bool:
    """Not an l2 where it changes nothing or where each takes an EASE of many products."""
    if "l2" not in params or not isinstance(usual, Taste):
        return True
    return usual.method_ == "ease" and usual.learned_ <= L2_UP_TO
