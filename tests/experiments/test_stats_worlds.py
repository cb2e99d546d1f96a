"""Planted effects and planted nulls in large made-up worlds, folded and judged as results are; A/A by simulation."""

from datetime import date, timedelta

import numpy as np
import pytest

from experiments.metrics import Cap, Measure, Metric
from experiments.stats import folding, sums
from experiments.stats.folding import Done, Met
from experiments.stats.judging import Measured, judged
from experiments.stats.planning import PlanError, Wanted, plan, smallest_effect
from experiments.stats.results import DECIDING, GOAL, GUARDRAIL, MetricResult, Verdict
from experiments.stats.simulation import REVENUE, lifetime_errors, simulate_aa
from experiments.stats.splitting import checked
from experiments.stats.verdict import verdict

PEOPLE, DAYS = 100_000, 28
BOUGHT = Metric("Bought", "conversion", Measure("Order Completed"))
REVENUE_ = Metric("Revenue", "revenue", Measure("Order Completed", "revenue"), cap=Cap(percentile=99))
BASKET = Metric("Basket", "ratio", Measure("Order Completed", "revenue"), Measure("Order Completed"))
COSTS = Metric("Returns", "count", Measure("Order Refunded"), direction="down")


class MadeUp:
    """People of three variants; buyers buy in the days after, those who like to had bought before."""

    def __init__(self, lifts: tuple[float, float, float], seed: int, rate: float = 0.06) -> None:
        draw = np.random.default_rng(seed)
        variant = draw.integers(0, 3, PEOPLE)
        self.met = Met(variant, np.sort(draw.integers(0, DAYS, PEOPLE)), 3, DAYS)
        liking = draw.gamma(0.5, 2.0, PEOPLE)
        self.before = draw.poisson(liking * 0.5).astype(float)
        orders = draw.poisson(rate * liking * np.asarray(lifts)[variant])
        place = np.repeat(np.arange(PEOPLE), orders)
        self.rows = place, self.met.day[place] + draw.integers(0, 7, place.size), draw.lognormal(3.5, 0.6, place.size)

    def measured(self, metric: Metric, role: str, *, is_adjusted: bool = True) -> Measured:
        place, day, spent = self.rows
        ones, zeros = np.ones(place.size), np.zeros(place.size)
        y, x = (spent, ones) if metric.kind == "ratio" else (spent if metric.measure.amount else ones, zeros)
        if metric.kind == "ratio" or not is_adjusted:
            done = Done(place, day, y, x)
        else:
            had = np.flatnonzero(self.before)
            done = Done(
                np.concatenate((place, had)), np.concatenate((day, self.met.day[had])),
                np.concatenate((y, np.zeros(had.size))), np.concatenate((x, self.before[had])),
            )  # fmt: skip
        cut = 1.0 if metric.kind == "conversion" else None
        if metric.cap and metric.cap.percentile:
            cut = folding.percentile(folding.values(self.met, done).y, metric.cap.percentile)
        by_day = folding.by_day(self.met, done, cut, 1.0 if metric.kind == "conversion" else None)
        ends = [date(2026, 1, 1) + timedelta(days=n) for n in range(DAYS)]
        return Measured(metric, role, by_day[-1], tuple(zip(ends, by_day, strict=True)), is_adjusted)

    def told(self, *extra: Measured) -> tuple[MetricResult, ...]:
        return judged([self.measured(BOUGHT, DECIDING), *extra], ("a", "b", "c"), 0.05)

    def verdict(self, metrics: tuple[MetricResult, ...], days: int = DAYS, min_effect: float = 0.1) -> Verdict:
        heads = {name: int((self.met.variant == n).sum()) for n, name in enumerate("abc")}
        return verdict(metrics, checked(heads, dict.fromkeys("abc", 1 / 3)), days=days, min_effect=min_effect)


def test_a_planted_effect_is_found_by_every_kind_of_metric_and_the_best_variant_wins() -> None:
    world = MadeUp((1.0, 1.0, 1.25), seed=5)
    metrics = world.told(world.measured(REVENUE_, GOAL), world.measured(BASKET, GOAL, is_adjusted=False))
    bought, revenue, basket = metrics
    assert [one.is_better for one in bought.variants] == [False, False, True]
    assert [one.is_better for one in revenue.variants] == [False, False, True]
    assert [one.is_better or one.is_worse for one in basket.variants] == [False] * 3
    told = bought.variants[2].relative
    assert told is not None
    assert told.low < 0.2 < told.high
    assert (bought.variance_removed or 0) > 0.01
    said = world.verdict(metrics)
    assert (said.state, said.winner) == ("winner", "c")
    assert world.verdict(metrics, days=6).state == "undecided"
    assert "7 days are the least" in world.verdict(metrics, days=6).text


def test_adjusting_narrows_the_interval_and_moves_nothing() -> None:
    world = MadeUp((1.0, 1.0, 1.0), seed=6)
    wide, narrow = (
        judged([world.measured(BOUGHT, DECIDING, is_adjusted=each)], ("a", "b", "c"), 0.05)[0].variants[1].absolute
        for each in (False, True)
    )
    assert wide is not None
    assert narrow is not None
    assert narrow.high - narrow.low < 0.99 * (wide.high - wide.low)
    assert abs(narrow.value - wide.value) < (wide.high - wide.low) / 4


def test_a_planted_null_names_no_winner_and_says_when_there_is_nothing_to_find() -> None:
    found = [MadeUp((1.0, 1.0, 1.0), seed=seed) for seed in range(4)]
    states = [one.verdict(one.told(), min_effect=0.2) for one in found]
    assert {one.winner for one in states} == {""}
    assert {one.state for one in states} == {"no_difference"}
    assert {one.verdict(one.told(), min_effect=0.02).state for one in found[:1]} == {"undecided"}


def test_a_guardrail_that_suffers_keeps_the_better_one_from_winning() -> None:
    world = MadeUp((1.0, 1.0, 1.3), seed=7)
    metrics = world.told(world.measured(COSTS, GUARDRAIL))
    assert metrics[1].variants[2].is_worse
    said = world.verdict(metrics)
    assert (said.state, said.winner, [one.code for one in said.checks if not one.is_met]) == (
        "guardrail", "", ["guardrails"],
    )  # fmt: skip


def test_every_variant_worse_keeps_the_control() -> None:
    world = MadeUp((1.3, 1.0, 1.0), seed=8)
    assert world.verdict(world.told()).state == "control"


def test_sums_by_day_are_those_of_values_as_they_stood() -> None:
    world = MadeUp((1.0, 1.1, 1.2), seed=9)
    place, day, spent = world.rows
    x = np.ones(place.size)
    grown = folding.by_day(world.met, Done(place, day, spent, x), 80.0)
    for end in (0, 13, DAYS - 1):
        until = day <= end if end < DAYS - 1 else np.ones(day.size, dtype=np.bool_)
        met = world.met.day <= end
        values = folding.values(world.met, Done(place[until], day[until], spent[until], x[until]), 80.0)
        plain = folding.sums_of(world.met, values, met)
        for one, other in zip(grown[end], plain, strict=True):
            assert (one.n, one.doers) == (other.n, other.doers)
            assert [one.y, one.yy, one.x, one.xx, one.xy] == pytest.approx(
                [other.y, other.yy, other.x, other.xx, other.xy]
            )
    assert sums.mean(grown[-1][2]).mean > sums.mean(grown[-1][0]).mean


def test_daily_looks_at_aa_experiments_err_within_alpha_and_naively_far_beyond() -> None:
    """Over four weeks the always-valid interval spends a part of its error, over its whole life nearly all of it."""
    found = simulate_aa(simulations=2_000, days=28, people_a_day=400, seed=11)
    assert 0.003 < found.always_valid <= 0.05
    assert 0.04 <= found.once <= 0.065
    assert found.naive > 0.2
    assert [one.day for one in found.by_day] == list(range(1, 29))
    assert simulate_aa(kind=REVENUE, simulations=500, seed=12).always_valid <= 0.05
    assert 0.03 < lifetime_errors(simulations=2_000, looks=600) <= 0.05
    assert simulate_aa(simulations=200, people_a_day=2_000, lift=0.3).always_valid > 0.95


def test_the_calculator_is_that_of_the_textbook_and_of_the_interval_that_decides() -> None:
    """31,234 a side is what everybody's calculator says of 5 % against 5.5 % at 80 % power."""
    wanted = Wanted(0.05, {"a": 0.5, "b": 0.5}, "a", min_effect=0.1, people_a_day=2_000, within_days=7)
    found = plan(wanted)
    assert found.once == pytest.approx(2 * 31_234, rel=0.001)
    assert found.people > 2 * found.once
    assert found.days is not None
    assert (found.days % 7, found.days >= found.people / 2_000 + 7) == (0, True)
    assert smallest_effect(wanted, found.people) == pytest.approx(0.1, abs=1e-4)
    assert plan(Wanted(0.05, {"a": 1, "b": 1, "c": 1}, "a", min_effect=0.1)).once > 1.5 * found.once
    met = simulate_aa(
        simulations=400, days=28, people_a_day=found.people // 28, rate=0.05, lift=0.1, seed=3
    ).always_valid
    assert 0.7 < met <= 0.95
    with pytest.raises(PlanError, match="min_effect"):
        plan(Wanted(0.05, {"a": 0.5, "b": 0.5}, "a", min_effect=0))
