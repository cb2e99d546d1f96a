"""Fitting the parts of a recipe on what lies before an instant. Equal parts are fitted once. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from recommendations.estimators.adapting import adapted
from recommendations.estimators.facing import Estimator, TrainingData
from recommendations.model import Model
from recommendations.training.recipe import PartRecipe, Recipe

OF_CATALOG = frozenset({"Content"})  # kinds that learn from the articles alone, whatever the time
Report = Callable[[int, str], None]  # per cent done, what is being done; may raise to stop


@dataclass(frozen=True, slots=True)
class Watch:
    """How a training tells of itself: `report` and a clock in `seconds` from anywhere."""

    report: Report
    seconds: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Cost:
    """What fitting one part took, and what it keeps in memory."""

    seconds: float
    mb: float

    def as_json(self) -> dict[str, float]:
        """For the run's row."""
        return {"seconds": round(self.seconds, 3), "mb": round(self.mb, 2)}


Key = tuple[str, str]  # kind, parameters


@dataclass(slots=True, eq=False)
class Shared:
    """What several fitters of one training have in common: the parts that learn from the catalog alone."""

    kept: dict[Key, tuple[Estimator, Cost]] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Fitter:
    """Fits on `data`, which lies before `now_us`; keeps what it fitted. Parts of the catalog are kept in `shared`."""

    data: TrainingData
    now_us: int
    watch: Watch
    shared: Shared = field(default_factory=Shared)
    kept: dict[Key, Estimator] = field(default_factory=dict)
    costs: dict[str, Cost] = field(default_factory=dict)

    def fit(self, recipe: Recipe, *, start: int, end: int, what: str) -> dict[str, Estimator]:
        """The parts of a recipe by name. `start`, `end`: per cent of the training before and after it."""
        parts = {}
        for place, (name, part) in enumerate(recipe.parts.items()):
            self.watch.report(start + (end - start) * place // len(recipe.parts), f"{what}: {name}")
            parts[name] = self.fit_part(name, part)
        return parts

    def fit_part(self, name: str, part: PartRecipe, *, keep: bool = True) -> Estimator:
        """One part: an equal one that was kept, or one that differs in nothing that is learned, made like it."""
        key = part.kind, json.dumps(dict(part.params), sort_keys=True)
        if key in self.kept:
            return self.kept[key]
        if key in self.shared.kept:
            fitted, self.costs[name] = self.shared.kept[key]
            return fitted
        begun = self.watch.seconds()
        fitted = self._like_kept(part) or part.make().fit(self.data, self.now_us)
        size = sum(array.nbytes for array in fitted.arrays().values())
        self.costs[name] = Cost(self.watch.seconds() - begun, size / 1e6)
        if part.kind in OF_CATALOG:
            self.shared.kept[key] = fitted, self.costs[name]
        elif keep:
            self.kept[key] = fitted
        return fitted

    def _like_kept(self, part: PartRecipe) -> Estimator | None:
        for (kind, _), fitted in self.kept.items():
            other = adapted(fitted, part.params, self.data, self.now_us) if kind == part.kind else None
            if other is not None:
                return other
        return None


def before(data: TrainingData, cut_us: int) -> TrainingData:
    """What lies strictly before an instant; codes keep their meaning."""
    return replace(data, interactions=data.interactions.where(data.interactions.at_us < cut_us))


def between(data: TrainingData, start_us: int, end_us: int) -> TrainingData:
    """What lies in [start, end)."""
    at_us = data.interactions.at_us
    return replace(data, interactions=data.interactions.where((at_us >= start_us) & (at_us < end_us)))


def made(
    recipe: Recipe, parts: Mapping[str, Estimator], data: TrainingData, until_us: int, asked: Mapping[str, Any]
) -> Model:
    """The model of parts that were fitted as of `until_us`."""
    return Model(
        products=data.interactions.products,
        parts=parts,
        blends=recipe.blends,
        trained_until_us=until_us,
        half_life_days=recipe.half_life_days,
        recipe={**recipe.as_json(), "asked": dict(asked)},
    )
