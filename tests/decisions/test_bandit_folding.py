"""Folding: only exposures whose window is over teach, the same log gives the same state, resets are kept and shown."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction

from decisions.bandits import PolicyState
from decisions.models import (
    BanditEvaluation,
    BanditHour,
    BanditReset,
    BanditState,
    Conversion,
    Decision,
    PlacementVersion,
)
from decisions.queries.bandit_log import running_bandits
from decisions.queries.bandits import forget_states, state_now
from decisions.services.bandits import Folded, fold, fold_slice, reset
from decisions.services.judging import judge_all
from tests.decisions.bandit_world import ARMS, NOW, log, placement, publish

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
RATES = {"a": 0.05, "b": 0.30, "c": 0.10}


def folded(now: datetime = NOW) -> Folded:
    (one,) = running_bandits()
    found = fold(one, now)
    assert found is not None
    return found


def state() -> PolicyState:
    row = BanditState.objects.get()
    return PolicyState.from_json(row.posterior, row.number)


def counted() -> dict[str, tuple[int, int]]:
    return {arm: (count.shown, count.won) for arm, count in state().arms.items()}


def hour_rows() -> list[tuple[Any, ...]]:
    rows = BanditHour.objects.order_by("hour", "arm")
    return list(rows.values_list("hour", "arm", "decided", "exposed", "ripe", "won"))


def test_an_exposure_teaches_when_its_window_is_over_rewarded_or_not() -> None:
    """The window is two hours: rewards at once and failures later would make every new arm shine."""
    row = placement()
    at = NOW - timedelta(hours=2)
    for name, seen in (("a", at - timedelta(minutes=1)), ("b", at + timedelta(minutes=1)), ("c", None)):
        one = Decision.objects.create(
            id=f"00000000-0000-0000-0000-00000000000{name}", version=row.version, decided_by="bandit", arm=name,
            reason="bandit", propensity=1 / 3, decided_at=at - timedelta(minutes=5), exposed_at=seen,
        )  # fmt: skip
        Conversion.objects.create(decision=one, kind="click", at=at + timedelta(minutes=2))
    assert folded(NOW).is_new
    assert counted() == {"a": (1, 1), "b": (0, 0), "c": (0, 0)}
    assert folded(NOW + timedelta(minutes=2)).is_new
    assert counted() == {"a": (1, 1), "b": (1, 1), "c": (0, 0)}
    assert list(BanditHour.objects.values_list("arm", "decided", "exposed", "ripe", "won").order_by("arm")) == [
        ("a", 1, 1, 1, 1), ("b", 1, 1, 1, 1), ("c", 1, 0, 0, 0),
    ]  # fmt: skip


def test_only_rewards_of_its_kind_within_the_window_count_and_an_exposure_once() -> None:
    row = placement()
    seen = NOW - timedelta(hours=6)
    one = Decision.objects.create(
        id="00000000-0000-0000-0000-000000000001", version=row.version, decided_by="bandit", arm="a", reason="bandit",
        propensity=0.5, decided_at=seen, exposed_at=seen,
    )  # fmt: skip
    Conversion.objects.create(decision=one, kind="wish", at=seen + HOUR)
    Conversion.objects.create(decision=one, kind="click", at=seen + timedelta(hours=3))
    folded()
    assert counted()["a"] == (1, 0)
    Conversion.objects.create(decision=one, kind="click", occasion="1", at=seen + HOUR, told_at=NOW)
    Conversion.objects.create(decision=one, kind="click", occasion="2", at=seen + HOUR, told_at=NOW)
    folded(NOW + timedelta(minutes=1))
    assert counted()["a"] == (1, 1)


def test_folding_minute_by_minute_ends_where_folding_once_ends_and_nothing_new_is_no_new_state() -> None:
    row = placement()
    log(row, RATES, 800, since=NOW - timedelta(hours=5), every=timedelta(seconds=20))
    for minutes in range(-300, 1, 20):
        folded(NOW + timedelta(minutes=minutes))
    before, hours = state(), hour_rows()
    assert not folded().is_new
    BanditState.objects.all().delete()
    BanditHour.objects.all().delete()
    assert folded().is_new
    assert hour_rows() == hours
    assert state().arms == before.arms
    assert state().probabilities == before.probabilities
    assert sum(count.shown for count in state().arms.values()) == 541


def test_the_planted_arm_is_played_most_by_the_state_the_request_reads() -> None:
    row = placement()
    assert state_now("home-hero", 1) == PolicyState()
    log(row, RATES, 1500)
    assert fold_slice() == 1
    forget_states()
    found = state_now("home-hero", 1)
    assert found.version == 1
    assert found.probabilities["b"] > 0.99
    assert state_now("home-hero", 2).version == 0
    with connection.execute_wrapper(lambda *_: pytest.fail("a state was read again within three seconds")):
        assert state_now("home-hero", 1) is found


def test_a_further_version_keeps_what_was_learned_of_arms_that_stayed_the_same() -> None:
    row = placement()
    log(row, RATES, 600)
    folded()
    old = state().arms
    publish(row, arms=[ARMS[0], {"id": "b", "outcome": {"content": "another"}}, ARMS[2]], floor=0.1)
    (one,) = running_bandits()
    fold(one, NOW + HOUR)
    new = PolicyState.from_json(BanditState.objects.get(version=one.version_id).posterior, 0).arms
    assert (new["a"], new["c"]) == (old["a"], old["c"])
    assert new["b"].shown == 0
    publish(row, reward={"kind": "wish", "within_hours": 2})
    (one,) = running_bandits()
    fold(one, NOW + HOUR)
    assert set(BanditState.objects.get(version=one.version_id).posterior["probabilities"].values()) == {1 / 3}


def test_linucb_is_fitted_from_the_log_and_money_from_the_values() -> None:
    devices = {"phone": {"a": 0.02, "b": 0.4, "c": 0.1}, "desktop": {"a": 0.4, "b": 0.02, "c": 0.1}}
    row = placement(policy="linucb", features=["context.device"])
    log(
        row, lambda told: devices[str(told["context.device"])], 1500,
        features=lambda random: {"context.device": ("phone", "desktop")[random.integers(2)]},
    )  # fmt: skip
    folded()
    model = state().model
    assert model is not None
    assert [(one.feature, one.value) for one in model.columns] == [
        ("", ""), ("context.device", "desktop"), ("context.device", "phone"),
    ]  # fmt: skip
    means = model.means(np.array([[1.0, 0, 1], [1.0, 1, 0]]))
    assert means.argmax(axis=1).tolist() == [1, 0]
    assert means[0] == pytest.approx([0.02, 0.4, 0.1], abs=0.06)


def test_a_bandit_of_money_sums_what_the_rewards_were_worth() -> None:
    row = placement(reward={"kind": "click", "within_hours": 2, "value": True})
    log(row, RATES, 300, value=Decimal("2.50"))
    folded()
    for count in state().arms.values():
        assert (count.value, count.squares) == (2.5 * count.won, 6.25 * count.won)


def test_a_drift_resets_its_arm_once_and_says_by_how_much() -> None:
    row = placement()
    start = NOW - timedelta(days=8)
    log(row, RATES, 1500, since=start, every=timedelta(minutes=4))
    folded(NOW - timedelta(days=3, hours=12))
    assert not BanditReset.objects.exists()
    log(row, RATES | {"b": 0.02}, 1250, since=start + timedelta(minutes=6000), every=timedelta(minutes=4), seed=2)
    found = folded()
    assert found.drifted == ("b",)
    (one,) = BanditReset.objects.all()
    assert (one.arm, one.cause, one.by) == ("b", "drift", None)
    assert abs(one.since - (start + timedelta(minutes=6000))) < timedelta(days=1)
    assert one.note.startswith("3") or one.note.startswith("2")
    assert counted()["b"][1] / counted()["b"][0] < 0.06
    assert folded(NOW + HOUR).drifted == ()


def test_staff_reset_one_arm_or_all_and_the_audit_says_so() -> None:
    row = placement()
    log(row, RATES, 600)
    folded()
    reset(row.pk, "b", note="new picture", by=None, now=NOW)
    assert counted()["b"] == (0, 0)
    assert counted()["a"][0] > 0
    reset(row.pk, "", note="new season", by=None, now=NOW + HOUR)
    assert set(counted().values()) == {(0, 0)}
    assert set(state().probabilities.values()) == {1 / 3}
    with pytest.raises(LookupError, match="no arm"):
        reset(row.pk, "z", note="", by=None, now=NOW)
    assert BanditReset.objects.count() == 2


def test_candidates_are_judged_on_the_log_that_was_written() -> None:
    row = placement()
    log(row, RATES, 1500)
    (one,) = running_bandits()
    assert judge_all(one, NOW) == 5
    found = {each.candidate: each.result for each in BanditEvaluation.objects.all()}
    assert found["only:b"]["robust"]["low"] < 0.30 < found["only:b"]["robust"]["high"]
    assert found["only:b"]["gain"]["low"] > 0.05
    assert found["only:a"]["gain"]["high"] < 0
    assert found["even"]["refusal"] == ""


def test_counts_that_cannot_be_are_refused_by_the_database() -> None:
    version = placement().version
    assert isinstance(version, PlacementVersion)
    hour = BanditHour(version=version, arm="a", hour=NOW, decided=2, exposed=1, ripe=1, won=2)
    with pytest.raises(IntegrityError, match="decisions_bandit_hour_counts"), transaction.atomic():
        hour.save()
    with pytest.raises(IntegrityError, match="decisions_bandit_reset_past"), transaction.atomic():
        BanditReset.objects.create(placement=version.placement, since=NOW + HOUR, at=NOW, cause="staff")
