"""What a holdout tells: an interval for every look, nothing told of a few, and a split that did not come out."""

import random

import pytest
from scipy import stats

from experiments.lift import ALARMING, lift, sample_ratio, side
from experiments.stats.intervals import multiplier


def test_the_interval_holds_at_every_look_hence_is_wider_than_welchs() -> None:
    rng = random.Random(7)
    treated = [max(0.0, rng.gauss(2, 8)) for _ in range(400)]
    holdout = [max(0.0, rng.gauss(1, 8)) for _ in range(60)]
    found = lift(side(400, [x for x in treated if x]), side(60, [x for x in holdout if x]))
    assert found is not None
    once = stats.ttest_ind(treated, holdout, equal_var=False)
    error = (once.confidence_interval(0.95).high - found.difference) / stats.t.ppf(0.975, once.df)
    assert found.high - found.difference == pytest.approx(multiplier(460, 0.05) * error)
    assert found.difference - found.low > 1.5 * 1.96 * error
    assert found.total[0] == pytest.approx(400 * found.difference)


def test_a_planted_null_is_hardly_ever_sure_and_a_planted_effect_is_found() -> None:
    rng = random.Random(3)
    sure = 0
    for _ in range(200):
        sides = [side(300, [rng.uniform(5, 50) for _ in range(300) if rng.random() < 0.1]) for _ in range(2)]
        found = lift(*sides)
        sure += found is not None and found.is_sure
    assert sure <= 2
    effect = lift(side(900, [30.0] * 180), side(100, [30.0] * 5))
    assert effect is not None
    assert effect.low > 0


@pytest.mark.parametrize(("treated", "holdout"), [(29, 300), (300, 29)])
def test_nothing_is_told_of_a_few(treated: int, holdout: int) -> None:
    assert lift(side(treated, [9.0]), side(holdout, [9.0])) is None


def test_nobody_who_bought_tells_nothing() -> None:
    assert lift(side(300, []), side(300, [])) is None


@pytest.mark.parametrize(("treated", "alarms"), [(900, False), (940, True)])
def test_a_split_that_did_not_come_out_is_seen(treated: int, alarms: bool) -> None:
    chance = sample_ratio({"holdout": 1000 - treated, "treated": treated}, {"holdout": 0.1, "treated": 0.9})
    assert chance is not None
    assert (chance < ALARMING) is alarms


def test_of_one_variant_there_is_no_ratio() -> None:
    assert sample_ratio({"treated": 10}, {"treated": 1, "holdout": 0}) is None
