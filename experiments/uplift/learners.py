"""T-, S- and X-learners and the response model, each on logistic (or ridge) regression and on boosted trees.

Every learner has the same face: `fit(x, treated, outcome)` returns itself, `score(x)` is higher for whom the offer
moves more. Seeds are fixed, so the same rows give the same scores.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from experiments.uplift.frame import Numbers, Truths

SEED = 20260301
TREES = {"max_iter": 80, "learning_rate": 0.06, "max_leaf_nodes": 8, "random_state": SEED}
"""Shallow, slow and coarse: what is learned is a small difference of two noisy rates."""
LEAST_LEAF, MOST_LEAF, LEAVES = 20, 150, 25
"""A leaf has a 25th of the rows, within these bounds."""


class Base(Protocol):
    """A regression: what comes of people with these features."""

    def fit(self, x: Numbers, y: Numbers) -> Self:
        """Learn."""

    def expect(self, x: Numbers) -> Numbers:
        """The expected outcome of each row."""


class Learner(Protocol):
    """Ranks people by how much an offer moves them, or by something that stands for it."""

    def fit(self, x: Numbers, treated: Truths, outcome: Numbers) -> Self:
        """Learn from an experiment."""

    def score(self, x: Numbers) -> Numbers:
        """Higher: treat sooner."""


class Linear:
    """Logistic regression of a truth, ridge regression of an amount, on standardized features."""

    has_products = True
    """It sees no interplay of features by itself: an S-learner hands it the products with the treatment."""

    def __init__(self, *, is_binary: bool) -> None:
        self.is_binary = is_binary

    def fit(self, x: Numbers, y: Numbers) -> Self:
        """Learn. One outcome only: that one is expected of everybody."""
        self.scaler_ = StandardScaler().fit(x)
        self.only_ = float(y[0]) if len(np.unique(y)) < 2 else None
        if self.only_ is None:
            model = LogisticRegression(max_iter=500) if self.is_binary else Ridge(alpha=10.0)
            self.model_ = model.fit(self.scaler_.transform(x), y)
        return self

    def expect(self, x: Numbers) -> Numbers:
        """The expected outcome of each row."""
        if self.only_ is not None:
            return np.full(len(x), self.only_)
        scaled = self.scaler_.transform(x)
        found = self.model_.predict_proba(scaled)[:, 1] if self.is_binary else self.model_.predict(scaled)
        return np.asarray(found, dtype=np.float64)


class Boosted:
    """Histogram gradient boosting of a truth or an amount."""

    has_products = False

    def __init__(self, *, is_binary: bool) -> None:
        self.is_binary = is_binary

    def fit(self, x: Numbers, y: Numbers) -> Self:
        """Learn. One outcome only: that one is expected of everybody."""
        self.only_ = float(y[0]) if len(np.unique(y)) < 2 else None
        if self.only_ is None:
            make = HistGradientBoostingClassifier if self.is_binary else HistGradientBoostingRegressor
            leaf = min(MOST_LEAF, max(LEAST_LEAF, len(x) // LEAVES))
            self.model_ = make(early_stopping=False, min_samples_leaf=leaf, **TREES).fit(x, y)
        return self

    def expect(self, x: Numbers) -> Numbers:
        """The expected outcome of each row."""
        if self.only_ is not None:
            return np.full(len(x), self.only_)
        found = self.model_.predict_proba(x)[:, 1] if self.is_binary else self.model_.predict(x)
        return np.asarray(found, dtype=np.float64)


BaseMaker = Callable[..., Linear | Boosted]


class Response:
    """No uplift at all: what comes of people who were treated. The plain thing that a learner has to beat."""

    def __init__(self, base: BaseMaker, *, is_binary: bool) -> None:
        self.base, self.is_binary = base, is_binary

    def fit(self, x: Numbers, treated: Truths, outcome: Numbers) -> Self:
        """Learn from the treated."""
        self.model_ = self.base(is_binary=self.is_binary).fit(x[treated], outcome[treated])
        return self

    def score(self, x: Numbers) -> Numbers:
        """What would come of each if treated."""
        return self.model_.expect(x)


class TLearner:
    """Two models, one of the treated and one of the others; uplift is their difference."""

    def __init__(self, base: BaseMaker, *, is_binary: bool) -> None:
        self.base, self.is_binary = base, is_binary

    def fit(self, x: Numbers, treated: Truths, outcome: Numbers) -> Self:
        """Learn both."""
        self.with_ = self.base(is_binary=self.is_binary).fit(x[treated], outcome[treated])
        self.without_ = self.base(is_binary=self.is_binary).fit(x[~treated], outcome[~treated])
        return self

    def score(self, x: Numbers) -> Numbers:
        """The expected difference the offer makes."""
        return self.with_.expect(x) - self.without_.expect(x)


class SLearner:
    """One model with the treatment as a feature; uplift is the difference of switching it."""

    def __init__(self, base: BaseMaker, *, is_binary: bool) -> None:
        self.base, self.is_binary = base, is_binary

    def fit(self, x: Numbers, treated: Truths, outcome: Numbers) -> Self:
        """Learn from all."""
        self.model_ = self.base(is_binary=self.is_binary)
        self.middle_ = x.mean(axis=0)
        self.model_.fit(self._switched(x, treated.astype(np.float64)), outcome)
        return self

    def score(self, x: Numbers) -> Numbers:
        """The expected difference the offer makes."""
        on, off = (self.model_.expect(self._switched(x, np.full(len(x), at))) for at in (1.0, 0.0))
        return on - off

    def _switched(self, x: Numbers, treated: Numbers) -> Numbers:
        parts = [x, treated[:, None]]
        if self.model_.has_products:
            parts.append((x - self.middle_) * (treated - 0.5)[:, None])
        return np.hstack(parts)


class XLearner:
    """The difference each person made beside what the other side's model expects of them, learned on both sides and
    mixed by the share treated (which chance decided, so it is the same for everybody)."""

    def __init__(self, base: BaseMaker, *, is_binary: bool) -> None:
        self.base, self.is_binary = base, is_binary

    def fit(self, x: Numbers, treated: Truths, outcome: Numbers) -> Self:
        """Learn the outcomes, then the differences."""
        both = TLearner(self.base, is_binary=self.is_binary).fit(x, treated, outcome)
        gained = outcome[treated] - both.without_.expect(x[treated])
        missed = both.with_.expect(x[~treated]) - outcome[~treated]
        self.of_treated_ = self.base(is_binary=False).fit(x[treated], gained)
        self.of_others_ = self.base(is_binary=False).fit(x[~treated], missed)
        self.share_ = float(treated.mean())
        return self

    def score(self, x: Numbers) -> Numbers:
        """The expected difference the offer makes."""
        return self.share_ * self.of_others_.expect(x) + (1.0 - self.share_) * self.of_treated_.expect(x)


@dataclass(frozen=True, slots=True)
class Kind:
    """A learner on a base, by name; `make(is_binary=…)` gives a fresh one."""

    key: str
    label: str
    says: str
    is_response: bool
    learner: Callable[..., Learner]
    base: BaseMaker

    def make(self, *, is_binary: bool) -> Learner:
        """A fresh one."""
        return self.learner(self.base, is_binary=is_binary)


KINDS: tuple[Kind, ...] = (
    Kind("response", "Response model", "who buys when treated, by regression", True, Response, Linear),
    Kind("t", "T-learner", "two regressions, treated and not, and their difference", False, TLearner, Linear),
    Kind("s", "S-learner", "one regression with the treatment and its products", False, SLearner, Linear),
    Kind("x", "X-learner", "regressions of the differences themselves", False, XLearner, Linear),
    Kind("response-trees", "Response model, trees", "who buys when treated, by boosted trees", True, Response, Boosted),
    Kind("t-trees", "T-learner, trees", "two boosted models and their difference", False, TLearner, Boosted),
    Kind("s-trees", "S-learner, trees", "one boosted model with the treatment", False, SLearner, Boosted),
    Kind("x-trees", "X-learner, trees", "boosted models of the differences", False, XLearner, Boosted),
)
"""The simplest first: of those that are equal within noise the first is taken."""
BY_KEY = {kind.key: kind for kind in KINDS}
