"""Recipes: of which parts a model is made, with which parameters and blends. Pure JSON in and out.

A run keeps its recipe, so that a later one can be held against it on the same events. `Params` are what somebody asks
of a training; a recipe is what came of it: every parameter of every part, learned ones included.
"""

import inspect
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

from recommendations.estimators.facing import Estimator
from recommendations.model import TASKS
from recommendations.parts import KINDS, PARTS

Blends = Mapping[str, Mapping[str, float]]

# What counts where too little is known to learn it. Weights are shares; parts a model lacks are left out.
DEFAULT_BLENDS: Blends = MappingProxyType(
    {
        "person": {"taste": 0.8, "content": 0.1, "popularity": 0.1},
        "session": {"session": 0.88, "viewed_together": 0.06, "content": 0.03, "taste": 0.02, "popularity": 0.01},
        "product": {"viewed_together": 0.3, "bought_together": 0.3, "content": 0.25, "taste": 0.1, "popularity": 0.05},
        "cart": {"bought_together": 0.7, "viewed_together": 0.1, "taste": 0.1, "content": 0.1},
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What may be asked of a training. Times are in days; of `*_days` and `*_share` of the history the shorter holds.

    `parts`: parameters of parts by name, over their defaults. `max_interactions`: beyond it people are sampled.
    """

    half_life_days: float = 180.0
    test_days: float = 90.0
    test_share: float = 0.2
    max_interactions: int = 5_000_000
    tune: bool = True
    learn_blends: bool = True
    parts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Params":
        """Defaults overlaid with what a job asks for; raises ValueError naming what is unknown or impossible."""
        there_are = asdict(cls())
        if unknown := sorted(set(given) - set(there_are)):
            raise ValueError(f"unknown parameter {unknown[0]!r}; there are: {', '.join(there_are)}")
        params = cls(**given)
        for name in ("half_life_days", "test_days", "test_share", "max_interactions"):
            value = getattr(params, name)
            if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
                raise ValueError(f"{name} must be a number above 0, not {value!r}")
        if params.test_share >= 1:
            raise ValueError(f"test_share must be below 1, not {params.test_share!r}")
        for part, values in params.parts.items():
            _check_part(part, values)
        return params

    def as_json(self) -> dict[str, Any]:
        """For the run's row and a job's parameters."""
        return {**asdict(self), "parts": {name: dict(values) for name, values in self.parts.items()}}


@dataclass(frozen=True, slots=True)
class PartRecipe:
    """The kind (class name) and parameters of one part."""

    kind: str
    params: Mapping[str, Any]

    def make(self) -> Estimator:
        """Unfitted."""
        return KINDS[self.kind](**self.params)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Parts by name, in the order they are fitted, and the weight of each in each task."""

    parts: Mapping[str, PartRecipe]
    blends: Blends
    half_life_days: float

    def as_json(self) -> dict[str, Any]:
        """For the run's row and the manifest."""
        return {
            "parts": {name: {"kind": part.kind, "params": dict(part.params)} for name, part in self.parts.items()},
            "blends": {task: dict(blend) for task, blend in self.blends.items()},
            "half_life_days": self.half_life_days,
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Recipe | None":
        """The recipe of a run, or None where it is of a version before or names a kind that is gone."""
        try:
            parts = {name: PartRecipe(one["kind"], one["params"]) for name, one in given["parts"].items()}
            recipe = cls(parts, given["blends"], float(given["half_life_days"]))
            for part in recipe.parts.values():
                part.make()
        except (KeyError, TypeError, AttributeError, ValueError):
            return None
        return recipe

    def with_params(self, part: str, params: Mapping[str, Any]) -> "Recipe":
        """With some parameters of one part changed."""
        changed = PartRecipe(self.parts[part].kind, {**self.parts[part].params, **params})
        return Recipe({**self.parts, part: changed}, self.blends, self.half_life_days)

    def with_blends(self, blends: Blends) -> "Recipe":
        """With other weights."""
        return Recipe(self.parts, blends, self.half_life_days)


def recipe_of(params: Params) -> Recipe:
    """The recipe before anything was learned: every part at its defaults and what was asked."""
    parts = {}
    for name, kind in PARTS.items():
        made = kind(**params.parts.get(name, {}))
        parts[name] = PartRecipe(kind.__name__, made.params())
    return Recipe(parts, default_blends(parts), params.half_life_days)


def default_blends(parts: Mapping[str, object]) -> dict[str, dict[str, float]]:
    """DEFAULT_BLENDS of the parts there are, summing to 1."""
    blends = {}
    for task in TASKS:
        there_are = {name: weight for name, weight in DEFAULT_BLENDS[task].items() if name in parts}
        total = sum(there_are.values())
        blends[task] = {name: weight / total for name, weight in there_are.items()} if total else {}
    return blends


def _check_part(part: str, values: Mapping[str, Any]) -> None:
    if part not in PARTS:
        raise ValueError(f"unknown part {part!r}; there are: {', '.join(PARTS)}")
    there_are = [name for name in inspect.signature(PARTS[part].__init__).parameters if name != "self"]
    if unknown := sorted(set(values) - set(there_are)):
        raise ValueError(f"unknown parameter {unknown[0]!r} of {part}; there are: {', '.join(there_are)}")
