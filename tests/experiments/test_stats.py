"""The statistics of experiments: equal to GrowthBook's gbstats, and to what the formulas promise."""

import json
from typing import Any

import pytest

from experiments.stats import corrections, intervals, sums
from experiments.stats.intervals import Difference
from experiments.stats.splitting import checked
from experiments.stats.sums import Estimate, Sums
from tests.experiments.gbstats_oracle import ANSWERS

ORACLE = json.loads(ANSWERS.read_text())


def estimates(one: dict[str, Any]) -> tuple[Estimate, Estimate]:
    a, b = Sums(*one["control"]), Sums(*one["variant"])
    if one["kind"].startswith("adjusted"):
        found = sums.adjusted(a, b, is_share=one["kind"] == "adjusted_share")
        assert found is not None
        return found
    make = {"mean": sums.mean, "proportion": sums.proportion, "ratio": sums.ratio}[one["kind"]]
    return make(a), make(b)


@pytest.mark.parametrize("kind", ["mean", "proportion", "ratio", "adjusted", "adjusted_share"])
def test_every_figure_is_that_of_gbstats(kind: str) -> None:
    cases = [one for one in ORACLE if one["kind"] == kind]
    assert len(cases) == 24
    for one in cases:
        told = (intervals.relative_difference if one["relative"] else intervals.difference)(*estimates(one))
        assert told is not None
        found = intervals.effect(told, one["alpha"])
        assert found.value == pytest.approx(one["value"], rel=1e-9)
        assert [found.low, found.high] == pytest.approx(one["sequential"], rel=1e-9)
        assert [found.fixed_low, found.fixed_high] == pytest.approx(one["fixed"], rel=1e-9)
        assert intervals.fixed_p(told) == pytest.approx(one["fixed_p"], rel=1e-6, abs=1e-12)
        assert intervals.always_valid_p(told, one["alpha"]) == pytest.approx(one["sequential_p"], rel=1e-6)


@pytest.mark.parametrize("level", [0.05, 0.025, 0.0125])
def test_the_p_value_and_the_interval_say_the_same_at_any_level(level: float) -> None:
    edge = intervals.half_width(Difference(0, 0.04, 3_000, 2_998), 0.05, level=level)
    told = Difference(edge, 0.04, 3_000, 2_998)
    assert intervals.always_valid_p(told, 0.05) == pytest.approx(level)


def test_holm_and_benjamini_hochberg_are_as_published() -> None:
    p_values = [0.01, 0.04, 0.03, 0.005]
    assert corrections.holm(p_values) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert corrections.benjamini_hochberg(p_values) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    levels = corrections.holm_levels(p_values, 0.05)
    assert levels == pytest.approx([0.05 / 3, 0.025, 0.025, 0.0125])
    rejected = [one <= level for one, level in zip(p_values, levels, strict=True)]
    assert rejected == [one <= 0.05 for one in corrections.holm(p_values)]


def test_a_split_that_did_not_come_out_alarms() -> None:
    even = checked({"a": 5_050, "b": 4_950}, {"a": 0.5, "b": 0.5})
    assert (even.is_alarming, even.expected) == (False, {"a": 5_000.0, "b": 5_000.0})
    odd = checked({"a": 5_300, "b": 4_700}, {"a": 0.5, "b": 0.5})
    assert odd.is_alarming
    assert checked({}, {"a": 0.5, "b": 0.5}).p_value is None
