"""The likelihood to buy again within 90 days: logistic regression on log RFM, held to the recency rule. Pure.

Learned from snapshots of the past, each with what happened in the 90 days after it, and measured on the newest one,
which it never saw. It stands only where it ranks people better than "who bought last comes first".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

DAYS = 90
TESTED, LEARNED = DAYS, (180, 270, 360, 450)
"""Days ago of the snapshot that is held out, and of those that are learned from: the last answer of each of these is
known before the held-out one begins."""
LEAST_PEOPLE, LEAST_EACH = 200, 30
DECIMALS = 4
FEATURES = ("recency", "orders", "money", "tenure")
# feature → what more of it is
MORE = {
    "recency": "the longer ago the last order",
    "orders": "the more orders",
    "money": "the more they spent",
    "tenure": "the longer ago the first order",
}
WEAK = 0.05
Numbers = NDArray[np.float64]


class TooLittleError(ValueError):
    """There is too little to learn from or to measure on; the text says what there is and what it takes."""


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """People as of one instant, a row each: days since the last and the first order, orders, money, and whether they
    bought in the 90 days after (False where that is not known yet)."""

    recency_days: Numbers
    orders: Numbers
    revenue: Numbers
    tenure_days: Numbers
    again: NDArray[np.bool_]

    def rows(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> "Figures":
        """Some of them, or all in another order."""
        return Figures(
            self.recency_days[which],
            self.orders[which],
            self.revenue[which],
            self.tenure_days[which],
            self.again[which],
        )

    def logs(self) -> Numbers:
        """The four features: logarithms of one more than each, money below nothing counted as nothing."""
        columns = (self.recency_days, self.orders, np.maximum(self.revenue, 0.0), self.tenure_days)
        return np.asarray(np.log1p(np.column_stack(columns)), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Weights of the standardized features in the order of FEATURES, and how well it ranked the held-out people.

    `auc`: of two people of whom one bought again, how often that one stands higher; `recency_auc`: the same of who
    bought last. `rows`, `tested`: people learned from, over all snapshots, and measured on.
    """

    means: Numbers
    scales: Numbers
    weights: Numbers
    bias: float
    auc: float
    recency_auc: float
    rows: int
    tested: int
    tested_again: int

    @property
    def is_better(self) -> bool:
        """Whether it beats the recency rule, as both are told."""
        return round(self.auc, DECIMALS) > round(self.recency_auc, DECIMALS)

    def likelihoods(self, people: Figures) -> Numbers:
        """Of each, from 0 to 1, to four decimals."""
        return np.round(_likelihoods(people, self.means, self.scales, self.weights, self.bias), DECIMALS)


def learn(past: Sequence[Figures], held_out: Figures) -> Model:
    """Learned from `past`, measured on `held_out`. Raises TooLittleError."""
    rows = np.concatenate([one.logs() for one in past]) if past else np.empty((0, len(FEATURES)))
    again = np.concatenate([one.again for one in past]) if past else np.empty(0, dtype=np.bool_)
    _enough("the snapshots to learn from", again)
    _enough("the held-out snapshot", held_out.again)
    with threadpool_limits(limits=1):
        scaler = StandardScaler().fit(rows)
        regression = LogisticRegression(max_iter=1_000).fit(scaler.transform(rows), again)
    means, scales, weights = (
        np.asarray(each, dtype=np.float64) for each in (scaler.mean_, scaler.scale_, regression.coef_[0])
    )
    bias = float(regression.intercept_[0])
    return Model(
        means=means,
        scales=scales,
        weights=weights,
        bias=bias,
        auc=float(roc_auc_score(held_out.again, _likelihoods(held_out, means, scales, weights, bias))),
        recency_auc=float(roc_auc_score(held_out.again, -held_out.recency_days)),
        rows=len(again),
        tested=len(held_out.again),
        tested_again=int(held_out.again.sum()),
    )


def in_words(weights: Sequence[float]) -> list[str]:
    """What each weight says, the strongest first: a step is one standard deviation of the feature's logarithm."""
    told = sorted(zip(FEATURES, weights, strict=True), key=lambda one: -abs(one[1]))
    return [_words(name, weight) for name, weight in told]


def _words(name: str, weight: float) -> str:
    if abs(weight) < WEAK:
        return f"{MORE[name].removeprefix('the ').capitalize()}: hardly any difference"
    likely = "more" if weight > 0 else "less"
    return f"{MORE[name].capitalize()}, the {likely} likely (odds × {np.exp(weight):.2f} a step)"


def _likelihoods(people: Figures, means: Numbers, scales: Numbers, weights: Numbers, bias: float) -> Numbers:
    logits = ((people.logs() - means) / scales) @ weights + bias
    return np.asarray(1.0 / (1.0 + np.exp(-logits)), dtype=np.float64)


def _enough(what: str, again: NDArray[np.bool_]) -> None:
    people, came = len(again), int(again.sum())
    if people < LEAST_PEOPLE or came < LEAST_EACH or people - came < LEAST_EACH:
        raise TooLittleError(
            f"{what}: {people:,} buyers, {came:,} of whom bought again within {DAYS} days. It takes "
            f"{LEAST_PEOPLE} buyers, {LEAST_EACH} of whom did and {LEAST_EACH} of whom did not"
        )
