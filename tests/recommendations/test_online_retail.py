"""Real orders: on Online Retail II the model beats popularity on products the customer had not bought before."""

import pytest

from bench import recommenders
from recommendations import evaluation, training
from tests.paths import data_file

pytestmark = pytest.mark.data


def test_new_products_are_found_at_least_one_point_two_times_as_well_as_by_popularity() -> None:
    paths = (
        data_file("online_retail_2009_10", "online_retail_2009_2010.parquet"),
        data_file("online_retail", "online_retail_2010_2011.parquet"),
    )
    interactions = recommenders.online_retail(paths)
    marks = training.judge(evaluation.time_split(interactions, days=90), training.Params())
    new, everything = marks["new"], marks["all"]
    best = max(new["popularity"]["ndcg"], new["popularity_all_time"]["ndcg"])
    assert new["for_you"]["people"] > 2000
    assert new["for_you"]["ndcg"] >= 1.2 * best
    assert everything["buy_again"]["ndcg"] >= 2 * everything["popularity"]["ndcg"]
