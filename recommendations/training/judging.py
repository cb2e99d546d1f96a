"""Judging a recipe on the test part of a time split, beside baselines and the live model, on the same cases. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.estimators.facing import Estimator, TrainingData
from recommendations.estimators.interactions import Interactions
from recommendations.evaluation.marking import Scored, score, summary
from recommendations.training import cases as asking
from recommendations.training.asking import Asked
from recommendations.training.cases import Case, Past

Table = dict[str, dict[str, dict[str, dict[str, float]]]]  # task, slice, ranker, marks


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What a split knows: `known` before the cut, `late` (first seen late or never), share of people who know each."""

    past: Past
    after: Interactions
    known: NDArray[np.bool_]
    late: NDArray[np.bool_]
    known_by: NDArray[np.float64]

    @classmethod
    def of(cls, before: TrainingData, after: TrainingData, cut_us: int, half_life_days: float) -> "Scene":
        """The scene of a split."""
        rows = before.interactions
        n = len(rows.products)
        pairs = np.unique(rows.people.astype(np.int64) * n + rows.items)
        people = len(np.unique(rows.people))
        known_by = np.bincount(pairs % n, minlength=n) / max(people, 1) if n else np.zeros(0)
        known = known_by > 0
        past = Past(rows, cut_us, half_life_days)
        return cls(past, after.interactions, known, asking.late_products(rows), known_by)

    def cases(self, task: str, most: int = asking.MOST_CASES) -> list[Case]:
        """The cases of a task (own: as person, but of everything bought later)."""
        if task in ("person", "own"):
            return asking.person_cases(self.past, self.after, most=most, new_only=task == "person")
        makers = {
            "session": asking.session_cases,
            "product": asking.product_cases,
            "cart": asking.cart_cases,
        }
        return makers[task](self.past, self.after, most=most)


def slices_of(task: str, asked: Asked, scene: Scene) -> dict[str, tuple[NDArray[np.bool_], list[NDArray[np.int64]]]]:
    """By slice: which cases count, and the right codes of each."""
    known = [case.truth[scene.known[case.truth]] for case in asked.cases]
    late = [case.truth[scene.late[case.truth]] for case in asked.cases]
    new_people = np.array([case.is_new_person for case in asked.cases], dtype=bool)
    has_known = np.array([len(truth) > 0 for truth in known], dtype=bool)
    has_late = np.array([len(truth) > 0 for truth in late], dtype=bool)
    main = "new" if task == "person" else "all"
    return {main: (has_known, known), "new_items": (has_late, late), "new_people": (has_known & new_people, known)}


def judge(task: str, asked: Asked, rankers: Mapping[str, Mapping[str, float]], scene: Scene) -> Table:
    """The table of one task: every ranker is a blend of the parts asked."""
    groups = np.array([case.group for case in asked.cases], dtype=np.int64)
    found = {name: asked.tops(weights) for name, weights in rankers.items()}
    table: dict[str, dict[str, dict[str, float]]] = {}
    for where, (mask, truths) in slices_of(task, asked, scene).items():
        if not mask.any():
            continue
        right = [truth for truth, kept in zip(truths, mask, strict=True) if kept]
        table[where] = {
            name: summary(score(tops[mask], right), groups[mask], products=len(scene.known), known_by=scene.known_by)
            for name, tops in found.items()
        }
    return {task: table} if table else {}


def main_scores(
    task: str, asked: Asked, weights: Mapping[str, float], scene: Scene
) -> tuple[Scored, NDArray[np.int64]]:
    """The marks of a blend on the main slice of its task, and the group of each case."""
    where = "new" if task == "person" else "all"
    mask, truths = slices_of(task, asked, scene)[where]
    groups = np.array([case.group for case in asked.cases], dtype=np.int64)[mask]
    right = [truth for truth, kept in zip(truths, mask, strict=True) if kept]
    return score(asked.tops(weights)[mask], right), groups


def rankers_of(task: str, blend: Mapping[str, float], parts: Mapping[str, Estimator]) -> dict[str, dict[str, float]]:
    """The blend as served, then every part alone."""
    alone = {name: {name: 1.0} for name in parts}
    return alone if task == "own" else {"model": dict(blend), **alone}
