"""Policies by themselves: chances of being best, the floor, exact propensities, planted arms, an oracle."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from decisions.bandits import ArmCount, BanditError, PolicyState, bandit_of, beginning, choose, played, seed_of
from decisions.bandits.drift import Day, drift_of
from decisions.bandits.features import Column, learn_columns, matrix, vector
from decisions.bandits.linucb import Cells, fit
from decisions.bandits.thompson import Beta, Mean, posteriors, probabilities

ARMS = [{"id": name, "outcome": {"content": name}} for name in "abc"]
BANDIT = bandit_of({"policy": "thompson", "arms": ARMS, "floor": 0.05})
ORACLE: dict[str, Any] = {
    "arms": [0, 0, 0, 1, 1, 1, 0, 1],
    "x": [[1.0, 0], [1, 1], [1, 1], [1, 0], [1, 0], [1, 1], [1, 0], [1, 1]],
    "rewards": [0.0, 1, 1, 1, 0, 0, 0, 1],
    "asked": [[1.0, 0], [1, 1]],
    "bounds": {
        0.5: [[0.44293466575172863, 0.6247528475699105], [1.0287840718504908, 0.7560567991232182]],
        1.25: [[0.8346093916520487, 1.0164275734702306], [1.4810510887171364, 1.2083238159898637]],
    },
    "thompson": (4, 3),
}
CONSTANT = (Column("constant"), Column("is", "device", "phone"))


def test_chances_of_being_best_equal_what_drawing_from_the_posteriors_gives() -> None:
    random = np.random.default_rng(5)
    counts = {"a": ArmCount(1000, 50), "b": ArmCount(1000, 60), "c": ArmCount(10, 0), "d": ArmCount(200_000, 12_000)}
    drawn = np.stack([random.beta(1 + one.won, 1 + one.shown - one.won, 400_000) for one in counts.values()])
    expected = np.bincount(drawn.argmax(axis=0), minlength=4) / 400_000
    found = probabilities(counts, is_value=False)
    assert np.abs(np.array(list(found.values())) - expected).max() < 0.003
    assert sum(found.values()) == pytest.approx(1, abs=1e-12)


def test_two_arms_have_the_chance_that_stands_in_the_books() -> None:
    """P(Beta(2,1) > Beta(1,2)) = 5/6."""
    found = probabilities({"a": ArmCount(1, 1), "b": ArmCount(1, 0)}, is_value=False)
    assert found["a"] == pytest.approx(5 / 6, abs=1e-5)


def test_money_goes_to_the_arm_with_the_higher_mean_and_not_to_the_one_that_sells_oftener() -> None:
    counts = {"often": ArmCount(4000, 400, 4000.0, 60_000.0), "dear": ArmCount(4000, 100, 8000.0, 800_000.0)}
    assert probabilities(counts, is_value=True)["dear"] > 0.99
    assert probabilities(counts, is_value=False)["often"] > 0.99
    random = np.random.default_rng(3)
    found = posteriors(counts, is_value=True)
    assert all(isinstance(one, Mean) for one in found)
    drawn = np.stack([one.quantile(random.random(200_000)) for one in found])
    assert probabilities(counts, is_value=True)["dear"] == pytest.approx((drawn[1] > drawn[0]).mean(), abs=0.002)


def test_the_least_chance_of_an_arm_is_the_floor_exactly() -> None:
    hopeless = PolicyState(7, {}, {"a": 1.0, "b": 0.0, "c": 0.0})
    assert played(BANDIT, hopeless, [{}])[0].tolist() == pytest.approx([0.9, 0.05, 0.05], abs=1e-15)
    assert played(BANDIT, hopeless, [{}])[0][1] == 0.05
    assert played(BANDIT, beginning("abc"), [{}])[0].tolist() == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize("policy", ["thompson", "linucb"])
def test_the_logged_propensity_is_how_often_the_arm_is_really_played(policy: str) -> None:
    state = PolicyState(3, {}, {"a": 0.7, "b": 0.3, "c": 0.0})
    if policy == "linucb":
        won = np.array([9.0, 12, 3])
        cells = Cells(np.array([0, 1, 2]), matrix(CONSTANT, [{}] * 3), np.array([90.0] * 3), won, won)
        state = PolicyState(3, {}, {}, fit(CONSTANT, tuple("abc"), cells, 1.0))
    many = 15_000 if policy == "thompson" else 4_000
    drawn = [choose(BANDIT, state, {"device": "tv"}, seed_of("home", 1, 3, str(n).encode())) for n in range(many)]
    shares = Counter(one.arm for one in drawn)
    for arm, chance in drawn[0].probabilities.items():
        assert shares[arm] / many == pytest.approx(chance, abs=4 * (chance * (1 - chance) / many) ** 0.5)
        assert {one.propensity for one in drawn if one.arm == arm} == {chance}


def test_the_same_state_features_and_seed_play_the_same_arm_also_after_a_trip_through_json() -> None:
    rows = [
        {"device": device, "hour": hour, "subtotal": hour * 7.5} for device in ("phone", "tv") for hour in range(24)
    ]
    columns = learn_columns(("device", "hour", "subtotal"), rows, [1] * len(rows))
    assert [(one.kind, one.value) for one in columns] == [
        ("constant", ""), ("is", "phone"), ("is", "tv"), ("hour_sin", ""), ("hour_cos", ""), ("number", ""),
    ]  # fmt: skip
    ones = np.ones(48)
    cells = Cells(np.arange(48) % 3, matrix(columns, rows), ones, ones * (np.arange(48) % 2), ones)
    state = PolicyState(2, {"a": ArmCount(4, 1, 2.5, 3.25)}, {}, fit(columns, tuple("abc"), cells, 0.5))
    again = PolicyState.from_json(state.to_json(), 2)
    for unit in range(50):
        seed = seed_of("home", 1, 2, str(unit).encode())
        assert choose(BANDIT, state, rows[unit % 48], seed) == choose(BANDIT, again, rows[unit % 48], seed)
    assert vector(columns, {"device": "fridge"}).tolist() == [1, 0, 0, 0, 0, 0]


def test_the_planted_arm_is_found_at_a_fraction_of_the_regret_of_trying_all_alike() -> None:
    rates, random = {"a": 0.03, "b": 0.05, "c": 0.10}, np.random.default_rng(11)
    counts = {arm: ArmCount() for arm in rates}
    regret, rounds, batch = 0.0, 80, 100
    for turn in range(rounds):
        state = PolicyState(turn, counts, probabilities(counts, is_value=False))
        for index in range(batch):
            arm = choose(BANDIT, state, {}, seed_of("home", 1, turn, str(index).encode())).arm
            regret += 0.10 - rates[arm]
            won = int(random.random() < rates[arm])
            counts[arm] = counts[arm].plus(ArmCount(1, won))
    uniform = rounds * batch * sum(0.10 - rate for rate in rates.values()) / 3
    assert regret < 0.3 * uniform
    assert probabilities(counts, is_value=False)["c"] > 0.999


def test_linucb_learns_whom_to_show_what_where_the_best_arm_hangs_on_the_device() -> None:
    rates = {"phone": (0.02, 0.12, 0.04), "desktop": (0.12, 0.02, 0.04)}
    random = np.random.default_rng(2)
    bandit = bandit_of({"policy": "linucb", "arms": ARMS, "floor": 0.05, "features": ["device"]})
    rows: list[tuple[int, dict[str, str], int]] = []
    state = PolicyState()
    regret = 0.0
    for turn in range(25):
        for index in range(120):
            told = {"device": ("phone", "desktop")[random.integers(2)]}
            arm = "abc".index(choose(bandit, state, told, seed_of("home", 1, turn, str(index).encode())).arm)
            regret += 0.12 - rates[told["device"]][arm]
            rows.append((arm, told, int(random.random() < rates[told["device"]][arm])))
        features = [row[1] for row in rows]
        columns = learn_columns(("device",), features, [1] * len(rows))
        won = np.array([float(row[2]) for row in rows])
        cells = Cells(np.array([row[0] for row in rows]), matrix(columns, features), np.ones(len(rows)), won, won)
        state = PolicyState(turn, {}, {}, fit(columns, tuple("abc"), cells, 1.0))
    assert regret < 0.4 * len(rows) * (0.12 - 0.06)
    assert played(bandit, state, [{"device": "phone"}, {"device": "desktop"}]).argmax(axis=1).tolist() == [1, 0]


def test_posteriors_and_bounds_are_those_of_mabwiser() -> None:
    """Figures computed with mabwiser 2.7.4 (see docs/bandits.md): its package needs plotting libraries, so it is not
    installed here."""
    thompson = Beta(5, 3)
    assert (thompson.a, thompson.b) == ORACLE["thompson"]
    x = np.array(ORACLE["x"])
    for alpha, expected in ORACLE["bounds"].items():
        cells = Cells(np.array(ORACLE["arms"]), x, np.ones(len(x)), np.array(ORACLE["rewards"]), np.zeros(len(x)))
        model = fit(CONSTANT, ("a", "b"), cells, 0.0)
        model = type(model)(model.columns, model.arms, model.theta, model.inverse, alpha)
        assert model.bounds(np.array(ORACLE["asked"])) == pytest.approx(np.array(expected), abs=1e-9)


def days(*rates: tuple[int, int]) -> list[Day]:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    return [Day(first + timedelta(days=place), shown, won) for place, (shown, won) in enumerate(rates)]


def test_a_change_is_found_at_the_day_it_came_and_noise_is_not() -> None:
    found = drift_of(days(*[(2000, 160)] * 6, *[(2000, 80)] * 3))
    assert found is not None
    assert (found.since, found.before, found.after) == (datetime(2026, 1, 7, tzinfo=UTC), 0.08, 0.04)
    assert drift_of(days(*[(2000, 80)] * 6, *[(2000, 160)] * 3), only_down=True) is None
    random = np.random.default_rng(4)
    alarms = sum(
        drift_of(days(*((1000, int(won)) for won in random.binomial(1000, 0.05, 30)))) is not None for _ in range(300)
    )
    assert alarms == 0


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"policy": "greedy"}, "policy"),
        ({"arms": ARMS[:1]}, "arms"),
        ({"arms": [*ARMS, ARMS[0]]}, "arms[3].id"),
        ({"floor": 0.4}, "floor"),
        ({"floor": 0}, "floor"),
        ({"policy": "linucb"}, "features"),
        ({"reward": {"within_hours": 0}}, "reward.within_hours"),
        ({"reward": {"kind": ""}}, "reward.kind"),
    ],
)
def test_what_cannot_be_played_is_refused_by_its_path(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(BanditError) as raised:
        bandit_of({"policy": "thompson", "arms": ARMS} | changes)
    assert raised.value.path == path
