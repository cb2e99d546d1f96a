"""What a bandit is told by its placement's definition: arms, floor, reward, features. Errors name the path and the way
out, as everywhere in definitions."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

THOMPSON, LINUCB = "thompson", "linucb"
POLICIES = (THOMPSON, LINUCB)
MOST_ARMS, MOST_FEATURES = 20, 8
FLOOR, WITHIN_HOURS, MOST_HOURS = 0.05, 24, 720
ORDER = "order"
LONGEST = 64


class BanditError(ValueError):
    """A definition that cannot be played. `path`: where; the message: what is wrong and how to mend it."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


class Arm(msgspec.Struct, frozen=True):
    """One thing to show. `outcome`: an outcome of decisions, as JSON."""

    id: str
    outcome: dict[str, Any]


class Reward(msgspec.Struct, frozen=True):
    """What counts as success: a conversion of `kind` within `within_hours` of being seen; with `value` its money."""

    kind: str = "click"
    within_hours: int = WITHIN_HOURS
    value: bool = False


class Bandit(msgspec.Struct, frozen=True):
    """A bandit that can be played. `floor`: the least probability of each arm, whatever was learned."""

    policy: str
    arms: tuple[Arm, ...]
    floor: float = FLOOR
    reward: Reward = Reward()
    features: tuple[str, ...] = ()
    bonus: float = 1.0
    candidate: dict[str, Any] | None = None

    @property
    def arm_ids(self) -> tuple[str, ...]:
        """In the order of the definition."""
        return tuple(arm.id for arm in self.arms)

    def outcome(self, arm_id: str) -> dict[str, Any]:
        """What an arm shows; raises KeyError."""
        return {arm.id: arm.outcome for arm in self.arms}[arm_id]


def bandit_of(definition: Mapping[str, Any]) -> Bandit:
    """The bandit of a definition with `"by": "bandit"`; raises BanditError for what cannot be played."""
    policy = definition.get("policy", THOMPSON)
    if policy not in POLICIES:
        raise BanditError("policy", f"is {policy!r}: choose one of {', '.join(POLICIES)}")
    arms = _arms(definition.get("arms"))
    features = _features(definition.get("features") or (), policy)
    candidate = definition.get("candidate")
    if candidate is not None and not isinstance(candidate, Mapping):
        raise BanditError("candidate", "is an object, or left out")
    return Bandit(
        policy,
        arms,
        _floor(definition.get("floor", FLOOR), len(arms)),
        _reward(definition.get("reward") or {}),
        features,
        _number("bonus", definition.get("bonus", 1.0), 0.0, 10.0),
        dict(candidate) if candidate is not None else None,
    )


def _arms(found: object) -> tuple[Arm, ...]:
    if not isinstance(found, Sequence) or isinstance(found, str) or not 2 <= len(found) <= MOST_ARMS:
        raise BanditError("arms", f"are a list of 2 to {MOST_ARMS} things to show, each with an id and an outcome")
    arms: list[Arm] = []
    for place, one in enumerate(found):
        if not isinstance(one, Mapping) or not isinstance(one.get("outcome"), Mapping):
            raise BanditError(f"arms[{place}]", "needs an id and an outcome")
        name = one.get("id")
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST:
            raise BanditError(f"arms[{place}].id", f"is a text of 1 to {LONGEST} signs")
        if any(arm.id == name for arm in arms):
            raise BanditError(f"arms[{place}].id", f"is {name!r} like another arm's: each needs its own")
        arms.append(Arm(name, dict(one["outcome"])))
    return tuple(arms)


def _features(found: object, policy: str) -> tuple[str, ...]:
    if not isinstance(found, Sequence) or isinstance(found, str) or not all(isinstance(one, str) for one in found):
        raise BanditError("features", 'are a list of names, e.g. ["context.device", "hour"]')
    if len(found) > MOST_FEATURES:
        raise BanditError("features", f"are {len(found)}: at most {MOST_FEATURES}, else too little is learned of each")
    if policy == LINUCB and not found:
        raise BanditError("features", "are missing: LinUCB learns from them; without any choose thompson")
    return tuple(dict.fromkeys(found))


def _reward(found: object) -> Reward:
    if not isinstance(found, Mapping):
        raise BanditError("reward", 'is an object, e.g. {"kind": "click", "within_hours": 24}')
    kind = found.get("kind", "click")
    if not isinstance(kind, str) or not 0 < len(kind) <= LONGEST:
        raise BanditError("reward.kind", f"is click, order or your own word of at most {LONGEST} signs")
    hours = found.get("within_hours", WITHIN_HOURS)
    if not isinstance(hours, int) or isinstance(hours, bool) or not 1 <= hours <= MOST_HOURS:
        raise BanditError("reward.within_hours", f"is a whole number from 1 to {MOST_HOURS}")
    value = found.get("value", False)
    if not isinstance(value, bool):
        raise BanditError("reward.value", "is true (learn from money) or false (learn from how many)")
    return Reward(kind, hours, value)


def _floor(found: object, arms: int) -> float:
    floor = _number("floor", found, 0.0, 1.0)
    if not 0 < floor <= 1 / arms:
        raise BanditError("floor", f"is {floor}: with {arms} arms it lies above 0 and at or below {1 / arms:.4g}")
    return floor


def _number(path: str, found: object, least: float, most: float) -> float:
    if not isinstance(found, int | float) or isinstance(found, bool) or not least <= found <= most:
        raise BanditError(path, f"is a number from {least:g} to {most:g}")
    return float(found)
