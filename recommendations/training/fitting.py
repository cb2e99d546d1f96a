"""One training, pure: judge the estimators on a time split, then fit the served model on everything.

Every figure stands beside popularity on the same split. Parameters were picked on Online Retail II, on a slice that
ends before the three months it is tested on.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations import evaluation
from recommendations.estimators import BuyAgain, CoOccurrence, Interactions, Popularity
from recommendations.evaluation import Ranker, Split
from recommendations.model import Model

Report = Callable[[int, str], None]
STEPS = 4


@dataclass(frozen=True, slots=True)
class Params:
    """Half-lives are in days; `test_days` or `test_share` of the history, whichever is shorter, is held back."""

    method: str = "auto"
    l2: float = 200.0
    top_k: int = 100
    half_life_days: float = 180.0
    trend_half_life_days: float = 60.0
    popularity_half_life_days: float = 30.0
    min_people: int = 5
    ease_max_items: int = 8_000
    test_days: float = 90.0
    test_share: float = 0.2

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "Params":
        """Defaults overlaid with what a job asks for; raises ValueError naming an unknown parameter."""
        unknown = sorted(set(given) - set(asdict(cls())))
        if unknown:
            raise ValueError(f"unknown parameter {unknown[0]!r}; there are: {', '.join(asdict(cls()))}")
        params = cls(**given)
        if params.method not in {"auto", "ease", "cosine"}:
            raise ValueError(f"method must be auto, ease or cosine, not {params.method!r}")
        return params

    def as_json(self) -> dict[str, Any]:
        """For the run's row and a job's parameters."""
        return asdict(self)

    def co_occurrence(self) -> CoOccurrence:
        """The estimator these parameters describe."""
        return CoOccurrence(
            method=self.method,  # type: ignore[arg-type]  # checked in from_json
            l2=self.l2,
            top_k=self.top_k,
            half_life_days=self.half_life_days,
            trend_half_life_days=self.trend_half_life_days,
            min_people=self.min_people,
            ease_max_items=self.ease_max_items,
        )


@dataclass(frozen=True, slots=True)
class Trained:
    """The model to serve and {slice: {ranker: metrics}} from the time split."""

    model: Model
    metrics: dict[str, Any]


def train(interactions: Interactions, params: Params, report: Report) -> Trained:
    """Judges and fits. `report(step, note)` is called before each of STEPS steps and may raise to stop."""
    report(0, "judging on a time split")
    split = evaluation.time_split(interactions, params.test_days, params.test_share)
    metrics: dict[str, Any] = {"cut_at_us": split.cut_us, **judge(split, params)}
    report(2, "fitting on everything")
    model = fit(interactions, params)
    report(3, "writing")
    return Trained(model, {**metrics, "method": model.method})


def judge(split: Split, params: Params) -> dict[str, dict[str, dict[str, float]]]:
    """Metrics of popularity (recent, as served, and of all time), buy_again and for_you, by slice."""
    if not len(split.train) or not len(split.test):
        return {}
    return evaluation.compare(split, rankers(split.train, split.cut_us, params))


def rankers(train_set: Interactions, now_us: int, params: Params) -> dict[str, Ranker]:
    """What is compared, fitted on `train_set`, which must lie before `now_us`."""
    recent = Popularity(params.popularity_half_life_days).fit(train_set, now_us).scores_
    all_time = Popularity(None).fit(train_set, now_us).scores_
    again = BuyAgain(params.half_life_days, params.popularity_half_life_days).fit(train_set, now_us)
    pairs = params.co_occurrence().fit(train_set, now_us)
    profiles = pairs.profiles(train_set, now_us)

    def for_you(people: NDArray[np.int64]) -> NDArray[np.float32]:
        return pairs.scores(profiles[people])

    return {
        "popularity": _same_for_all(recent),
        "popularity_all_time": _same_for_all(all_time),
        "buy_again": again.scores,
        "for_you": for_you,
    }


def fit(interactions: Interactions, params: Params) -> Model:
    """The model to serve, fitted on everything up to the newest interaction."""
    now_us = interactions.until_us
    popularity = Popularity(params.popularity_half_life_days).fit(interactions, now_us)
    pairs = params.co_occurrence().fit(interactions, now_us)
    return Model(
        products=interactions.products,
        popularity=popularity.scores_,
        indptr=pairs.weights_.indptr,
        indices=pairs.weights_.indices,
        data=pairs.weights_.data,
        trained_until_us=now_us,
        half_life_days=params.half_life_days,
        method=pairs.method_,
    )


def verdict(metrics: dict[str, Any], live: dict[str, Any] | None) -> tuple[bool, str]:
    """Whether a fresh run goes live, and why, by NDCG@20 of for_you on new products.

    `live` are the metrics of the run that is live now, None for none. Histories differ between runs, so a fresh run is
    held against popularity of its own split; only a run that fell below the live one's lift is held back.
    """
    own = lift(metrics)
    if live is None:
        return True, "the first model" if own is None else f"the first model: {own:.2f} × popularity on new products"
    if own is None:
        return True, "too little history to judge; it has seen the newest events"
    if own >= 1.0:
        return True, f"{own:.2f} × popularity on new products"
    before = lift(live)
    if before is None or own >= before:
        return True, f"{own:.2f} × popularity on new products, not worse than the live model"
    return False, f"only {own:.2f} × popularity on new products; the live model has {before:.2f} ×"


def lift(metrics: dict[str, Any]) -> float | None:
    """NDCG@20 on new products of for_you over popularity; None where it was not measured or popularity hit nothing."""
    marks = metrics.get("new") or {}
    if "for_you" not in marks or not marks.get("popularity", {}).get("ndcg"):
        return None
    return float(marks["for_you"]["ndcg"]) / float(marks["popularity"]["ndcg"])


def _same_for_all(scores: NDArray[np.float32]) -> Ranker:
    return lambda people: np.broadcast_to(scores, (len(people), len(scores)))
