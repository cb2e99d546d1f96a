"""Off-policy estimates against a truth that is known: logs of one policy, values of another."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from decisions.evaluation import estimates
from decisions.evaluation.candidates import Candidate, candidates_of
from decisions.evaluation.estimates import Estimate
from decisions.evaluation.judging import NO_OVERLAP, NO_ROWS, TOO_THIN, cross, judge
from decisions.evaluation.logs import Log

DEFINITION: dict[str, Any] = {
    "policy": "thompson",
    "arms": [{"id": name, "outcome": {"content": name}} for name in "abc"],
    "floor": 0.05,
    "features": ["device"],
    "candidate": {"policy": "linucb", "floor": 0.02},
}
RATES = {"phone": np.array([0.10, 0.30, 0.20]), "desktop": np.array([0.40, 0.10, 0.20])}
# The log's policy looks at the device too, so that who saw what says something about them.
PLAYED = {"phone": np.array([0.6, 0.2, 0.2]), "desktop": np.array([0.2, 0.2, 0.6])}


def made(many: int, seed: int, played: Mapping[str, Any] = PLAYED) -> Log:
    random = np.random.default_rng(seed)
    devices = [("phone", "desktop")[one] for one in random.integers(2, size=many)]
    chances = np.stack([played[device] for device in devices])
    action = (random.random(many)[:, None] > np.cumsum(chances, axis=1)).sum(axis=1)
    rates = np.stack([RATES[device] for device in devices])[np.arange(many), action]
    reward = (random.random(many) < rates).astype(float)
    told = [{"device": device} for device in devices]
    return Log(tuple("abc"), action, chances[np.arange(many), action], chances, reward, np.arange(many), told)


def together(log: Log) -> Log:
    """Every row twice."""
    propensity, chances, reward = (np.concatenate([one, one]) for one in (log.propensity, log.chances, log.reward))
    action, units = np.concatenate([log.action, log.action]), np.concatenate([log.units, log.units])
    return Log(log.arms, action, propensity, chances, reward, units, [*log.features, *log.features])


def candidate(key: str) -> Candidate:
    return next(one for one in candidates_of(DEFINITION) if one.key == key)


def test_every_estimator_is_unbiased_and_the_naive_mean_is_not() -> None:
    """Of always showing a the truth is 0.25; phones saw it three times as often, and like it least."""
    truth = 0.25
    naive: list[float] = []
    found: dict[str, list[Estimate]] = {"ips": [], "snips": [], "robust": [], "wrong model": []}
    for seed in range(150):
        log = made(1500, seed)
        target = np.tile([1.0, 0, 0], (len(log), 1))
        model = np.stack([RATES[str(one["device"])] for one in log.features])
        naive.append(float(log.reward[log.action == 0].mean()))
        found["ips"].append(estimates.ips(log, target))
        found["snips"].append(estimates.snips(log, target))
        found["robust"].append(estimates.doubly_robust(log, target, model))
        found["wrong model"].append(estimates.doubly_robust(log, target, np.full_like(model, 0.9)))
    for name, values in found.items():
        mean, error = np.mean([one.value for one in values]), np.std([one.value for one in values]) / 150**0.5
        assert abs(mean - truth) < 4 * error + 1e-4, name
        covered = np.mean([one.low <= truth <= one.high for one in values])
        assert 0.88 <= covered <= 0.995, name
    assert abs(np.mean(naive) - truth) > 0.05
    widths = {name: np.mean([one.high - one.low for one in values]) for name, values in found.items()}
    assert widths["robust"] < widths["snips"] < widths["wrong model"]


def test_rows_of_one_person_count_as_one_in_the_interval() -> None:
    log = made(2000, 1)
    same = log.only(np.ones(2000, dtype=bool))
    for _ in range(2):
        same = together(same)
    one, four = estimates.running(log), estimates.running(same)
    assert (four.value, four.low, four.high) == pytest.approx((one.value, one.low, one.high))


def test_a_candidate_that_learns_is_judged_by_what_it_learned_from_others() -> None:
    """LinUCB shows b to phones and a to desktops: 0.35 less what the floor costs."""
    best = 0.96 * 0.35 + 0.02 * (0.30 / 2 + 0.30 / 2)
    found = judge(candidate("proposed"), cross(made(20_000, 7), ["device"]))
    assert found.refusal == ""
    assert found.robust is not None
    assert found.gain is not None
    assert found.robust.low < best < found.robust.high
    assert found.robust.high - found.robust.low < 0.04
    assert found.gain.low > 0.1
    assert found.shares["c"] == pytest.approx(0.02)
    assert 0 < found.effective < 20_000


def test_the_candidates_are_what_runs_the_proposed_one_the_other_policy_all_alike_and_each_arm() -> None:
    keys = ["now", "proposed", "linucb", "even", "only:a", "only:b", "only:c"]
    assert [one.key for one in candidates_of(DEFINITION)] == keys
    without = DEFINITION | {"features": [], "candidate": None}
    assert [one.key for one in candidates_of(without)] == ["now", "even", "only:a", "only:b", "only:c"]


def test_nothing_is_said_where_the_log_could_not_have_played_it() -> None:
    never = {"phone": np.array([0.5, 0.5, 0.0]), "desktop": np.array([0.4, 0.3, 0.3])}
    found = judge(candidate("only:c"), cross(made(3000, 1, never), ["device"]))
    assert (found.refusal, found.about) == (NO_OVERLAP, ("c",))
    assert found.robust is None
    assert found.ips is None
    assert judge(candidate("only:a"), cross(made(3000, 1, never), ["device"])).refusal == ""
    rare = {"phone": np.array([0.495, 0.495, 0.01]), "desktop": np.array([0.495, 0.495, 0.01])}
    assert judge(candidate("only:c"), cross(made(3000, 1, rare), ["device"])).refusal == TOO_THIN
    assert judge(candidate("even"), cross(made(199, 1), ["device"])).refusal == NO_ROWS
