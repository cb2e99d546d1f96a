"""Policies that may be switched on instead of the running one, and how each would have been played.

A candidate that learns has learned from other rows than those it is judged on: on its own lessons anything shines.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from decisions.bandits.choosing import with_floor
from decisions.bandits.features import Matrix, learn_columns, matrix
from decisions.bandits.linucb import Cells, LinearModel, fit, greedy
from decisions.bandits.policy import LINUCB, THOMPSON, Bandit, bandit_of
from decisions.bandits.state import ArmCount
from decisions.bandits.thompson import probabilities
from decisions.evaluation.logs import Log

NOW, EVEN, PROPOSED, ONLY = "now", "even", "proposed", "only:"


@dataclass(frozen=True)
class Candidate:
    """`key`: how the page names it; `bandit`: what would be played; `only`: the one arm of a fixed choice, or ""."""

    key: str
    bandit: Bandit
    only: str = ""


def candidates_of(definition: Mapping[str, Any]) -> list[Candidate]:
    """What runs, as it plays by now, and what may replace it: the other policy, the one that is proposed in it, all
    arms alike, one arm alone."""
    own = bandit_of(definition)
    found = [Candidate(NOW, own)]
    if own.candidate:
        found.append(Candidate(PROPOSED, bandit_of({**definition, **own.candidate, "candidate": None})))
    if own.policy != THOMPSON:
        found.append(Candidate(THOMPSON, msgspec.structs.replace(own, policy=THOMPSON)))
    if own.policy != LINUCB and own.features:
        found.append(Candidate(LINUCB, msgspec.structs.replace(own, policy=LINUCB)))
    found.append(Candidate(EVEN, msgspec.structs.replace(own, policy=THOMPSON, floor=1 / len(own.arms))))
    return [*found, *(Candidate(ONLY + arm, own, only=arm) for arm in own.arm_ids)]


def target(candidate: Candidate, learned_from: Log, judged: Log) -> Matrix:
    """Chances (rows of `judged`, arms) the candidate would have played with, having seen `learned_from` only."""
    bandit, arms = candidate.bandit, len(judged.arms)
    if candidate.only:
        return np.tile([float(arm == candidate.only) for arm in judged.arms], (len(judged), 1))
    if candidate.key == EVEN:
        return np.full((len(judged), arms), 1 / arms)
    if bandit.policy == THOMPSON:
        chances = probabilities(_counts(learned_from), is_value=bandit.reward.value)
        return with_floor(np.tile([chances[arm] for arm in judged.arms], (len(judged), 1)), bandit.floor)
    model = linear(learned_from, bandit.features, bandit.bonus)
    return with_floor(greedy(model.bounds(matrix(model.columns, judged.features))), bandit.floor)


def linear(log: Log, features: tuple[str, ...], bonus: float) -> LinearModel:
    """A linear model an arm of the reward; with no features the mean of each arm, shrunk by one observation of 0."""
    columns = learn_columns(features, log.features, [1] * len(log))
    ones = np.ones(len(log))
    cells = Cells(log.action, matrix(columns, log.features), ones, log.reward, log.reward**2)
    return fit(columns, log.arms, cells, bonus)


def _counts(log: Log) -> dict[str, ArmCount]:
    found = {}
    for place, arm in enumerate(log.arms):
        reward = log.reward[log.action == place]
        found[arm] = ArmCount(len(reward), int(np.count_nonzero(reward)), float(reward.sum()), float((reward**2).sum()))
    return found
