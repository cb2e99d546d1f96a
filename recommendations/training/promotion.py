"""Promotion: whether a fresh model goes live, by what it and the live one answered to the same cases. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.evaluation.marking import LEVEL, REPETITIONS, SEED
from recommendations.training.metrics import FEW
from recommendations.training.recipe import Recipe


@dataclass(frozen=True, slots=True, eq=False)
class Live:
    """The live run: what was asked of its training, and its recipe (None: of a version before)."""

    run_id: int
    asked: Mapping[str, Any]
    recipe: Recipe | None


@dataclass(frozen=True, slots=True, eq=False)
class Paired:
    """One task's main marks by case: ours, the live model's (none where it could not be asked) and popularity's."""

    task: str
    where: str
    mark: str
    ours: NDArray[np.float64]
    popularity: NDArray[np.float64]
    live: NDArray[np.float64] | None
    groups: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it goes live, why in a sentence, and the figures behind it (see `recommendations.training.metrics`)."""

    goes_live: bool
    reason: str
    against_live: dict[str, Any] = field(default_factory=dict)


def verdict(pairs: list[Paired], live: Live | None, asked: Mapping[str, Any]) -> Verdict:
    """The verdict on a fresh run of what was `asked`."""
    beside = _beside_popularity(pairs)
    words = (
        "too little history to judge"
        if beside is None
        else _times(beside, sum(len(pair.ours) >= FEW for pair in pairs))
    )
    if live is None:
        return Verdict(True, f"the first model: {words}")
    if live.recipe is None:
        return Verdict(True, f"the live model is of an older version: {words}")
    compared = [pair for pair in pairs if pair.live is not None and len(pair.ours)]
    if not compared:
        return Verdict(True, "too little history to judge; it has seen the newest events")
    is_same = dict(asked) == dict(live.asked)
    against = _against(compared, live, is_same)
    shown = f"{against['difference']:+.4f} on the same people ({against['low']:+.4f} to {against['high']:+.4f})"
    if against["difference"] > 0:
        return Verdict(True, f"better than the live model by {shown}; {words}", against)
    if is_same:  # always: it has seen the newest events, and forgotten who was erased
        worse = beside is not None and beside[0] < beside[1]
        only = f"but only {words}: see the alarm" if worse else words
        return Verdict(True, f"the live model's recipe on newer events; {only}", against)
    return Verdict(False, f"kept back: not better than the live model: {shown}", against)


def _against(pairs: list[Paired], live: Live, is_same: bool) -> dict[str, Any]:
    """The paired differences by task and their mean, each with what whole groups drawn anew make of it."""
    rng = np.random.default_rng(SEED)
    drawn, tasks = [], {}
    for pair in pairs:
        ours, theirs = pair.ours, pair.live
        assert theirs is not None
        means = _resampled(ours - theirs, pair.groups, rng)
        low, high = np.percentile(means, LEVEL)
        drawn.append(means)
        tasks[pair.task] = {
            "slice": pair.where,
            "mark": pair.mark,
            "cases": len(ours),
            "ours": _round(ours.mean()),
            "live": _round(theirs.mean()),
            "difference": _round((ours - theirs).mean()),
            "low": _round(low),
            "high": _round(high),
        }
    low, high = np.percentile(np.mean(drawn, axis=0), LEVEL)
    difference = float(np.mean([task["difference"] for task in tasks.values()]))
    return {
        "run": live.run_id,
        "basis": "recipe",
        "same_recipe": is_same,
        "tasks": tasks,
        "difference": _round(difference),
        "low": _round(low),
        "high": _round(high),
    }


def _resampled(values: NDArray[np.float64], groups: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
    _, places = np.unique(groups, return_inverse=True)
    sums, sizes = np.bincount(places, weights=values), np.bincount(places).astype(np.float64)
    times = rng.poisson(1.0, (REPETITIONS, len(sums)))
    return np.asarray((times @ sums) / np.maximum(times @ sizes, 1e-12))


def _beside_popularity(pairs: list[Paired]) -> tuple[float, float] | None:
    """The mean over the tasks of ours and of popularity's marks; tasks of fewer cases than FEW say nothing."""
    heard = [pair for pair in pairs if len(pair.ours) >= FEW]
    if not heard:
        return None
    ours, theirs = ([float(marks.mean()) for marks in column] for column in _columns(heard))
    return float(np.mean(ours)), float(np.mean(theirs))


def _columns(pairs: list[Paired]) -> tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]:
    return [pair.ours for pair in pairs], [pair.popularity for pair in pairs]


def _times(beside: tuple[float, float], tasks: int) -> str:
    """Pages tell one task's figure beside it: what is a mean of several says so."""
    ours, theirs = beside
    over = f" on the mean of {tasks} tasks" if tasks > 1 else ""
    return f"{ours / theirs:.2f} × popularity{over}" if theirs > 0 else f"{ours:.3f}, where popularity hit nothing"


def _round(value: Any) -> float:
    return round(float(value), 5)
