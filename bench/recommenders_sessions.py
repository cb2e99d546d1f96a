"""`./run bench recommenders`, the part on visits: RetailRocket with the protocol of the published session tables.

All 15,132 prefixes of the test visits, the full catalog, repeats allowed. The product's own training (settings and
blend learned on the last training visits, never on the test) and serving function answer; references in the same run.
"""

import time
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd

from bench.report import report
from recommendations import blending, training
from recommendations.estimators import Interactions, ItemKnn, Kind, Popularity, VStan
from recommendations.estimators.facing import Candidates, Context, Estimator, TrainingData, best
from recommendations.estimators.interactions import DAY_US
from recommendations.estimators.vstan import S_KNN
from recommendations.evaluation.marking import SEED, interval
from recommendations.evaluation.sessions import (
    STEP_US,
    Answered,
    Ask,
    Cases,
    answer,
    context_of,
    marks,
    paired,
)
from recommendations.model import Model
from recommendations.training.baselines import ItemsOfVisit, LastItem
from recommendations.training.fitting import Watch

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "retailrocket"
DAYS = 135  # what the data set spans; its visits are in order but bear no times, so they are laid out evenly
GOALS = {"hr20": 0.570, "mrr20": 0.286}


def retailrocket(folder: Path = FOLDER) -> Interactions:
    """The training visits: every visit a person's, views a second apart."""
    rows = pd.read_parquet(folder / "train_sessions.parquet")
    visit = rows["session"].to_numpy(dtype=np.int64)
    apart = DAYS * DAY_US // (int(visit.max()) + 1)
    items = rows["item"].to_numpy(dtype=np.int32)
    targets = pd.read_parquet(folder / "test_targets.parquet")["target"]
    return Interactions(
        people=visit.astype(np.int32),
        items=items,
        at_us=visit * apart + rows.groupby("session").cumcount().to_numpy(dtype=np.int64) * STEP_US,
        kinds=np.full(len(rows), Kind.VIEW, dtype=np.int8),
        products=tuple(f"item-{code}" for code in range(max(int(items.max()), int(targets.max())) + 1)),
        n_people=int(visit.max()) + 1,
    )


def published_cases(now_us: int, folder: Path = FOLDER) -> Cases:
    """All test prefixes. A case belongs to the visit of the one before it if it is that case without its last item."""
    rows = pd.read_parquet(folder / "test_prefixes.parquet")
    pairs = zip(rows["case"].tolist(), rows["item"].tolist(), strict=True)
    prefixes = [[item for _, item in group] for _, group in groupby(pairs, key=lambda pair: pair[0])]
    targets = pd.read_parquet(folder / "test_targets.parquet").sort_values("case")["target"].to_numpy(dtype=np.int64)
    begins = [
        place == 0 or [*prefix, int(target)] != prefixes[place - 1]
        for place, (prefix, target) in enumerate(zip(prefixes, targets, strict=True))
    ]
    return Cases([context_of(prefix, now_us) for prefix in prefixes], targets, np.cumsum(begins) - 1)


def served(model: Model) -> Ask:
    """The very function that serves."""
    return lambda context: blending.ask(model, "session", context, 20).codes


def alone(part: Estimator) -> Ask:
    """One estimator's best."""

    def ask(context: Context) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return best(part.recommend(context, 20), 20).codes

    return ask


def main(folder: Path = FOLDER) -> None:
    """Measure and print."""
    if not folder.exists():
        raise SystemExit("bench: RetailRocket is not there: put its files beside the repository")
    data = TrainingData(retailrocket(folder))
    begun = time.perf_counter()
    trained = training.train(data, training.Params(), Watch(lambda percent, note: None, time.perf_counter))
    seconds = time.perf_counter() - begun
    cases = published_cases(data.interactions.until_us, folder)
    asks = {"served": served(trained.model), **references(data, trained.model)}
    answered = {name: answer(ask, cases, time.thread_time) for name, ask in asks.items()}
    say(trained.model, answered, cases, seconds, trained.metrics["parts"]["session"]["seconds"])


def references(data: TrainingData, model: Model) -> dict[str, Ask]:
    """What the blend is held against: its own V-STAN alone, and what is older or simpler."""
    now_us = data.interactions.until_us
    return {
        "V-STAN alone": alone(model.parts["session"]),
        "S-KNN": alone(VStan(**S_KNN).fit(data, now_us)),
        "item kNN": alone(_ByVisit().fit(data, now_us)),
        "last item": alone(LastItem().fit(data, now_us)),
        "items of the visit": alone(ItemsOfVisit()),
        "popularity": alone(Popularity(None).fit(data, now_us)),
    }


class _ByVisit(ItemKnn):
    """Item kNN (cosine) with the present visit as the history."""

    def __init__(self) -> None:
        super().__init__(weighting="cosine", half_life_days=36_500.0, trend_half_life_days=None)

    def recommend(self, context: Context, n: int) -> Candidates:
        return super().recommend(Context(now_us=context.now_us, history=context.session), n)


def say(model: Model, answered: dict[str, Answered], cases: Cases, seconds: float, fit_seconds: float) -> None:
    """Two lines: the figures of the blend beside those of the references, on the same cases."""
    table = {name: found for name, one in answered.items() if (found := marks(one, cases, len(model.products)))}
    ours = table["served"]
    blend = ", ".join(f"{part} {weight:.2f}" for part, weight in model.blends["session"].items())
    for metric, mark in (("hr20", "hit_rate"), ("mrr20", "mrr")):
        values = answered["served"].scored.mark(mark)
        least_of_cases, most_of_cases = interval(values, np.arange(len(cases)))
        low, high = interval(values, cases.groups)
        better, least, most = paired(answered["served"], answered["S-KNN"], cases, mark)
        others = "; ".join(f"{name} {getattr(one, mark):.4f}" for name, one in table.items() if name != "served")
        report(
            "recommenders",
            f"retailrocket_{metric}",
            getattr(ours, mark),
            f"{metric[:-2].upper()}@20",
            goal=GOALS[metric],
            reference="S-KNN, same run and cases",
            reference_value=getattr(table["S-KNN"], mark),
            digits=4,
            note=f"{ours.cases} cases, 95 % over cases [{least_of_cases:.4f}, {most_of_cases:.4f}], over whole visits "
            f"[{low:.4f}, {high:.4f}] (bootstrap, seed {SEED}); over S-KNN "
            f"{better:+.4f} [{least:+.4f}, {most:+.4f}]; {others}; coverage {ours.coverage:.2f}; blend: {blend}; "
            f"training {seconds:.0f} s, V-STAN alone {fit_seconds:.1f} s; one visit, CPU: p50 {ours.p50_ms:.2f} ms, "
            f"p99 {ours.p99_ms:.2f} ms (V-STAN {table['V-STAN alone'].p50_ms:.2f} / "
            f"{table['V-STAN alone'].p99_ms:.2f})",
        )


if __name__ == "__main__":
    main()
