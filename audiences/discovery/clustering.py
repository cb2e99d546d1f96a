"""Clusters of people by their features: k-means and Gaussian mixtures, the number chosen by silhouette."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import silhouette_score
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from audiences.discovery.features import SPARSE, Feature

FEWEST = 50
FEW, MANY = 3, 8
JUDGED = 4_000
SMALLEST_SHARE = 0.02
SEED = 20_260_101
K_MEANS, MIXTURE = "k-means", "Gaussian mixture"
Numbers = NDArray[np.float64]
Labels = NDArray[np.int64]


class TooFewError(ValueError):
    """There are too few people, or they are too much alike, to find groups; the text says which."""


@dataclass(frozen=True, slots=True, eq=False)
class Clustering:
    """`labels`: each person's cluster, 0 for the largest. `tried`: (method, clusters, silhouette) of each attempt."""

    labels: Labels
    method: str
    silhouette: float
    tried: tuple[tuple[str, int, float], ...]

    @property
    def count(self) -> int:
        """How many clusters."""
        return int(self.labels.max()) + 1


def cluster(features: tuple[Feature, ...], values: Numbers) -> Clustering:
    """Of people × features. Raises TooFewError."""
    if len(values) < FEWEST:
        raise TooFewError(f"{len(values)} people did enough to be looked at; groups need at least {FEWEST}")
    scaled = scaled_of(features, values)
    if not scaled.shape[1]:
        raise TooFewError("all these people did the same: nothing tells them apart")
    judged = np.random.default_rng(SEED).permutation(len(scaled))[:JUDGED]
    best: tuple[float, str, Labels] | None = None
    tried: list[tuple[str, int, float]] = []
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different people than clusters: judged below
        for method in (K_MEANS, MIXTURE):
            for clusters in range(FEW, MANY + 1):
                labels = _fitted(method, clusters, scaled)
                score = _judged(labels, scaled, judged)
                if score is not None:
                    tried.append((method, clusters, round(score, 4)))
                    if best is None or score > best[0]:
                        best = score, method, labels
    if best is None:
        raise TooFewError("these people are too much alike: no groups of a size worth a segment")
    return Clustering(_by_size(best[2]), best[1], round(best[0], 4), tuple(tried))


def scaled_of(features: tuple[Feature, ...], values: Numbers) -> Numbers:
    """Features that differ at all, by their logarithm, each with mean 0 and spread 1.

    Only those that a rule can ask: a group that none could come near to would be no proposal.
    """
    columns: list[Numbers] = []
    for place, feature in enumerate(features):
        if feature.clause is None:
            continue
        column = values[:, place]
        if feature.column == "recency":
            known = column < SPARSE
            column = np.where(known, column, 2 * column[known].max(initial=1.0))
        column = np.log1p(np.maximum(column, 0.0))
        spread = column.std()
        if spread > 1e-9:
            columns.append((column - column.mean()) / spread)
    return np.column_stack(columns) if columns else np.empty((len(values), 0))


def _fitted(method: str, clusters: int, scaled: Numbers) -> Labels:
    model: Any
    if method == K_MEANS:
        model = KMeans(clusters, n_init=4, max_iter=300, random_state=SEED)
    else:
        model = GaussianMixture(clusters, covariance_type="diag", max_iter=300, reg_covar=1e-3, random_state=SEED)
    return np.asarray(model.fit_predict(scaled), dtype=np.int64)


def _judged(labels: Labels, scaled: Numbers, judged: Labels) -> float | None:
    """The silhouette of some; None where a cluster is empty or too small to be worth a segment."""
    sizes = np.bincount(labels)
    if len(sizes) < FEW or sizes.min() < max(2, SMALLEST_SHARE * len(labels)):
        return None
    if len(np.unique(labels[judged])) < FEW:
        return None
    return float(silhouette_score(scaled[judged], labels[judged]))


def _by_size(labels: Labels) -> Labels:
    sizes = np.bincount(labels)
    order = np.argsort(-sizes, kind="stable")
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return np.asarray(places[labels], dtype=np.int64)
