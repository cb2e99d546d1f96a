"""Which arm is played: probabilities first, the floor mixed in, then one draw by a seed. Deterministic: the same state,
features and seed give the same arm on every machine, and `propensity` is exactly the chance it had."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from decisions.bandits.features import Features, Matrix, matrix
from decisions.bandits.linucb import LinearModel, greedy
from decisions.bandits.state import PolicyState

PLACES = 1 << 53


class Named(Protocol):
    """An arm."""

    @property
    def id(self) -> str: ...


class Playable(Protocol):
    """A bandit as a definition has it (`decisions.bandits.Bandit`, `decisions.definition.nodes.ByBandit`)."""

    @property
    def arms(self) -> Sequence[Named]: ...
    @property
    def floor(self) -> float: ...


@dataclass(frozen=True)
class Chosen:
    """The arm, the chance it had, and every arm's chance in the order of the definition."""

    arm: str
    propensity: float
    probabilities: Mapping[str, float]


def choose(bandit: Playable, state: PolicyState, features: Features, seed: bytes) -> Chosen:
    """Play once. `features`: by the names in the definition, missing ones left out; `seed`: see `seed_of`."""
    chances = dict(zip(_ids(bandit), played(bandit, state, [features])[0].tolist(), strict=True))
    arm = _drawn(chances, seed)
    return Chosen(arm, chances[arm], chances)


def played(bandit: Playable, state: PolicyState, rows: Sequence[Features]) -> Matrix:
    """Probabilities (rows, arms) with which this state plays each arm; each is at least the floor and rows sum to 1."""
    ids = _ids(bandit)
    if state.model is not None:
        learned = _linear(state.model, ids, rows)
    else:
        known = np.array([max(state.probabilities.get(name, 0.0), 0.0) for name in ids])
        one = known / known.sum() if known.sum() > 0 else np.full(len(ids), 1 / len(ids))
        learned = np.tile(one, (len(rows), 1))
    return with_floor(learned, bandit.floor)


def with_floor(learned: Matrix, floor: float) -> Matrix:
    """floor + (1 − arms · floor) · p: the least is exactly the floor."""
    rest = max(1 - learned.shape[1] * floor, 0.0)
    mixed: Matrix = np.minimum(floor + rest * learned, 1.0)
    return mixed


def seed_of(placement: str, version: int, state_version: int, unit: bytes) -> bytes:
    """What the draw hangs on: the place, its version, the state's, and who asks (or a nonce for nobody)."""
    digest = hashlib.blake2b(digest_size=8, person=b"cdp.bandit")
    for part in (placement.encode(), str(version).encode(), str(state_version).encode(), unit):
        digest.update(len(part).to_bytes(4, "big"))
        digest.update(part)
    return digest.digest()


def _ids(bandit: Playable) -> tuple[str, ...]:
    return tuple(arm.id for arm in bandit.arms)


def _linear(model: LinearModel, ids: Sequence[str], rows: Sequence[Features]) -> Matrix:
    bounds = model.bounds(matrix(model.columns, rows))
    place = {name: index for index, name in enumerate(model.arms)}
    # An arm the model never heard of is tried first: nothing bounds it.
    known = [bounds[:, place[name]] if name in place else np.full(len(rows), np.inf) for name in ids]
    return greedy(np.stack(known, axis=1))


def _drawn(chances: Mapping[str, float], seed: bytes) -> str:
    digest = hashlib.blake2b(seed, digest_size=8, person=b"cdp.draw").digest()
    point = (int.from_bytes(digest, "big") >> 11) / PLACES
    edge = 0.0
    for name, chance in chances.items():
        edge += chance
        if point < edge:
            return name
    return next(reversed([name for name, chance in chances.items() if chance > 0]))
