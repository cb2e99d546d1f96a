"""ALS: factors of people and products by the optional package `implicit`; people are folded in when asked for.

Measured behind EASE on Online Retail II (.266 to .290 NDCG@20), so no model has it by default. `implicit` is loaded
only while learning: a learned model answers without it.
"""

import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from recommendations.estimators.facing import Arrays, Candidates, Context, TrainingData, best, nothing
from recommendations.estimators.pairwise import profiles_of, seeds_of_person

EXTRA = "requirements-extras.txt"


class ExtraMissingError(ImportError):
    """A part needs a package that is not installed; the message says how to install it."""


class Als:
    """Implicit-feedback matrix factorization (Hu, Koren, Volinsky 2008). The same data and `seed` give the same model.

    Answering multiplies a person's factors with those of all learnable products: dense over `learned` products, the
    one estimator that is, so not for a million.
    """

    name: ClassVar[str] = "als"
    items_: NDArray[np.float32]  # learnable products × factors
    codes_: NDArray[np.int32]  # which products these are, ascending
    gram_: NDArray[np.float32]  # items_ᵀ items_ + regularization

    def __init__(
        self,
        *,
        factors: int = 64,
        regularization: float = 1.0,
        alpha: float = 3.0,
        iterations: int = 15,
        half_life_days: float = 180.0,
        min_people: int = 5,
        most_seeds: int = 100,
        seed: int = 11,
    ) -> None:
        self.factors = factors
        self.regularization = regularization
        self.alpha = alpha
        self.iterations = iterations
        self.half_life_days = half_life_days
        self.min_people = min_people
        self.most_seeds = most_seeds
        self.seed = seed

    def fit(self, data: TrainingData, now_us: int) -> Self:
        """Learns `items_` on one thread. Raises ExtraMissingError without `implicit`."""
        library = _library()
        profiles = profiles_of(data.interactions, self.half_life_days, now_us)
        people = np.bincount(profiles.indices, minlength=profiles.shape[1])
        self.codes_ = np.flatnonzero(people >= self.min_people).astype(np.int32)
        known = profiles[:, self.codes_].tocsr().astype(np.float32)
        if known.nnz:
            with threadpool_limits(1, "blas"):
                learner = library.AlternatingLeastSquares(
                    factors=self.factors,
                    regularization=self.regularization,
                    alpha=self.alpha,
                    iterations=self.iterations,
                    random_state=self.seed,
                    num_threads=1,
                )
                learner.fit(known, show_progress=False)
            self.items_ = np.asarray(learner.item_factors, dtype=np.float32)
        else:
            self.items_ = np.zeros((len(self.codes_), self.factors), dtype=np.float32)
        self._set_gram()
        return self

    def _set_gram(self) -> None:
        identity = np.eye(self.items_.shape[1], dtype=np.float32)
        self.gram_ = self.items_.T @ self.items_ + self.regularization * identity

    def recommend(self, context: Context, n: int) -> Candidates:
        """What the person's factors, solved from the seeds (as Taste's), say of all products. The cause is the seed
        that is most like the product."""
        seeds, weights = seeds_of_person(context, self.most_seeds)
        rows = np.searchsorted(self.codes_, seeds)
        known = rows < len(self.codes_)
        known[known] &= self.codes_[rows[known]] == seeds[known]
        if not known.any():
            return nothing()
        rows, seeds = rows[known], seeds[known]
        chosen = self.items_[rows]
        confidence = self.alpha * weights[known]
        system = self.gram_ + chosen.T @ (chosen * confidence[:, None])
        person = np.linalg.solve(system, chosen.T @ (confidence + 1))
        scores = self.items_ @ person
        found = np.flatnonzero(scores > 0)
        top = best(Candidates(found, scores[found].astype(np.float64), found), n)
        causes = seeds[(self.items_[top.codes] @ chosen.T).argmax(axis=1)] if len(top) else top.causes
        return Candidates(self.codes_[top.codes].astype(np.int64), top.scores, causes)

    def arrays(self) -> Arrays:
        """The products' factors and codes."""
        return {"items": self.items_, "codes": self.codes_}

    @classmethod
    def restore(cls, params: Mapping[str, Any], arrays: Arrays) -> Self:
        """From `params()` and `arrays()`; needs no `implicit`."""
        fitted = cls(**params)
        fitted.items_, fitted.codes_ = np.asarray(arrays["items"]), np.asarray(arrays["codes"])
        fitted._set_gram()
        return fitted

    def params(self) -> dict[str, Any]:
        """The parameters of `__init__`."""
        return {name: value for name, value in vars(self).items() if not name.endswith("_")}


def _library() -> ModuleType:
    try:
        return importlib.import_module("implicit.cpu.als")
    except ImportError as error:
        raise ExtraMissingError(
            f"the estimator als needs the optional package implicit: pip install -r {EXTRA}"
        ) from error
