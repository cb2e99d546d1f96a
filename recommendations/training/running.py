"""One training from end to end, pure: validation (settings, blends), test (judging), and the fit on everything.

The history is cut twice: settings and blends are learned on what lies between the cuts by parts fitted before the
first; the table is of what lies after the second, by parts fitted before it; the served model learns from everything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from recommendations.estimators.facing import Estimator, TrainingData
from recommendations.estimators.interactions import DAY_US
from recommendations.estimators.item_knn import ItemKnn
from recommendations.estimators.popularity import Popularity
from recommendations.estimators.taste import Taste
from recommendations.evaluation.marking import Scored
from recommendations.model import TASKS, Model
from recommendations.training import judging, tuning, weights
from recommendations.training.asking import Asked, ask_parts
from recommendations.training.baselines import ItemsOfVisit, LastItem
from recommendations.training.fitting import Cost, Fitter, Shared, Watch, before, between, made
from recommendations.training.judging import Scene
from recommendations.training.metrics import MAIN, VERSION
from recommendations.training.promotion import Live, Paired, Verdict, verdict
from recommendations.training.recipe import Params, Recipe, recipe_of
from recommendations.training.span import span_of

VALIDATION_CASES = 800
JudgedOn = dict[str, dict[str, int]]  # see `recommendations.training.metrics`
# Which parts may have a say in a task; the others know nothing of its contexts, or answer another question.
TASK_PARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "person": ("taste", "content", "popularity"),
        "session": ("session", "next", "viewed_together", "bought_together", "taste", "content", "popularity"),
        "product": ("viewed_together", "bought_together", "next", "session", "content", "taste", "popularity"),
        "cart": ("bought_together", "viewed_together", "next", "session", "content", "taste"),
        "own": ("own", "popularity"),
    }
)


@dataclass(frozen=True, slots=True)
class Trained:
    """The model to serve, its recipe, the metrics of the run, and whether it goes live."""

    model: Model
    recipe: Recipe
    metrics: dict[str, Any]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Cuts:
    """Validation is [validation_us, test_us), test [test_us, …)."""

    validation_us: int
    test_us: int

    @classmethod
    def of(cls, data: TrainingData, params: Params) -> "Cuts":
        """Off the end of the history test_days or test_share, whichever is shorter, twice."""
        rows = data.interactions
        if not len(rows):
            return cls(0, 0)
        first, last = span_of(rows)
        test = last - _length(last - first, params)
        return cls(test - _length(test - first, params), test)


def train(data: TrainingData, params: Params, watch: Watch, live: Live | None = None) -> Trained:
    """Learns, judges and fits. `watch.report` may raise at any step: then nothing was changed anywhere."""
    recipe = _settled(recipe_of(params), data)
    cuts = Cuts.of(data, params)
    metrics: dict[str, Any] = {
        "version": VERSION,
        "cut_at_us": cuts.test_us,
        "validation_at_us": cuts.validation_us,
    }
    shared = Shared()
    recipe, learned = _learn(data, params, recipe, cuts, watch, shared)
    table, pairs, judged_on = _judge(data, recipe, cuts, watch, shared, live)
    decided = verdict(pairs, live, params.as_json())
    if live is not None and live.recipe is not None and _is_behind(decided):
        watch.report(70, "what was learned anew is worse than what the live model learned: its recipe is kept")
        recipe, learned = live.recipe, {}
        table, pairs, judged_on = _judge(data, recipe, cuts, watch, shared, live)
        decided = verdict(pairs, live, params.as_json())
    _, until_us = span_of(data.interactions)
    fitter = Fitter(data, until_us, watch, shared)
    parts = fitter.fit(recipe, start=75, end=95, what="learning from everything")
    model = made(recipe, parts, data, until_us, params.as_json())
    metrics |= learned | {
        "tasks": table,
        "judged_on": judged_on,
        "parts": _costs(fitter.costs),
        "blends": recipe.as_json()["blends"],
    }
    metrics |= {"catalog": catalog_of(data), "curve": curve_of(data), "method": model.method}
    if decided.against_live:
        metrics["against_live"] = decided.against_live
    return Trained(model, recipe, metrics, decided)


def _is_behind(decided: Verdict) -> bool:
    """Whether the same was asked as of the live model, and what was learned of it is worse by more than noise."""
    against = decided.against_live
    return bool(against) and against["same_recipe"] and against["high"] < 0


def _settled(recipe: Recipe, data: TrainingData) -> Recipe:
    """With the method of `taste` that the served fit takes: parts fitted on less must not be judged by another."""
    part = recipe.parts.get("taste")
    made_of = part.make() if part else None
    if not isinstance(made_of, Taste):
        return recipe
    return recipe.with_params("taste", {"method": made_of.settled(data.interactions)})


def _learn(
    data: TrainingData, params: Params, recipe: Recipe, cuts: Cuts, watch: Watch, shared: Shared
) -> tuple[Recipe, dict[str, Any]]:
    """Settings and blends, on validation."""
    train_set = before(data, cuts.validation_us)
    if not len(train_set.interactions) or not (params.tune or params.learn_blends):
        return recipe, {}
    after = between(data, cuts.validation_us, cuts.test_us)
    scene = Scene.of(train_set, after, cuts.validation_us, recipe.half_life_days)
    fitter = Fitter(train_set, cuts.validation_us, watch, shared)
    metrics: dict[str, Any] = {}
    if params.tune:
        recipe, trials = tuning.tuned(recipe, params.parts, fitter, scene)
        metrics["tuning"] = [trial.as_json() for trial in trials]
    if params.learn_blends:
        parts = fitter.fit(recipe, start=15, end=30, what="learning before the validation")
        blends, blending = {}, {}
        for task in TASKS:
            own = {name: parts[name] for name in TASK_PARTS[task] if name in parts}
            cases = scene.cases(task, VALIDATION_CASES)
            asked = ask_parts(own, cases, lambda: watch.report(40, "learning how much each part counts"))
            found = weights.learn(asked, recipe.blends[task], MAIN[task][1])
            blends[task], blending[task] = found.weights, found.as_json()
        recipe = recipe.with_blends(blends)
        metrics["blending"] = blending
    return recipe, metrics


def _judge(
    data: TrainingData, recipe: Recipe, cuts: Cuts, watch: Watch, shared: Shared, live: Live | None
) -> tuple[judging.Table, list[Paired], JudgedOn]:
    """The table and the main marks by case, on test, and of whom."""
    train_set = before(data, cuts.test_us)
    if not len(train_set.interactions):
        return {}, [], {}
    after = between(data, cuts.test_us, data.interactions.until_us + 1)
    scene = Scene.of(train_set, after, cuts.test_us, recipe.half_life_days)
    fitter = Fitter(train_set, cuts.test_us, watch, shared)
    parts = fitter.fit(recipe, start=45, end=60, what="learning before the test")
    watch.report(60, "learning the baselines")
    baselines = _baselines(train_set, cuts.test_us)
    theirs = _live_parts(live, fitter)
    table: judging.Table = {}
    pairs: list[Paired] = []
    judged_on: JudgedOn = {}
    there_are = len(np.unique(after.interactions.people))
    for task in (*TASKS, "own"):
        beside = {name: one for name, one in baselines.items() if name in BASELINES_OF[task]}
        own = {name: parts[name] for name in (*TASK_PARTS[task], "popularity") if name in parts} | beside
        cases = scene.cases(task)
        people = len({case.group for case in cases})
        judged_on[task] = {"cases": len(cases), "people": people, "people_there_are": there_are}
        note = f"judging task {task} on {len(cases):,} questions of {people:,} of {there_are:,} people"
        asked = ask_parts(own, cases, partial(watch.report, 65, note))
        blend = recipe.blends.get(task, {})
        rankers = judging.rankers_of(task, blend, own)
        table |= judging.judge(task, asked, rankers, scene)
        if task in TASKS and cases:
            pairs.append(_paired(task, asked, blend, live, _asked_live(task, asked, own, live, theirs), scene))
    return table, [pair for pair in pairs if len(pair.ours)], judged_on


BASELINES_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "person": ("popularity_all_time", "item_knn"),
        "session": ("popularity_all_time", "items_of_visit", "last_item"),
        "product": ("popularity_all_time", "item_knn"),
        "cart": ("popularity_all_time", "item_knn"),
        "own": ("popularity_all_time",),
    }
)


def _baselines(train_set: TrainingData, now_us: int) -> dict[str, Estimator]:
    return {
        "popularity_all_time": Popularity(None).fit(train_set, now_us),
        "item_knn": ItemKnn(weighting="cosine").fit(train_set, now_us),
        "items_of_visit": ItemsOfVisit().fit(train_set, now_us),
        "last_item": LastItem().fit(train_set, now_us),
    }


def _live_parts(live: Live | None, fitter: Fitter) -> dict[str, Estimator]:
    """The live recipe fitted before the test: the live model itself has mostly seen what is asked."""
    if live is None or live.recipe is None:
        return {}
    return fitter.fit(live.recipe, start=62, end=65, what="learning the live recipe before the test")


def _asked_live(
    task: str, asked: Asked, own: Mapping[str, Estimator], live: Live | None, theirs: Mapping[str, Estimator]
) -> Asked | None:
    """What the live recipe's parts found for the same cases; equal parts are not asked twice."""
    if live is None or live.recipe is None or not theirs:
        return None
    used = {name: theirs[name] for name in live.recipe.blends.get(task, {}) if name in theirs}
    other = {name: part for name, part in used.items() if part is not own.get(name)}
    found = ask_parts(other, asked.cases, lambda: None).found
    return Asked(asked.cases, {name: found.get(name, asked.found.get(name, ())) for name in used})


def _paired(
    task: str,
    asked: Asked,
    blend: Mapping[str, float],
    live: Live | None,
    again: Asked | None,
    scene: Scene,
) -> Paired:
    where, mark = MAIN[task]
    ours, groups = judging.main_scores(task, asked, blend, scene)
    popularity, _ = judging.main_scores(task, asked, {"popularity": 1.0}, scene)
    against: Scored | None = None
    if live is not None and live.recipe is not None and again is not None:
        against, _ = judging.main_scores(task, again, live.recipe.blends.get(task, {}), scene)
    return Paired(
        task, where, mark, ours.mark(mark), popularity.mark(mark), against.mark(mark) if against else None, groups
    )


def catalog_of(data: TrainingData) -> dict[str, int]:
    """How many products there are, and how many of them somebody touched."""
    products = len(data.interactions.products)
    touched = len(np.unique(data.interactions.items))
    return {"products": products, "interacted": touched, "catalog_only": products - touched}


def curve_of(data: TrainingData, points: int = 21) -> list[list[float]]:
    """Which share of interactions the most wanted share of products holds."""
    rows = data.interactions
    if not len(rows):
        return []
    counts = np.sort(np.bincount(rows.items, minlength=len(rows.products)))[::-1]
    shares = np.concatenate([[0.0], np.cumsum(counts) / counts.sum()])
    at = np.linspace(0, len(counts), points)
    return [[round(x / len(counts), 4), round(float(np.interp(x, np.arange(len(shares)), shares)), 4)] for x in at]


def _costs(costs: Mapping[str, Cost]) -> dict[str, dict[str, float]]:
    return {name: cost.as_json() for name, cost in costs.items()}


def _length(history_us: int, params: Params) -> int:
    return int(min(params.test_days * DAY_US, params.test_share * history_us))
