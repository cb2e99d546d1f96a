"""Ranking with a model written by hand: scores, ties, causes, seeds."""

from datetime import timedelta
from math import log1p

import numpy as np
import pytest

from cdp.lib.clock import to_us
from recommendations import ranking
from recommendations.contracts import Reason
from recommendations.estimators import Kind
from recommendations.ranking import Seed, Touch
from tests.recommendations.world import NOW, small_model

IDS = ("a", "b", "c", "d", "e")
MODEL = small_model(
    IDS, [5, 4, 3, 2, 1], {("a", "b"): 0.5, ("a", "c"): 0.2, ("d", "c"): 0.4, ("d", "b"): -0.1, ("d", "e"): -0.3}
)
ALL = np.ones(5, dtype=bool)


def test_scores_add_up_over_seeds_and_name_the_seed_that_spoke_most() -> None:
    seeds = [Seed(0, 1.0, Reason.VIEWED), Seed(3, 2.0, Reason.BOUGHT)]
    found = ranking.related(MODEL, seeds, ALL, 5)
    assert [(IDS[row.code], round(row.score, 6), row.seed.reason) for row in found] == [
        ("c", 1.0, Reason.BOUGHT),
        ("b", 0.3, Reason.VIEWED),
    ]


def test_what_is_not_allowed_or_speaks_against_is_not_found() -> None:
    allowed = ALL.copy()
    allowed[2] = False
    found = ranking.related(MODEL, [Seed(3, 1.0, Reason.TOGETHER)], allowed, 5)
    assert found == []


def test_ties_at_the_border_go_to_the_lower_code() -> None:
    model = small_model(IDS, [1] * 5, {("a", "b"): 0.5, ("a", "c"): 0.5, ("a", "d"): 0.5, ("a", "e"): 0.9})
    found = ranking.related(model, [Seed(0, 1.0, Reason.TOGETHER)], ALL, 3)
    assert [IDS[row.code] for row in found] == ["e", "b", "c"]


def test_seeds_weigh_as_in_training_and_take_the_strongest_reason() -> None:
    old = to_us(NOW - timedelta(days=180))
    touches = [
        Touch("a", Kind.VIEW, to_us(NOW)),
        Touch("a", Kind.PURCHASE, old),
        Touch("b", Kind.ADD, to_us(NOW + timedelta(days=3))),
        Touch("c", Kind.PURCHASE, old, times=3.0),
        Touch("unknown", Kind.VIEW, old),
    ]
    seeds = ranking.seeds_of(touches, MODEL)
    assert [(IDS[seed.code], seed.reason) for seed in seeds] == [
        ("c", Reason.BOUGHT),
        ("a", Reason.BOUGHT),
        ("b", Reason.ADDED),
    ]
    assert [seed.weight for seed in seeds] == pytest.approx([log1p(3.0), log1p(0.25 + 0.5), log1p(0.5)])


def test_no_seed_finds_nothing() -> None:
    assert ranking.related(MODEL, [], ALL, 5) == []
    assert ranking.even_seeds(["unknown"], MODEL, Reason.CART) == []
