"""The state of a policy: what was counted of each arm, the probabilities that follow, and LinUCB's model.

As JSON it stands with the placement's version (`decisions.models.BanditState`); two states with equal JSON play alike.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from decisions.bandits.features import Column
from decisions.bandits.linucb import LinearModel


class ArmCount(msgspec.Struct, frozen=True):
    """What is known of an arm: exposures whose window is over, how many of them were rewarded, the sum of the rewards'
    values and of their squares."""

    shown: int = 0
    won: int = 0
    value: float = 0.0
    squares: float = 0.0

    def plus(self, other: "ArmCount") -> "ArmCount":
        """Both together."""
        return ArmCount(
            self.shown + other.shown, self.won + other.won, self.value + other.value, self.squares + other.squares
        )


@dataclass(frozen=True)
class PolicyState:
    """What a policy plays by. `probabilities`: {arm: chance of being best} before the floor, empty where it depends on
    the features; `model`: LinUCB's, None before anything was learned."""

    version: int = 0
    arms: Mapping[str, ArmCount] = field(default_factory=dict)
    probabilities: Mapping[str, float] = field(default_factory=dict)
    model: LinearModel | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON without the number of the version; floats keep every digit."""
        return {
            "arms": {name: msgspec.to_builtins(count) for name, count in self.arms.items()},
            "probabilities": dict(self.probabilities),
            "model": None if self.model is None else _model_json(self.model),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any], version: int) -> "PolicyState":
        """What `to_json` gave; raises msgspec.ValidationError."""
        return cls(
            version,
            msgspec.convert(stored.get("arms", {}), dict[str, ArmCount]),
            msgspec.convert(stored.get("probabilities", {}), dict[str, float]),
            _model(stored["model"]) if stored.get("model") else None,
        )


def beginning(arm_ids: Iterable[str]) -> PolicyState:
    """Nothing is known: every arm is as likely as the others."""
    ids = tuple(arm_ids)
    return PolicyState(0, {name: ArmCount() for name in ids}, {name: 1 / len(ids) for name in ids})


def _model_json(model: LinearModel) -> dict[str, Any]:
    return {
        "columns": [msgspec.to_builtins(column) for column in model.columns],
        "arms": list(model.arms),
        "theta": model.theta.tolist(),
        "inverse": model.inverse.tolist(),
        "width": model.width,
    }


def _model(stored: Mapping[str, Any]) -> LinearModel:
    return LinearModel(
        msgspec.convert(stored["columns"], tuple[Column, ...]),
        tuple(stored["arms"]),
        np.asarray(stored["theta"], dtype=np.float64),
        np.asarray(stored["inverse"], dtype=np.float64),
        float(stored["width"]),
    )
