"""A placement that is a bandit, and its log: rows as deciding writes them, made without asking anybody."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np

from decisions.bandits import PolicyState, bandit_of, choose, seed_of
from decisions.models import Conversion, Decision, DecisionPlacement, PlacementVersion

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
ARMS = [{"id": name, "outcome": {"content": f"block-{name}"}} for name in ("a", "b", "c")]
DEFINITION: dict[str, Any] = {
    "by": "bandit",
    "policy": "thompson",
    "arms": ARMS,
    "floor": 0.05,
    "reward": {"kind": "click", "within_hours": 2},
    "features": [],
    "fallback": {"nothing": True},
}


def placement(key: str = "home-hero", **changes: Any) -> DecisionPlacement:
    """A live placement with one version."""
    row = DecisionPlacement.objects.create(key=key, name="Home hero", draft=DEFINITION | changes)
    return publish(row, **changes)


def publish(row: DecisionPlacement, **changes: Any) -> DecisionPlacement:
    """A further version, live at once."""
    number = PlacementVersion.objects.filter(placement=row).count() + 1
    row.version = PlacementVersion.objects.create(placement=row, number=number, definition=DEFINITION | changes)
    row.state = DecisionPlacement.State.LIVE
    row.save()
    return row


def log(
    row: DecisionPlacement,
    rates: Mapping[str, float] | Callable[[Mapping[str, object]], Mapping[str, float]],
    many: int,
    *,
    state: PolicyState | None = None,
    since: datetime = NOW - timedelta(days=2),
    every: timedelta = timedelta(seconds=30),
    seed: int = 1,
    features: Callable[[np.random.Generator], Mapping[str, object]] = lambda _: {},
    value: Decimal = Decimal(0),
) -> list[Decision]:
    """`many` decisions of the live version, seen at once, clicked half an hour later by these rates."""
    assert row.version is not None
    random = np.random.default_rng(seed)
    bandit = bandit_of(row.version.definition)
    played = state or PolicyState()
    decisions, clicks = [], []
    for index in range(many):
        at = since + index * every
        unit = hashlib.blake2b(f"{row.version_id}-{seed}-{index}".encode(), digest_size=16).digest()
        told = features(random)
        chosen = choose(bandit, played, told, seed_of(row.key, row.version.number, played.version, unit))
        one = Decision(
            id=UUID(bytes=unit), version=row.version, unit_hash=unit, decided_by="bandit", arm=chosen.arm,
            reason="bandit", propensity=chosen.propensity, probabilities=dict(chosen.probabilities),
            features=dict(told), state_version=played.version, decided_at=at, exposed_at=at,
        )  # fmt: skip
        decisions.append(one)
        if random.random() < (rates(told) if callable(rates) else rates)[chosen.arm]:
            clicks.append(
                Conversion(decision=one, kind="click", value=value, at=at + timedelta(minutes=30), told_at=at)
            )
    Decision.objects.bulk_create(decisions)
    Conversion.objects.bulk_create(clicks)
    return decisions
