"""Real orders: on some of Online Retail II's customers the model, as served, beats what it is held against."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench import recommenders_baskets as bench
from recommendations.estimators import Popularity
from recommendations.estimators.facing import TrainingData
from recommendations.training import Params
from recommendations.training.cases import Case
from tests.paths import data_file

pytestmark = pytest.mark.data


def sample() -> TrainingData:
    paths = (
        data_file("online_retail_2009_10", "online_retail_2009_2010.parquet"),
        data_file("online_retail", "online_retail_2010_2011.parquet"),
    )
    data = bench.online_retail(paths)
    return replace(data, interactions=data.interactions.where(data.interactions.people % 5 == 0))


def test_new_products_products_bought_again_and_cold_ones_are_found_better_than_by_popularity_or_chance(
    tmp_path: Path,
) -> None:
    exam = bench.Exam.of(sample(), bench.CUT_US)
    model = bench.as_served(
        bench.learned(exam, bench.quiet(), Params(tune=False, learn_blends=False)), tmp_path / "model"
    )
    beside = {half_life: Popularity(half_life).fit(exam.known, exam.cut_us) for half_life in (None, 30.0)}

    def ndcg(cases: list[Case], answer: bench.Answer) -> float:
        return float(exam.mark(cases, answer).ndcg.mean())

    new, everything = exam.scene.cases("person", 400), exam.scene.cases("own", 400)
    popular = max(ndcg(new, bench.alone(part)) for part in beside.values())
    assert ndcg(new, bench.for_you(model)) >= 1.5 * popular
    assert ndcg(everything, bench.buy_again(model)) >= 2 * ndcg(everything, bench.alone(beside[30.0]))
    cold, never = exam.cold_cases(), np.flatnonzero(~exam.scene.known)
    assert len(cold) > 100
    assert ndcg(cold, bench.cold(model, exam.scene.known)) >= 2 * ndcg(cold, bench.shuffled(never))
